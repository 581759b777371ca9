import type { Invitation } from "@confab/chat";
import { useRef } from "preact/hooks";
import { describeInvitation } from "../store/invitations";
import { Avatar } from "./Avatar";
import { useChat } from "./context";
import { RoomIcon } from "./RoomIcon";

/** The invitations of the user, above their rooms. */
export function Invitations() {
  const { invitations } = useChat();
  const heading = useRef<HTMLHeadingElement>(null);
  const all = invitations.all.value;
  if (all.length === 0) return null;

  // The button that had the focus goes. The next invitation takes it, or the heading.
  function focusNext(from: HTMLElement) {
    const items = [...(from.closest("ul")?.children ?? [])];
    const at = items.findIndex((item) => item.contains(from));
    const next = items[at + 1] ?? items[at - 1];
    (next?.querySelector("button") ?? heading.current)?.focus();
  }

  return (
    <section aria-labelledby="invitations" data-testid="invitations">
      <h2 id="invitations" ref={heading} tabIndex={-1}>
        Invitations
      </h2>
      <ul>
        {all.map((invitation) => (
          <li class="invitation" key={invitation.room.id} data-testid="invitation" data-room-id={invitation.room.id}>
            {isDirect(invitation) ? (
              <Avatar id={invitation.from.id} name={invitation.from.name} />
            ) : (
              <RoomIcon room={invitation.room} />
            )}
            <span class="what">
              <span class="name">{isDirect(invitation) ? invitation.from.name : invitation.room.name}</span>
              <span class="quiet">
                {isDirect(invitation) ? "wants to talk with you" : `${invitation.from.name} invites you`}
              </span>
              <Answer invitation={invitation} onDecline={focusNext} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const isDirect = ({ room }: Invitation) => room.kind === "direct";

/** The two answers to an invitation. */
export function Answer({
  invitation,
  onDecline,
}: {
  invitation: Invitation;
  onDecline?: (button: HTMLElement) => void;
}) {
  const { invitations, rooms } = useChat();
  const { id } = invitation.room;
  const what = describeInvitation(invitation);
  return (
    <span class="answer">
      <button
        type="button"
        class="secondary"
        data-testid="accept"
        aria-label={`Accept: ${what}`}
        onClick={() => void rooms.join(id)}
      >
        Accept
      </button>
      <button
        type="button"
        class="text"
        data-testid="decline"
        aria-label={`Decline: ${what}`}
        onClick={(event) => {
          onDecline?.(event.currentTarget);
          void invitations.decline(id);
        }}
      >
        Decline
      </button>
    </span>
  );
}

import type { Room } from "@confab/chat";
import { useState } from "preact/hooks";
import { Avatar } from "./Avatar";
import { Confirm } from "./Confirm";
import { useChat } from "./context";
import { copyInvitation } from "./copyLink";
import { BubbleIcon, CloseIcon, LinkIcon } from "./Icons";
import { presenceText } from "./presence";
import { useBack } from "./useBack";

export function Members({ room, onClose }: { room: Room; onClose: () => void }) {
  const [leaving, setLeaving] = useState(false);
  const chat = useChat();
  useBack(onClose);
  const { me, people, rooms } = chat;
  const invites = room.kind === "channel" || room.kind === "group";
  return (
    <aside
      class="members"
      aria-label="Members"
      data-testid="members"
      onKeyDown={(e) => e.key === "Escape" && !leaving && onClose()}
    >
      <header class="bar">
        <h2>Members</h2>
        <button type="button" class="round" aria-label="Close the members" onClick={onClose}>
          <CloseIcon />
        </button>
      </header>
      <ul>
        {rooms.membersOf(room.id).map((m) => (
          <li key={m.id} data-testid="member" data-user-id={m.id}>
            {m.id === me.id ? (
              <span class="person">
                <Avatar id={m.id} name={m.name} dot />
                <span class="name">
                  {m.name} <small>you</small>
                </span>
              </span>
            ) : (
              <button
                type="button"
                class="person"
                title={`Message ${m.name}`}
                onClick={() => void rooms.openDirect(m.id)}
              >
                <span class="spoken">Message </span>
                <Avatar id={m.id} name={m.name} dot />
                <span class="what">
                  <span class="name">{m.name}</span>
                  <span class="quiet">{presenceText(people, m.id)}</span>
                </span>
                <BubbleIcon />
              </button>
            )}
          </li>
        ))}
      </ul>
      <footer>
        {invites && (
          <button type="button" class="secondary wide" onClick={() => void copyInvitation(chat, room.id)}>
            <LinkIcon /> Copy invitation link
          </button>
        )}
        <button type="button" class="text danger" data-testid="leave" onClick={() => setLeaving(true)}>
          Leave this room
        </button>
      </footer>
      {leaving && (
        <Confirm
          title={`Leave ${room.name}?`}
          action="Leave"
          testId="leave-confirm"
          onConfirm={() => void rooms.leave(room.id)}
          onClose={() => setLeaving(false)}
        >
          {room.kind === "channel"
            ? "You can join again at any time."
            : room.kind === "group"
              ? "You need the invitation link to come back."
              : "You cannot join it again."}
        </Confirm>
      )}
    </aside>
  );
}

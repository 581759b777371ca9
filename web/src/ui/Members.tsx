import { useState } from "preact/hooks";
import type { Room } from "../core/protocol";
import { session } from "../store/me";
import { leave, membersOf, writeTo } from "../store/rooms";
import { Avatar } from "./Avatar";
import { Confirm } from "./Confirm";
import { BubbleIcon, CloseIcon, LinkIcon } from "./Icons";
import { copyInvitation } from "./invitation";
import { presenceOf } from "./RoomHeader";

export function Members({ room, onClose }: { room: Room; onClose: () => void }) {
  const [leaving, setLeaving] = useState(false);
  const me = session.value?.user.id;
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
        {membersOf(room.id).map((m) => (
          <li key={m.id} data-testid="member" data-user-id={m.id}>
            {m.id === me ? (
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
                aria-label={`Write to ${m.name}, ${m.online ? "online" : "offline"}`}
                onClick={() => void writeTo(m.id)}
              >
                <Avatar id={m.id} name={m.name} dot />
                <span class="what">
                  <span class="name">{m.name}</span>
                  <span class="quiet">{presenceOf(m.id)}</span>
                </span>
                <BubbleIcon />
              </button>
            )}
          </li>
        ))}
      </ul>
      <footer>
        {invites && (
          <button type="button" class="secondary wide" onClick={() => void copyInvitation(room.id)}>
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
          onConfirm={() => void leave(room.id)}
          onClose={() => setLeaving(false)}
        >
          {room.kind === "channel"
            ? "You can join it again at any time."
            : room.kind === "group"
              ? "You need the invitation link to come back."
              : "Nobody can let you in again."}
        </Confirm>
      )}
    </aside>
  );
}

import type { Room } from "../core/types";
import { members, presence, revision, session, writeTo } from "../store";
import { Avatar } from "./Avatar";
import { CloseIcon } from "./Icons";

export function Members({ room, onClose, onLeave }: { room: Room; onClose: () => void; onLeave: () => void }) {
  revision.value;
  const me = session.value!.user.id;
  const sorted = [...members.value].sort((a, b) => {
    const online = Number(presence.get(b.id)?.online ?? false) - Number(presence.get(a.id)?.online ?? false);
    return online || a.name.localeCompare(b.name);
  });
  return (
    <aside class="members" aria-label="Members" data-testid="members">
      <header class="bar">
        <h2>Members</h2>
        <button class="round" aria-label="Close the members" onClick={onClose}><CloseIcon /></button>
      </header>
      <ul>
        {sorted.map((m) => (
          <li key={m.id}>
            <Avatar id={m.id} name={m.name} dot />
            <span class="name">{m.name}{m.id === me && <small> (you)</small>}</span>
            {m.id !== me && (
              <button class="text" aria-label={`Write to ${m.name}`} onClick={() => void writeTo(m.id)}>Write</button>
            )}
          </li>
        ))}
      </ul>
      <footer>
        <button class="text danger" onClick={onLeave}>Leave {room.name}</button>
      </footer>
    </aside>
  );
}

import { join, open } from "../store";
import { Dialog } from "./Dialog";

export function Browse({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Open channels" onClose={onClose}>
      <ul class="open">
        {open.value.map((room) => (
          <li key={room.id}>
            <span class="sigil" aria-hidden="true">#</span>
            <span class="what"><span class="name">{room.name}</span><span class="preview">by {room.createdBy.name}</span></span>
            <button class="secondary" data-testid="join-room" data-room-id={room.id} aria-label={`Join ${room.name}`}
              onClick={() => { onClose(); void join(room.id); }}>Join</button>
          </li>
        ))}
        {open.value.length === 0 && <li class="hint">There is no channel that you are not in.</li>}
      </ul>
    </Dialog>
  );
}

import { useState } from "preact/hooks";
import { useChat } from "./context";
import { Dialog } from "./Dialog";
import { RoomIcon } from "./RoomIcon";

// A shorter list needs no search field.
const searchFrom = 8;

/** The channels that the user may join. */
export function Browse({ onClose }: { onClose: () => void }) {
  const { rooms } = useChat();
  const [filter, setFilter] = useState("");
  const found = rooms.open.value.filter((r) => r.name.toLowerCase().includes(filter.trim().toLowerCase()));
  return (
    <Dialog title="Open channels" onClose={onClose}>
      {rooms.open.value.length >= searchFrom && (
        <input
          type="search"
          aria-label="Find a channel"
          placeholder="Find a channel"
          value={filter}
          onInput={(e) => setFilter(e.currentTarget.value)}
        />
      )}
      <ul class="open">
        {found.map((room) => (
          <li key={room.id}>
            <RoomIcon room={room} />
            <span class="what">
              <span class="name">{room.name}</span>
              <span class="quiet">Created by {room.createdBy.name}</span>
            </span>
            <button
              type="button"
              class="secondary"
              data-testid="join-room"
              data-room-id={room.id}
              aria-label={`Join ${room.name}`}
              onClick={() => {
                onClose();
                void rooms.join(room.id);
              }}
            >
              Join
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <p class="quiet">{filter ? "No channel has this name." : "You are in every open channel."}</p>
      )}
    </Dialog>
  );
}

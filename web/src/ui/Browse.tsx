import { useState } from "preact/hooks";
import { join, open } from "../store/rooms";
import { Dialog } from "./Dialog";
import { RoomSign } from "./RoomSign";

// Fewer than this are seen at a glance.
const worthFiltering = 8;

/** The channels that one may join. */
export function Browse({ onClose }: { onClose: () => void }) {
  const [filter, setFilter] = useState("");
  const found = open.value.filter((r) => r.name.toLowerCase().includes(filter.trim().toLowerCase()));
  return (
    <Dialog title="Open channels" onClose={onClose}>
      {open.value.length >= worthFiltering && (
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
            <RoomSign room={room} />
            <span class="what">
              <span class="name">{room.name}</span>
              <span class="quiet">Opened by {room.createdBy.name}</span>
            </span>
            <button
              type="button"
              class="secondary"
              data-testid="join-room"
              data-room-id={room.id}
              aria-label={`Join ${room.name}`}
              onClick={() => {
                onClose();
                void join(room.id);
              }}
            >
              Join
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <p class="quiet">{filter ? "No channel of that name." : "You are in every open channel there is."}</p>
      )}
    </Dialog>
  );
}

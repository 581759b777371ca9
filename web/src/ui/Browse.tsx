import type { Room } from "@confab/chat";
import { useEffect, useState } from "preact/hooks";
import { useChat } from "./context";
import { Dialog } from "./Dialog";
import { RoomIcon } from "./RoomIcon";

// A shorter list needs no search field.
const searchFrom = 8;
// How long the user has to stop typing before the server is asked, in milliseconds.
const pause = 250;

/** The channels that the user may join. */
export function Browse({ onClose }: { onClose: () => void }) {
  const { rooms } = useChat();
  const [filter, setFilter] = useState("");
  const text = filter.trim();
  const more = rooms.moreOpen.value;
  const found = useFound(more ? text : "");
  const matching = rooms.open.value.filter((r) => r.name.toLowerCase().includes(text.toLowerCase()));
  const shown = more && text ? found : matching;
  return (
    <Dialog title="Open channels" onClose={onClose}>
      {(more || rooms.open.value.length >= searchFrom) && (
        <input
          type="search"
          aria-label="Find a channel"
          placeholder="Find a channel"
          value={filter}
          onInput={(e) => setFilter(e.currentTarget.value)}
        />
      )}
      <p class="quiet found" role="status">
        {shown === null
          ? "Searching …"
          : shown.length === 0
            ? text
              ? "No channel has this name."
              : "You are in every open channel."
            : more && !text && "These are the newest channels. Search for others by name."}
      </p>
      <ul class="open" aria-busy={shown === null}>
        {shown?.map((room) => (
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
    </Dialog>
  );
}

/** The channels of the server with this text in their names, or null while it is asked. */
function useFound(text: string): Room[] | null {
  const { rooms } = useChat();
  const [found, setFound] = useState<{ text: string; rooms: Room[] } | null>(null);
  useEffect(() => {
    if (!text) return;
    let current = true;
    const timer = setTimeout(async () => {
      const answer = await rooms.findChannels(text);
      if (current) setFound({ text, rooms: answer });
    }, pause);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, rooms]);
  return found?.text === text ? found.rooms : null;
}

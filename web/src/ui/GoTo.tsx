import type { Room, User } from "@confab/chat";
import { useId, useRef, useState } from "preact/hooks";
import { bestMatches } from "../core/search";
import type { Chat } from "../store/chat";
import { Avatar } from "./Avatar";
import { useChat } from "./context";
import { Dialog } from "./Dialog";
import { SearchIcon } from "./Icons";
import { RoomIcon } from "./RoomIcon";

// More are not shown: another letter finds them sooner.
const mostShown = 30;

type Place = { name: string; about: string } & ({ room: Room } | { person: User } | { search: string });

/** Leads to any of the user's rooms, open channels and people, by the letters of their names. */
export function GoTo({ onFind, onClose }: { onFind: (text: string) => void; onClose: () => void }) {
  const chat = useChat();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const places = bestMatches(placesOf(chat), text, (p) => p.name).slice(0, mostShown);
  const search = text.trim();
  if (search) places.push({ name: "Find messages", about: `with “${search}”`, search });

  function choose(place: Place | undefined) {
    if (!place) return;
    onClose(); // before the room opens, because an open dialog keeps the focus
    if ("search" in place) onFind(place.search);
    else if ("person" in place) void chat.rooms.openDirect(place.person.id);
    else void chat.rooms.join(place.room.id);
  }

  function moveTo(index: number) {
    if (places.length === 0) return;
    const next = (index + places.length) % places.length;
    setActive(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  }

  function handleKey(event: KeyboardEvent) {
    if (event.isComposing) return;
    const to = { ArrowDown: active + 1, ArrowUp: active - 1 }[event.key];
    if (to !== undefined) moveTo(to);
    else if (event.key === "Enter") choose(places[active]);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog title="Go to" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        autofocus
        autocomplete="off"
        aria-label="A room or a person"
        placeholder="A room or a person"
        aria-expanded={places.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={places.length > 0 ? `${id}-${active}` : undefined}
        data-testid="go-to-search"
        value={text}
        onInput={(e) => {
          setText(e.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={handleKey}
      />
      <p class="quiet found" role="status">
        {search && places.length === 1 ? "No room and nobody you have met has this name." : ""}
      </p>
      <div ref={list} id={id} class="places" role="listbox" aria-label="Rooms and people">
        {places.map((place, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys belong to the field
          <div
            key={keyOf(place)}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === active}
            tabIndex={-1}
            data-testid="go-to-place"
            onMouseDown={(e) => e.preventDefault()} // the field keeps the focus
            onClick={() => choose(place)}
          >
            <Sign place={place} />
            <span class="what">
              <span class="name">{place.name}</span>
              <span class="quiet">{place.about}</span>
            </span>
          </div>
        ))}
      </div>
    </Dialog>
  );
}

function keyOf(place: Place): string {
  if ("search" in place) return "search";
  return "person" in place ? place.person.id : place.room.id;
}

function Sign({ place }: { place: Place }) {
  if ("search" in place)
    return (
      <span class="sign">
        <SearchIcon />
      </span>
    );
  return "person" in place ? <Avatar id={place.person.id} name={place.name} dot /> : <RoomIcon room={place.room} />;
}

// Rooms come first, in the order of the list; a person with whom there is a direct room is that room.
function placesOf({ rooms, people }: Chat): Place[] {
  const mine = rooms.recent.value;
  const talksTo = new Set(mine.flatMap((r) => rooms.otherIn(r)?.id ?? []));
  return [
    ...mine.map((room) => ({ room, name: rooms.titleOf(room), about: aboutRoom(rooms.unreadIn(room)) })),
    ...people
      .list()
      .filter((p) => !talksTo.has(p.id))
      .map((person) => ({ person, name: person.name, about: "Start to talk" })),
    ...rooms.open.value.map((room) => ({ room, name: room.name, about: "Join this channel" })),
  ];
}

function aboutRoom(unread: number): string {
  return unread > 0 ? `${unread} unread` : "";
}

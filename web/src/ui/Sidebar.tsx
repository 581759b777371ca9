import { useRef, useState } from "preact/hooks";
import type { Room } from "../core/types";
import { current, enter, logOf, otherOf, refreshRooms, revision, rooms, session, signOut, titleOf, unread } from "../store";
import { Avatar } from "./Avatar";
import { Browse } from "./Browse";
import { CompassIcon, ExitIcon, LockIcon, PlusIcon } from "./Icons";
import { NewRoom } from "./NewRoom";

export function Sidebar() {
  const [dialog, setDialog] = useState<"new" | "browse" | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const me = session.value!.user;
  const channels = rooms.value.filter((r) => r.kind !== "direct");
  const direct = rooms.value.filter((r) => r.kind === "direct");

  // Arrow keys walk through the rooms, as in any list of an application.
  function walk(event: KeyboardEvent) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const items = [...(list.current?.querySelectorAll<HTMLButtonElement>("button.room") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
    event.preventDefault();
  }

  return (
    <nav class="sidebar" aria-label="Rooms">
      <header class="bar">
        <img src="/mark.svg" alt="" width="28" height="28" />
        <h1>Confab</h1>
        <button class="round" title="Browse channels" aria-label="Browse channels" data-testid="browse"
          onClick={() => { void refreshRooms(); setDialog("browse"); }}><CompassIcon /></button>
        <button class="round" title="New room" aria-label="New room" data-testid="new-room" onClick={() => setDialog("new")}><PlusIcon /></button>
      </header>
      <ul ref={list} class="rooms" data-testid="room-list" onKeyDown={walk}>
        {channels.length > 0 && <li class="heading">Rooms</li>}
        {channels.map((r) => <Item key={r.id} room={r} />)}
        {direct.length > 0 && <li class="heading">Direct messages</li>}
        {direct.map((r) => <Item key={r.id} room={r} />)}
        {rooms.value.length === 0 && (
          <li class="hint">
            <p>No rooms yet.</p>
            <button class="text" onClick={() => setDialog("new")}>Make one</button> or{" "}
            <button class="text" onClick={() => { void refreshRooms(); setDialog("browse"); }}>look around</button>.
          </li>
        )}
      </ul>
      <footer class="bar me" data-testid="me">
        <Avatar id={me.id} name={me.name} dot />
        <span class="name">{me.name}</span>
        <button class="round" title="Sign out" aria-label="Sign out" data-testid="sign-out" onClick={signOut}><ExitIcon /></button>
      </footer>
      {dialog === "new" && <NewRoom onClose={() => setDialog(null)} />}
      {dialog === "browse" && <Browse onClose={() => setDialog(null)} />}
    </nav>
  );
}

function Item({ room }: { room: Room }) {
  revision.value;
  const other = otherOf(room);
  const count = unread.value.get(room.id) ?? 0;
  const last = logOf(room.id).last;
  return (
    <li>
      <button
        class="room" data-testid="room-item" data-room-id={room.id}
        aria-current={current.value === room.id ? "page" : undefined} onClick={() => void enter(room.id)}
      >
        {other ? <Avatar id={other.id} name={other.name} dot /> : <span class="sigil" aria-hidden="true">{room.kind === "private" ? <LockIcon /> : "#"}</span>}
        <span class="what">
          <span class="name">{titleOf(room)}</span>
          {last && <span class="preview">{last.sender.name}: {last.text}</span>}
        </span>
        {count > 0 && <span class="count" aria-label={`${count} unread`}>{count > 99 ? "99+" : count}</span>}
      </button>
    </li>
  );
}

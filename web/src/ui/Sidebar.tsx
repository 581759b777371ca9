import { useRef, useState } from "preact/hooks";
import { Browse } from "./Browse";
import { useChat } from "./context";
import { CompassIcon, Logo, PlusIcon } from "./Icons";
import { Invitations } from "./Invitations";
import { Me } from "./Me";
import { NewRoom } from "./NewRoom";
import { RoomItem } from "./RoomItem";

export function Sidebar() {
  const { rooms } = useChat();
  const [dialog, setDialog] = useState<"new" | "browse" | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const shared = rooms.joined.value.filter((r) => r.kind !== "direct");
  const direct = rooms.joined.value.filter((r) => r.kind === "direct");
  const close = () => setDialog(null);
  const browse = () => {
    void rooms.refreshList();
    setDialog("browse");
  };

  // Arrow keys move the focus through the rooms.
  function moveFocus(event: KeyboardEvent) {
    const items = [...(list.current?.querySelectorAll<HTMLButtonElement>("button.room") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined || items.length === 0) return;
    items.at(to % items.length)?.focus();
    event.preventDefault();
  }

  return (
    <nav class="sidebar" aria-label="Rooms">
      <header class="bar">
        <Logo size={30} />
        <h1 class="wordmark">Confab</h1>
        <button
          type="button"
          class="round"
          title="Browse channels"
          aria-label="Browse channels"
          data-testid="browse"
          onClick={browse}
        >
          <CompassIcon />
        </button>
        <button
          type="button"
          class="round"
          title="New room"
          aria-label="New room"
          data-testid="new-room"
          onClick={() => setDialog("new")}
        >
          <PlusIcon />
        </button>
      </header>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it hears the keys of the buttons in it */}
      <div ref={list} class="rooms" data-testid="room-list" onKeyDown={moveFocus}>
        {rooms.unheard.value > 0 && (
          <p class="hint" data-testid="unheard">
            You are in too many rooms: {rooms.unheard.value} of them show no new messages by themselves. Leave some.
          </p>
        )}
        <Invitations />
        {shared.length > 0 && (
          <Section id="rooms-shared" title="Rooms">
            {shared.map((r) => (
              <RoomItem key={r.id} room={r} />
            ))}
          </Section>
        )}
        {direct.length > 0 && (
          <Section id="rooms-direct" title="Direct messages">
            {direct.map((r) => (
              <RoomItem key={r.id} room={r} />
            ))}
          </Section>
        )}
        {rooms.listed.value && rooms.joined.value.length === 0 && (
          <div class="hint">
            <p>You are in no room yet. Create one, or join a channel.</p>
            <button type="button" class="secondary" onClick={() => setDialog("new")}>
              New room
            </button>
            <button type="button" class="secondary" onClick={browse}>
              Browse channels
            </button>
          </div>
        )}
      </div>
      <Me />
      {dialog === "new" && <NewRoom onClose={close} />}
      {dialog === "browse" && <Browse onClose={close} />}
    </nav>
  );
}

function Section({ id, title, children }: { id: string; title: string; children: preact.ComponentChildren }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul>{children}</ul>
    </section>
  );
}

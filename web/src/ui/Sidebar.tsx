import type { Room } from "@confab/chat";
import { useEffect, useRef, useState } from "preact/hooks";
import { bestMatches } from "../core/search";
import { Browse } from "./Browse";
import { useChat } from "./context";
import { Find } from "./Find";
import { GoTo } from "./GoTo";
import { AllReadIcon, AtIcon, CompassIcon, Logo, PlusIcon, SearchIcon } from "./Icons";
import { Invitations } from "./Invitations";
import { Me } from "./Me";
import { MentionCount } from "./MentionCount";
import { MentionList } from "./MentionList";
import { NewRoom } from "./NewRoom";
import { RoomItem } from "./RoomItem";
import { RoomsToCome } from "./Skeleton";
import { ThreadList } from "./ThreadList";

// A shorter list needs no filter.
const filterFrom = 8;
const unreadFirstKey = "confab.unread-first";

export function Sidebar() {
  const { mentions, rooms } = useChat();
  const [dialog, setDialog] = useState<"new" | "browse" | "go to" | "mentions" | { find: string } | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const [filter, setFilter] = useState("");
  const [unreadFirst, setUnreadFirst] = useUnreadFirst();
  const recent = bestMatches(rooms.recent.value, filter, rooms.titleOf.bind(rooms));
  const listed = unreadFirst ? withUnreadFirst(recent, (r) => rooms.unreadIn(r)) : recent;
  const shared = listed.filter((r) => r.kind !== "direct");
  const direct = listed.filter((r) => r.kind === "direct");
  // The browser tells of a dialog's end later, when another one may be open.
  const close = () => setDialog((now) => (now === dialog ? null : now));
  const browse = () => {
    void rooms.refreshList();
    setDialog("browse");
  };

  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault(); // else it would go to the browser's own field
      if (!document.querySelector("dialog[open]")) setDialog("go to");
    };
    document.addEventListener("keydown", open);
    return () => document.removeEventListener("keydown", open);
  }, []);

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
        <p class="wordmark">Confab</p>
        {rooms.totalUnread.value > 0 && (
          <button
            type="button"
            class="round"
            title="Mark all as read"
            aria-label="Mark all as read"
            data-testid="mark-all-read"
            onClick={() => rooms.markAllRead()}
          >
            <AllReadIcon />
          </button>
        )}
        <button
          type="button"
          class="round"
          title="Go to a room or a person (Ctrl-K)"
          aria-label="Go to a room or a person"
          aria-keyshortcuts="Control+K Meta+K"
          data-testid="go-to"
          onClick={() => setDialog("go to")}
        >
          <SearchIcon />
        </button>
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
        {rooms.joined.value.length >= filterFrom && (
          <div class="filter">
            <input
              type="search"
              aria-label="Filter the rooms"
              placeholder="Filter"
              data-testid="filter"
              value={filter}
              onInput={(e) => setFilter(e.currentTarget.value)}
            />
            <button
              type="button"
              class="toggle"
              aria-pressed={unreadFirst}
              data-testid="unread-first"
              onClick={() => setUnreadFirst(!unreadFirst)}
            >
              Unread first
            </button>
          </div>
        )}
        {filter && listed.length === 0 && (
          <p class="quiet found" role="status">
            None of your rooms has this name.
          </p>
        )}
        {!filter && rooms.joined.value.length > 0 && (
          <button
            type="button"
            class={mentions.totalUnread.value > 0 ? "room entry unread" : "room entry"}
            data-testid="mentions"
            onClick={() => setDialog("mentions")}
          >
            <AtIcon />
            <span class="name">Mentions</span>
            <MentionCount count={mentions.totalUnread.value} />
          </button>
        )}
        {!filter && <ThreadList />}
        {!rooms.listed.value && rooms.joined.value.length === 0 && <RoomsToCome />}
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
      {dialog === "go to" && <GoTo onFind={(find) => setDialog({ find })} onClose={close} />}
      {typeof dialog === "object" && dialog && <Find text={dialog.find} onClose={close} />}
      {dialog === "mentions" && <MentionList onClose={close} />}
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

/** Whether rooms with unread messages come first: a setting of this browser. */
function useUnreadFirst(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => localStorage.getItem(unreadFirstKey) === "yes");
  const change = (next: boolean) => {
    if (next) localStorage.setItem(unreadFirstKey, "yes");
    else localStorage.removeItem(unreadFirstKey);
    setOn(next);
  };
  return [on, change];
}

function withUnreadFirst(rooms: Room[], unreadIn: (room: Room) => number): Room[] {
  return [...rooms.filter((r) => unreadIn(r) > 0), ...rooms.filter((r) => unreadIn(r) === 0)];
}

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { groupMessages, type UnreadRange } from "../core/grouping";
import type { Draft } from "../core/log";
import type { Message, Room, User } from "../core/protocol";
import { useChat } from "./context";
import { DownIcon } from "./Icons";
import { MessageRow } from "./MessageRow";
import { ScrollKeeper } from "./scroll";

// Older messages are loaded when the top is this near, in pixels.
const nearTop = 400;

/** The messages of a room, followed by the drafts that are being sent. */
export function MessageList({ room }: { room: Room }) {
  const { me, messages: store, readState, rooms } = useChat();
  const { log, version, loading, target } = store.viewOf(room.id);
  const revision = version.value;
  const box = useRef<HTMLDivElement>(null);
  const keeper = useRef<ScrollKeeper | null>(null);
  const lastDraft = useRef<string | undefined>(log.listDrafts().at(-1)?.tempId);
  const [away, setAway] = useState(false);
  const [seen, setSeen] = useState(0); // the last message when the reader left the end
  const [unread, setUnread] = useState<UnreadRange | undefined>(() => ({
    after: readState.readUpTo(room.id),
    until: Math.max(room.head, log.head),
  }));
  const messages = log.list();
  const drafts = log.listDrafts();
  const newest = messages.at(-1)?.seq ?? 0;
  const below = away ? messages.filter((m) => m.seq > seen && m.sender.id !== me.id).length : 0;

  function markRead() {
    const atEnd = keeper.current?.atEnd && log.loaded;
    if (atEnd && document.visibilityState === "visible") readState.markRead(room.id, log.head);
  }

  function loadOlderNearTop() {
    if (box.current && box.current.scrollTop < nearTop) void store.loadOlder(room.id);
  }

  function handleScroll() {
    if (!keeper.current) return;
    const wasAtEnd = keeper.current.atEnd;
    keeper.current.remember();
    const { atEnd } = keeper.current;
    if (wasAtEnd && !atEnd) setSeen(newest);
    setAway(!atEnd);
    markRead();
    loadOlderNearTop();
  }

  useLayoutEffect(() => {
    if (!box.current) return;
    keeper.current ??= new ScrollKeeper(box.current);
    const draft = drafts.at(-1)?.tempId;
    if (draft !== undefined && draft !== lastDraft.current) {
      // Writers want to see their message, and have read the others.
      keeper.current.atEnd = true;
      setUnread(undefined);
    }
    lastDraft.current = draft ?? lastDraft.current;
    keeper.current.restore();
    keeper.current.remember();
    setAway(!keeper.current.atEnd);
    markRead();
    if (log.loaded) loadOlderNearTop();
  }, [revision, unread]);

  const wanted = target.value;
  useLayoutEffect(() => {
    const row = wanted !== null && box.current?.querySelector<HTMLElement>(`[data-seq="${wanted}"]`);
    if (!row || !keeper.current) return;
    target.value = null;
    keeper.current.atEnd = false;
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true }); // it is marked while it has the focus
    handleScroll();
  }, [wanted, revision]);

  useEffect(() => {
    if (!box.current) return;
    // A phone's keyboard or a longer text below makes the list shorter.
    const observer = new ResizeObserver(() => keeper.current?.restore());
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    let headWhenHidden = log.head;
    const handleVisibility = () => {
      if (document.visibilityState === "hidden") headWhenHidden = log.head;
      else {
        if (log.head > headWhenHidden) setUnread({ after: headWhenHidden, until: log.head });
        markRead();
      }
    };
    document.addEventListener("visibilitychange", handleVisibility);
    return () => document.removeEventListener("visibilitychange", handleVisibility);
  }, [log]);

  function scrollToEnd() {
    const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.current?.scrollTo({ top: box.current.scrollHeight, behavior: smooth ? "smooth" : "auto" });
    box.current?.focus({ preventScroll: true });
  }

  // One list with equal keys, so that a draft keeps its element when it becomes a message.
  const all = [...messages, ...drafts.map((d) => messageOf(d, room.id, me))];
  const list = groupMessages(all, me.id, unread).map(({ message, ...grouping }, i) => {
    const failed = drafts[i - messages.length]?.failed;
    return (
      <MessageRow
        key={message.tempId !== undefined && message.sender.id === me.id ? message.tempId : message.id}
        message={message}
        {...grouping}
        state={i < messages.length ? "sent" : failed ? "failed" : "pending"}
        reason={failed}
      />
    );
  });

  return (
    <div class="scroll">
      <div
        ref={box}
        class="messages"
        role="log"
        aria-label="Messages"
        aria-live="polite"
        aria-busy={!log.loaded || loading}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
        tabIndex={0}
        data-testid="message-list"
        onScroll={handleScroll}
      >
        {!log.loaded || loading ? (
          <p class="edge">
            <span class="spinner" aria-hidden="true" /> Loading messages …
          </p>
        ) : (
          log.oldest <= 1 && <RoomStart room={room} title={rooms.titleOf(room)} />
        )}
        {list}
      </div>
      {away && (
        <button type="button" class="pill" data-testid="jump" onClick={scrollToEnd}>
          {below === 0 ? "Latest" : below === 1 ? "1 new message" : `${below} new messages`} <DownIcon />
        </button>
      )}
    </div>
  );
}

/** The message that a draft will become, as far as it is known. */
function messageOf({ at, ...draft }: Draft, roomId: string, sender: User): Message {
  return { ...draft, id: draft.tempId, roomId, seq: 0, sender, sentAt: new Date(at).toISOString() };
}

function RoomStart({ room, title }: { room: Room; title: string }) {
  return (
    <p class="edge">
      {room.kind === "direct"
        ? `Only you and ${title} can read these messages.`
        : `This is the beginning of ${room.name}.`}
    </p>
  );
}

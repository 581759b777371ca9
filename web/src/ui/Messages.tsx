import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { rows, type Unread } from "../core/flow";
import type { Draft } from "../core/log";
import type { Message, Room, User } from "../core/protocol";
import { session } from "../store/me";
import { loadOlder, viewOf } from "../store/messages";
import { titleOf } from "../store/rooms";
import { read, readUpTo } from "../store/unread";
import { DownIcon } from "./Icons";
import { Line } from "./Line";
import { ScrollKeeper } from "./scroll";

// So near to the top, in pixels, older messages are fetched.
const nearTop = 400;

/** What was said in a room, and what one is saying. */
export function Messages({ room }: { room: Room }) {
  const { log, version, loading } = viewOf(room.id);
  const revision = version.value;
  const me = session.value?.user;
  const box = useRef<HTMLDivElement>(null);
  const keeper = useRef<ScrollKeeper | null>(null);
  const lastDraft = useRef<string | undefined>(log.listDrafts().at(-1)?.tempId);
  const [away, setAway] = useState(false);
  const [seen, setSeen] = useState(0); // the last message when one left the end
  const [unread, setUnread] = useState<Unread | undefined>(() => ({
    after: readUpTo(room.id),
    until: Math.max(room.head, log.head),
  }));
  const messages = log.list();
  const drafts = log.listDrafts();
  const newest = messages.at(-1)?.seq ?? 0;
  const below = away ? messages.filter((m) => m.seq > seen && m.sender.id !== me?.id).length : 0;

  function look() {
    if (keeper.current?.atEnd && log.loaded && document.visibilityState === "visible") read(room.id, log.head);
  }

  function olderIfNear() {
    if (box.current!.scrollTop < nearTop) void loadOlder(room.id);
  }

  function scrolled() {
    const was = keeper.current!.atEnd;
    keeper.current!.remember();
    const { atEnd } = keeper.current!;
    if (was && !atEnd) setSeen(newest);
    setAway(!atEnd);
    look();
    olderIfNear();
  }

  useLayoutEffect(() => {
    keeper.current ??= new ScrollKeeper(box.current!);
    const draft = drafts.at(-1)?.tempId;
    if (draft !== undefined && draft !== lastDraft.current) {
      // One wants to see what one says; and whoever answers has read.
      keeper.current.atEnd = true;
      setUnread(undefined);
    }
    lastDraft.current = draft ?? lastDraft.current;
    keeper.current.restore();
    keeper.current.remember();
    setAway(!keeper.current.atEnd);
    look();
    if (log.loaded) olderIfNear();
  }, [revision, unread]);

  useEffect(() => {
    // The keyboard of a phone, or a longer text below, makes the list shorter.
    const observer = new ResizeObserver(() => keeper.current?.restore());
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    let left = log.head;
    const turned = () => {
      if (document.visibilityState === "hidden") left = log.head;
      else {
        if (log.head > left) setUnread({ after: left, until: log.head });
        look();
      }
    };
    document.addEventListener("visibilitychange", turned);
    return () => document.removeEventListener("visibilitychange", turned);
  }, [log]);

  function toEnd() {
    const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.current!.scrollTo({ top: box.current!.scrollHeight, behavior: smooth ? "smooth" : "auto" });
    box.current!.focus({ preventScroll: true });
  }

  // In one list, so that a draft keeps its element when it becomes a message.
  const onTheirWay = me ? drafts.map((d) => messageOf(d, room.id, me)) : [];
  const lines = rows([...messages, ...onTheirWay], me?.id ?? "", unread).map(({ message, ...around }, i) => {
    const failed = drafts[i - messages.length]?.failed;
    return (
      <Line
        key={message.tempId !== undefined && message.sender.id === me?.id ? message.tempId : message.id}
        message={message}
        {...around}
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
        tabIndex={0}
        data-testid="message-list"
        onScroll={scrolled}
      >
        {!log.loaded || loading ? (
          <p class="edge">
            <span class="spinner" aria-hidden="true" /> Loading messages …
          </p>
        ) : (
          log.oldest <= 1 && <Beginning room={room} />
        )}
        {lines}
      </div>
      {away && (
        <button type="button" class="pill" data-testid="jump" onClick={toEnd}>
          {below === 0 ? "Latest" : below === 1 ? "1 new message" : `${below} new messages`} <DownIcon />
        </button>
      )}
    </div>
  );
}

/** What a draft will be, as far as one can tell. */
function messageOf({ tempId, text, at }: Draft, roomId: string, sender: User): Message {
  return { id: tempId, roomId, seq: 0, sender, text, tempId, sentAt: new Date(at).toISOString() };
}

function Beginning({ room }: { room: Room }) {
  return (
    <p class="edge">
      {room.kind === "direct"
        ? `Only you and ${titleOf(room)} read what is said here.`
        : `This is the beginning of ${room.name}.`}
    </p>
  );
}

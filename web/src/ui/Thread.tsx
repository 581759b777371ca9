import type { Message, Room } from "@confab/chat";
import { logOf } from "@confab/chat";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { dayName, timeOf } from "../core/time";
import { Announcer } from "./Announcer";
import { Avatar } from "./Avatar";
import { Composer } from "./Composer";
import { useChat } from "./context";
import { CloseIcon } from "./Icons";
import { MessageRow, Said } from "./MessageRow";
import { messageRows } from "./messageRows";
import { keepOneTabStop, moveBetweenMessages } from "./moveBetweenMessages";
import { MessagesToCome } from "./Skeleton";
import { useBack } from "./useBack";

// The reader is at the end if it is this near, in pixels.
const nearEnd = 40;

/** The replies below a message, beside the room. */
export function Thread({ room, seq }: { room: Room; seq: number }) {
  const { me, messages, threads } = useChat();
  const id = logOf({ roomId: room.id, threadOf: seq });
  const view = messages.viewOf(id);
  messages.viewOf(room.id).version.value; // subscribes
  const first = messages.viewOf(room.id).log.get(seq);
  const followed = threads.isFollowed(id);
  const close = () => threads.close();
  useBack(close);
  useFocusBack();
  return (
    <aside
      class="thread"
      aria-label="Thread"
      data-testid="thread"
      onKeyDown={(e) => e.key === "Escape" && !e.defaultPrevented && close()}
    >
      <header class="bar">
        <h2>Thread</h2>
        {first && (
          <button
            type="button"
            class="text"
            aria-pressed={followed}
            data-testid="follow"
            onClick={() => void threads.follow(first, !followed)}
          >
            {followed ? "Following" : "Follow"}
          </button>
        )}
        <button type="button" class="round" aria-label="Close the thread" data-testid="close-thread" onClick={close}>
          <CloseIcon />
        </button>
      </header>
      <RepliesBelow key={id} id={id} first={first} />
      <Announcer log={view.log} version={view.version} me={me} />
      <Composer key={`composer-${id}`} room={room} threadOf={seq} />
    </aside>
  );
}

function RepliesBelow({ id, first }: { id: string; first: Message | undefined }) {
  const { me, messages, threads } = useChat();
  const view = messages.viewOf(id);
  view.version.value; // subscribes
  const { log, loading, target } = view;
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const rows = messageRows(log, me, id);
  const drafts = log.listDrafts().length;
  const wanted = target.value;

  function see() {
    if (log.loaded && atEnd.current && document.visibilityState === "visible" && document.hasFocus())
      threads.see(id, log.complete);
  }

  // Whoever is at the end, or writes, stays there.
  useLayoutEffect(() => {
    const list = box.current;
    if (list && atEnd.current) list.scrollTop = list.scrollHeight;
    if (list) keepOneTabStop(list);
    see();
  });
  useLayoutEffect(() => {
    if (drafts > 0 && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [drafts]);
  useLayoutEffect(() => {
    const row = wanted && box.current?.querySelector<HTMLElement>(`[data-seq="${wanted.seq}"]`);
    if (!row) return;
    target.value = null;
    row.scrollIntoView({ block: "center" });
    if (wanted.focus) row.focus({ preventScroll: true });
  });
  useEffect(() => {
    addEventListener("focus", see);
    document.addEventListener("visibilitychange", see);
    return () => {
      removeEventListener("focus", see);
      document.removeEventListener("visibilitychange", see);
    };
  }, [id]);

  return (
    <div
      ref={box}
      class="messages"
      role="region"
      aria-label="Thread"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
      tabIndex={0}
      data-testid="reply-list"
      onScroll={(e) => {
        const { scrollTop, scrollHeight, clientHeight } = e.currentTarget;
        atEnd.current = scrollHeight - scrollTop - clientHeight < nearEnd;
        see();
      }}
      onKeyDown={moveBetweenMessages}
      onFocusIn={(e) => keepOneTabStop(e.currentTarget)}
    >
      <div class="flow">
        {first && <First message={first} />}
        {log.loaded && log.oldest > 1 && (
          <button
            type="button"
            class="text earlier"
            disabled={loading}
            onClick={() => {
              atEnd.current = false;
              void messages.loadOlder(id);
            }}
          >
            Earlier replies
          </button>
        )}
        {!log.loaded && <MessagesToCome />}
        {/* Only articles belong into a feed, and at least one. */}
        {rows.count > 0 && (
          <div class="feed" role="feed" aria-label="Replies" aria-busy={loading}>
            {Array.from({ length: rows.count }, (_, i) => (
              <MessageRow key={rows.keyAt(i)} {...rows.at(i, undefined)} />
            ))}
          </div>
        )}
      </div>
    </div>
  );
}

/** The message below which the thread stands. */
function First({ message }: { message: Message }) {
  const { sender, sentAt } = message;
  return (
    // No article element: the arrow keys move between those.
    <div class="first" role="article" data-testid="thread-first">
      <p class="by">
        <Avatar id={sender.id} name={sender.name} />
        <strong>{sender.name}</strong>{" "}
        <time class="quiet" dateTime={sentAt}>
          {dayName(sentAt)}, {timeOf(sentAt)}
        </time>
      </p>
      <Said message={message} />
    </div>
  );
}

/** Gives the focus back to where it was before, when the thread closes. */
function useFocusBack(): void {
  // Before the composer takes it.
  const [before] = useState(() => document.activeElement as HTMLElement | null);
  useLayoutEffect(
    () => () => {
      if (before?.isConnected) before.focus({ preventScroll: true });
    },
    [],
  );
}

import type { Room } from "@confab/chat";
import type { StateUpdater } from "preact/hooks";
import { type Dispatch, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { UnreadRange } from "../core/grouping";
import type { LogView } from "../store/messages";
import { useChat } from "./context";
import type { MessageRows } from "./messageRows";
import { keepOneTabStop, moveBetweenMessages } from "./moveBetweenMessages";
import { RowsInPage } from "./rowsInPage";

// The list opens at the first unread message if there are no more than these. Else it opens at the end.
const maxUnreadAtOpening = 500;
// Older messages are loaded when the top is this near, in pixels.
const nearTop = 400;

interface Options {
  room: Room;
  view: LogView;
  rows: MessageRows;
  /** What was unread when the user opened the room. */
  unread: UnreadRange | undefined;
  setUnread: Dispatch<StateUpdater<UnreadRange | undefined>>;
}

/** Chooses which rows of a room's list are in the page, and follows what its reader does. */
export function useRowsInPage({ room, view, rows, unread, setUnread }: Options) {
  const { messages: store, readState } = useChat();
  const { log, version, target } = view;
  const box = useRef<HTMLDivElement>(null);
  const [shown] = useState(() => new RowsInPage());
  const [, setChanges] = useState(0);
  const [away, setAway] = useState(false);
  const [seen, setSeen] = useState(0); // the last message that the reader has seen
  const [unreadAbove, setUnreadAbove] = useState(false); // the first unread message is further up
  const placing = useRef(unread !== undefined && countOf(unread) > 0 && countOf(unread) <= maxUnreadAtOpening);
  const unreadNow = useRef(unread); // for what was set up when the list was opened
  unreadNow.current = unread;
  const wrote = useWrote(log);

  // Only what the user has before their eyes counts as read.
  function markRead() {
    if (!log.loaded || placing.current || document.visibilityState !== "visible" || !document.hasFocus()) return;
    readState.see(room.id, Math.min(log.complete, shown.atEnd ? log.head : shown.seqsInView().last));
  }

  function afterScroll(needsRows: boolean) {
    if (needsRows && shown.opening) setTimeout(() => setChanges((n) => n + 1));
    else if (needsRows) setChanges((n) => n + 1);
    setAway(!shown.atEnd);
    if (!shown.atEnd && !placing.current) setSeen((last) => Math.max(last, shown.seqsInView().last));
    const range = unreadNow.current;
    setUnreadAbove(range !== undefined && countOf(range) > 0 && shown.seqsInView().first > range.after + 1);
    markRead();
    if (log.loaded && box.current && box.current.scrollTop < nearTop) void store.loadOlder(room.id);
  }

  function handleScroll() {
    if (shown.unmoved) return;
    const wasAtEnd = shown.atEnd;
    const needsRows = shown.scrolled();
    if (wasAtEnd && !shown.atEnd && !placing.current) setSeen(log.head);
    afterScroll(needsRows);
  }

  if (wrote) shown.goToEnd(); // writers want to see their message
  shown.update(rows);
  const wanted = target.value;
  const wantedAt = wanted === null ? -1 : rows.find(wanted.seq);
  if (wantedAt >= 0) shown.goTo(wantedAt);

  useLayoutEffect(() => {
    if (wrote) {
      setUnread(undefined); // and have read the others
      readState.open(room.id);
      placing.current = false;
    }
    if (box.current) {
      shown.attach(box.current);
      keepOneTabStop(box.current);
    }
    afterScroll(shown.settle());
  });

  useLayoutEffect(() => {
    const row = wanted && wantedAt >= 0 && box.current?.querySelector<HTMLElement>(`[data-seq="${wanted.seq}"]`);
    if (!row) return;
    target.value = null;
    row.scrollIntoView({ block: "center" });
    if (wanted.focus) row.focus({ preventScroll: true }); // it is marked while it has the focus
    handleScroll();
    if (placing.current) {
      placing.current = false;
      afterScroll(false);
    }
  });

  // A room opens at its first unread message.
  useEffect(() => {
    if (!log.loaded || !placing.current || !unread) return;
    void store.goTo(room.id, unread.after + 1, false).then(() => {
      if (target.peek()) return;
      placing.current = false; // there is none any more
      markRead();
    });
  }, [log.loaded]);

  useEffect(() => {
    if (!box.current?.firstElementChild) return;
    // A phone's keyboard or a longer text below makes the list shorter, and a row may grow.
    const observer = new ResizeObserver(() => afterScroll(shown.resized()));
    observer.observe(box.current);
    observer.observe(box.current.firstElementChild);
    return () => observer.disconnect();
  }, []);

  // A message that comes where the reader looks is read before it is shown: else the room would
  // be marked as unread for a moment.
  useEffect(() => version.subscribe(() => shown.atEnd && markRead()), [version]);

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
    addEventListener("focus", markRead);
    return () => {
      document.removeEventListener("visibilitychange", handleVisibility);
      removeEventListener("focus", markRead);
    };
  }, [log]);

  function scrollToEnd() {
    const smooth = shown.hasEnd && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (smooth) box.current?.scrollTo({ top: box.current.scrollHeight, behavior: "smooth" });
    else {
      shown.goToEnd();
      setChanges((n) => n + 1);
    }
    box.current?.focus({ preventScroll: true });
  }

  return {
    box,
    shown,
    away,
    seen,
    unreadAbove,
    scrollToEnd,
    handleScroll,
    handleKey: moveBetweenMessages,
    handleFocus: keepFocused,
  };
}

function countOf(unread: UnreadRange): number {
  return unread.until - unread.after;
}

function keepFocused(event: FocusEvent): void {
  keepOneTabStop(event.currentTarget as HTMLElement);
}

/** Whether the user has written a message since the last rendering. */
function useWrote(log: LogView["log"]): boolean {
  const tempId = log.listDrafts().at(-1)?.tempId;
  const last = useRef(tempId);
  const wrote = tempId !== undefined && tempId !== last.current;
  last.current = tempId ?? last.current;
  return wrote;
}

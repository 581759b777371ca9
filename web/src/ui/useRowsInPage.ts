import type { StateUpdater } from "preact/hooks";
import { type Dispatch, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { UnreadRange } from "../core/grouping";
import type { Room } from "../core/protocol";
import type { LogView } from "../store/messages";
import { useChat } from "./context";
import type { MessageRows } from "./messageRows";
import { keepOneTabStop, moveBetweenMessages } from "./moveBetweenMessages";
import { RowsInPage } from "./rowsInPage";

// Older messages are loaded when the top is this near, in pixels.
const nearTop = 400;

interface Options {
  room: Room;
  view: LogView;
  rows: MessageRows;
  setUnread: Dispatch<StateUpdater<UnreadRange | undefined>>;
}

/** Chooses which rows of a room's list are in the page, and follows what its reader does. */
export function useRowsInPage({ room, view, rows, setUnread }: Options) {
  const { messages: store, readState } = useChat();
  const { log, target } = view;
  const box = useRef<HTMLDivElement>(null);
  const [shown] = useState(() => new RowsInPage());
  const [, setChanges] = useState(0);
  const [away, setAway] = useState(false);
  const [seen, setSeen] = useState(0); // the last message when the reader left the end
  const wrote = useWrote(log);

  function markRead() {
    if (shown.atEnd && log.loaded && document.visibilityState === "visible") readState.markRead(room.id, log.head);
  }

  function afterScroll(needsRows: boolean) {
    if (needsRows) setChanges((n) => n + 1);
    setAway(!shown.atEnd);
    markRead();
    if (log.loaded && box.current && box.current.scrollTop < nearTop) void store.loadOlder(room.id);
  }

  function handleScroll() {
    const wasAtEnd = shown.atEnd;
    const needsRows = shown.scrolled();
    if (wasAtEnd && !shown.atEnd) setSeen(log.head);
    afterScroll(needsRows);
  }

  if (wrote) shown.goToEnd(); // writers want to see their message
  shown.update(rows);
  const wanted = target.value;
  const wantedAt = wanted === null ? -1 : rows.find(wanted);
  if (wantedAt >= 0) shown.goTo(wantedAt);

  useLayoutEffect(() => {
    if (wrote) setUnread(undefined); // and have read the others
    if (box.current) {
      shown.attach(box.current);
      keepOneTabStop(box.current);
    }
    afterScroll(shown.settle());
  });

  useLayoutEffect(() => {
    const row = wantedAt >= 0 && box.current?.querySelector<HTMLElement>(`[data-seq="${wanted}"]`);
    if (!row) return;
    target.value = null;
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true }); // it is marked while it has the focus
    handleScroll();
  });

  useEffect(() => {
    if (!box.current?.firstElementChild) return;
    // A phone's keyboard or a longer text below makes the list shorter, and a row may grow.
    const observer = new ResizeObserver(() => afterScroll(shown.resized()));
    observer.observe(box.current);
    observer.observe(box.current.firstElementChild);
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
    scrollToEnd,
    handleScroll,
    handleKey: moveBetweenMessages,
    handleFocus: keepFocused,
  };
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

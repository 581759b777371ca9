import type { Message, Room, User } from "@confab/chat";
import { useEffect, useState } from "preact/hooks";
import { firstUnreadIn, type UnreadRange } from "../core/grouping";
import { Announcer } from "./Announcer";
import { useChat } from "./context";
import { DownIcon, UpIcon } from "./Icons";
import { ListRow } from "./ListRow";
import { messageRows } from "./messageRows";
import { MessagesToCome } from "./Skeleton";
import { useRowsInPage } from "./useRowsInPage";

/** The messages of a room, followed by the drafts that are being sent. */
export function MessageList({ room }: { room: Room }) {
  const { me, messages, readState, rooms } = useChat();
  const view = messages.viewOf(room.id);
  const { log, version, loading } = view;
  version.value; // subscribes
  const [unread, setUnread] = useState<UnreadRange | undefined>(() => ({
    after: readState.readUpTo(room.id),
    until: Math.max(room.head, log.head),
  }));
  const held = readState.isHeld(room.id);
  const mark = readState.readUpTo(room.id);
  useEffect(() => {
    if (held) setUnread({ after: mark, until: log.head }); // the user has marked it as unread
  }, [held, held && mark]);
  const [returned, setReturned] = useState(false); // the reader went back to the first unread message
  const rows = messageRows(log, me, room.id);
  const { box, shown, away, seen, unreadAbove, scrollToEnd, handleScroll, handleKey, handleFocus } = useRowsInPage({
    room,
    view,
    rows,
    unread,
    setUnread,
  });
  function goToFirstUnread() {
    if (!unread) return;
    setReturned(true);
    void messages.goTo(room.id, unread.after + 1);
  }

  const firstUnread = firstUnreadIn(log.list(), me.id, unread);
  return (
    <div class="scroll">
      {/* A feed without articles would be an empty promise. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it has a role, and hears the keys of the messages in it */}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have a name */}
      <div
        ref={box}
        class="messages"
        role={rows.count > 0 ? "feed" : "region"}
        aria-label="Messages"
        aria-busy={!log.loaded || loading}
        tabIndex={0} // a scrolling area must be reachable by keyboard
        data-testid="message-list"
        onScroll={handleScroll}
        onKeyDown={handleKey}
        onFocusIn={handleFocus}
      >
        <div class="flow">
          {!log.loaded ? (
            <MessagesToCome />
          ) : loading ? (
            <p class="edge">
              <span class="spinner" aria-hidden="true" /> Loading messages …
            </p>
          ) : (
            log.oldest <= 1 && <RoomStart room={room} title={rooms.titleOf(room)} />
          )}
          <div key="above" class="above" />
          {shown.indices().map((index) => (
            <ListRow
              key={rows.keyAt(index)}
              {...rows.at(index, firstUnread)}
              rowKey={rows.keyAt(index)}
              keptAt={shown.keptAt(index)}
            />
          ))}
          <div key="below" class="below" />
        </div>
      </div>
      <Announcer log={log} version={version} me={me} />
      {unread && unreadAbove && !returned && (
        <button
          type="button"
          class="pill top"
          data-testid="first-unread"
          aria-label={`Go to the first of ${unread.until - unread.after} unread messages`}
          onClick={goToFirstUnread}
        >
          {unread.until - unread.after} unread <UpIcon />
        </button>
      )}
      {away && (
        <button type="button" class="pill" data-testid="jump" onClick={scrollToEnd}>
          {pillText(countAfter(seen, log.list(), me))} <DownIcon />
        </button>
      )}
    </div>
  );
}

/** How many messages of others came after a position. */
function countAfter(seq: number, messages: readonly Message[], me: User): number {
  let count = 0;
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i] as Message;
    if (message.seq <= seq) break;
    if (message.sender.id !== me.id) count++;
  }
  return count;
}

function pillText(count: number): string {
  return count === 0 ? "Latest" : count === 1 ? "1 new message" : `${count} new messages`;
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

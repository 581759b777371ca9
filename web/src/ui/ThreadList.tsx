import type { Following } from "@confab/chat";
import { useState } from "preact/hooks";
import { said } from "../core/said";
import { useChat } from "./context";

// So many are shown beside those with unread replies.
const fewest = 3;

/** The threads that the user follows. */
export function ThreadList() {
  const { threads } = useChat();
  const [all, setAll] = useState(false);
  const followed = threads.followed.value;
  const unread = followed.filter((f) => threads.unreadIn(f.first.id) > 0).length;
  const shown = all ? followed : followed.slice(0, Math.max(unread, fewest));
  if (followed.length === 0) return null;
  return (
    <section aria-labelledby="threads-followed" data-testid="followed-threads">
      <h2 id="threads-followed">Threads</h2>
      <ul>
        {shown.map((f) => (
          <ThreadItem key={f.first.id} following={f} />
        ))}
      </ul>
      {shown.length < followed.length && (
        <button type="button" class="text" data-testid="all-threads" onClick={() => setAll(true)}>
          All {followed.length} threads
        </button>
      )}
    </section>
  );
}

function ThreadItem({ following: { first } }: { following: Following }) {
  const { location, rooms, threads } = useChat();
  const room = rooms.joined.value.find((r) => r.id === first.roomId);
  const unread = threads.unreadIn(first.id);
  return (
    <li>
      <button
        type="button"
        class={`room thread-item${unread > 0 ? " unread" : ""}`}
        aria-current={threads.shown.value === first.id ? "true" : undefined}
        data-testid="thread-item"
        onClick={() => {
          location.goTo(first.roomId);
          threads.open(first);
        }}
      >
        <span class="what">
          <span class="top">
            <span class="name">{first.deletedAt ? <em>Deleted message</em> : said(first)}</span>
          </span>
          <span class="below">
            <span class="preview">
              {first.sender.name} in {room && rooms.titleOf(room)}
            </span>
            {unread > 0 && (
              <span class="count">
                <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
                <span class="spoken">{unread} unread</span>
              </span>
            )}
          </span>
        </span>
      </button>
    </li>
  );
}

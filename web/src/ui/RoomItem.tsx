import type { Room, User } from "@confab/chat";
import { said } from "../core/said";
import { shortTime } from "../core/time";
import { useChat } from "./context";
import { MentionCount } from "./MentionCount";
import { RoomIcon } from "./RoomIcon";

/** A room in the list, with its last message. */
export function RoomItem({ room }: { room: Room }) {
  const { drafts, location, me, mentions, messages, rooms } = useChat();
  const view = messages.viewOf(room.id);
  view.version.value; // subscribes
  const last = view.latest;
  const count = rooms.unreadIn(room);
  const mentioned = mentions.unreadIn(room);
  const unsent = view.log.listDrafts().at(-1);
  const isCurrent = location.roomId.value === room.id;
  const draft = isCurrent ? "" : drafts.shownIn(room.id).value.trim();
  return (
    <li>
      <button
        type="button"
        class={count > 0 ? "room unread" : "room"}
        data-testid="room-item"
        data-room-id={room.id}
        aria-current={isCurrent ? "page" : undefined}
        onClick={() => location.goTo(room.id)}
      >
        <RoomIcon room={room} />
        <span class="what">
          <span class="top">
            <span class="name">{rooms.titleOf(room)}</span>
            {last && <time dateTime={last.sentAt}>{shortTime(last.sentAt)}</time>}
          </span>
          <span class="below">
            <span class="preview">
              {unsent ? (
                <em class={unsent.failed ? "danger" : undefined}>{unsent.failed ? "Not sent" : "Sending …"}</em>
              ) : draft ? (
                <>
                  <em>Draft:</em> {draft}
                </>
              ) : last ? (
                <>
                  {senderOf(room, last.sender, me.id)}
                  {last.deletedAt ? <em>Deleted</em> : said(last)}
                </>
              ) : room.head > 0 ? (
                "…"
              ) : (
                "No messages yet"
              )}
            </span>
            <MentionCount count={mentioned} />
            {count > 0 && (
              <span class="count">
                <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
                <span class="spoken">{count} unread</span>
              </span>
            )}
          </span>
        </span>
      </button>
    </li>
  );
}

// The name before the preview; a first name, because the space is small.
function senderOf(room: Room, sender: User, me: string): string {
  if (sender.id === me) return "You: ";
  return room.kind === "direct" ? "" : `${sender.name.split(" ")[0]}: `;
}

import type { Room } from "../core/protocol";
import { whenOf } from "../core/time";
import { session } from "../store/me";
import { viewOf } from "../store/messages";
import { current, go } from "../store/place";
import { titleOf, unread } from "../store/rooms";
import { RoomSign } from "./RoomSign";

/** A room in the list, with the last thing said in it. */
export function RoomItem({ room }: { room: Room }) {
  const view = viewOf(room.id);
  view.version.value;
  const last = view.latest;
  const count = unread(room);
  const draft = view.log.listDrafts().at(-1);
  return (
    <li>
      <button
        type="button"
        class={count > 0 ? "room unread" : "room"}
        data-testid="room-item"
        data-room-id={room.id}
        aria-current={current.value === room.id ? "page" : undefined}
        onClick={() => go(room.id)}
      >
        <RoomSign room={room} />
        <span class="what">
          <span class="top">
            <span class="name">{titleOf(room)}</span>
            {last && <time dateTime={last.sentAt}>{whenOf(last.sentAt)}</time>}
          </span>
          <span class="below">
            <span class="preview">
              {draft ? (
                <em class={draft.failed ? "danger" : undefined}>{draft.failed ? "Not sent" : "Sending …"}</em>
              ) : last ? (
                <>
                  {who(room, last.sender)}
                  {last.text}
                </>
              ) : (
                "Nothing said yet"
              )}
            </span>
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

function who(room: Room, sender: { id: string; name: string }): string {
  if (sender.id === session.value?.user.id) return "You: ";
  return room.kind === "direct" ? "" : `${sender.name.split(" ")[0]}: `; // there is little room
}

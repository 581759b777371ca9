import type { Room } from "../core/protocol";
import { otherIn } from "../store/rooms";
import { Avatar } from "./Avatar";
import { GroupIcon, HashIcon, LockIcon } from "./Icons";

const signs = { channel: HashIcon, group: GroupIcon, private: LockIcon };
const names = { channel: "channel", group: "group", private: "private room" };

/** What stands before a room's name: the kind of room, or the person one talks with. */
export function RoomSign({ room }: { room: Room }) {
  if (room.kind === "direct") {
    const other = otherIn(room);
    return <Avatar id={other?.id ?? room.id} name={other?.name ?? "?"} dot />;
  }
  const Sign = signs[room.kind];
  return (
    <span class="sign" role="img" aria-label={names[room.kind]}>
      <Sign />
    </span>
  );
}

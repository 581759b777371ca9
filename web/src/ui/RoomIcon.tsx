import type { Room } from "@confab/chat";
import { Avatar } from "./Avatar";
import { useChat } from "./context";
import { GroupIcon, HashIcon, LockIcon } from "./Icons";

const icons = { channel: HashIcon, group: GroupIcon, private: LockIcon };
const names = { channel: "channel", group: "group", private: "private room" };

/** An icon for the kind of a room; for a direct room, the other person. */
export function RoomIcon({ room }: { room: Room }) {
  const { rooms } = useChat();
  if (room.kind === "direct") {
    const other = rooms.otherIn(room);
    return <Avatar id={other?.id ?? room.id} name={other?.name ?? "?"} dot />;
  }
  const Icon = icons[room.kind];
  return (
    <span class="sign" role="img" aria-label={names[room.kind]}>
      <Icon />
    </span>
  );
}

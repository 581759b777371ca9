import type { Room } from "@confab/chat";
import { useState } from "preact/hooks";
import type { Chat } from "../store/chat";
import { useChat } from "./context";
import { copyInvitation } from "./copyLink";
import { Find } from "./Find";
import { BackIcon, LinkIcon, PeopleIcon, SearchIcon } from "./Icons";
import { presenceText } from "./presence";
import { RoomIcon } from "./RoomIcon";

export function RoomHeader({
  room,
  membersOpen,
  onToggleMembers,
}: {
  room: Room;
  membersOpen: boolean;
  onToggleMembers: () => void;
}) {
  const chat = useChat();
  const [finding, setFinding] = useState(false);
  return (
    <header class="bar">
      <button type="button" class="round back" aria-label="Back to the rooms" onClick={() => chat.location.goTo(null)}>
        <BackIcon />
      </button>
      <RoomIcon room={room} />
      <div class="title">
        <h2>{chat.rooms.titleOf(room)}</h2>
        <p class="quiet">{about(chat, room)}</p>
      </div>
      <button
        type="button"
        class="round"
        title="Find in this room"
        aria-label="Find in this room"
        data-testid="find-in-room"
        onClick={() => setFinding(true)}
      >
        <SearchIcon />
      </button>
      {finding && <Find room={room} onClose={() => setFinding(false)} />}
      {(room.kind === "channel" || room.kind === "group") && (
        <button
          type="button"
          class="round"
          title="Copy the invitation link"
          aria-label="Copy the invitation link"
          data-testid="copy-link"
          onClick={() => void copyInvitation(chat, room.id)}
        >
          <LinkIcon />
        </button>
      )}
      {room.kind !== "direct" && (
        <button
          type="button"
          class="round"
          title="Members"
          aria-label="Members"
          aria-expanded={membersOpen}
          data-testid="members-toggle"
          onClick={onToggleMembers}
        >
          <PeopleIcon />
        </button>
      )}
    </header>
  );
}

// The server does not tell who comes and goes in a larger room, and of 200 of its members whether they are online.
const maxWatchedMembers = 200;

function about({ people, rooms }: Chat, room: Room): string {
  const other = rooms.otherIn(room);
  const members = rooms.membersOf(room.id);
  if (other && members.length === 1) return `${other.name} has not accepted your invitation`;
  if (other) return presenceText(people, other.id);
  if (members.length === 0) return "\u00A0"; // not known yet
  const count = `${members.length} ${members.length === 1 ? "member" : "members"}`;
  if (members.length > maxWatchedMembers) return count;
  return `${count}, ${members.filter((m) => m.online).length} online`;
}

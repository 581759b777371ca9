import type { Room } from "../core/protocol";
import { agoOf } from "../core/time";
import { isOnline, lastSeen } from "../store/people";
import { go } from "../store/place";
import { membersOf, otherIn, titleOf } from "../store/rooms";
import { BackIcon, LinkIcon, PeopleIcon } from "./Icons";
import { copyInvitation } from "./invitation";
import { RoomSign } from "./RoomSign";

export function RoomHeader({ room, people, onPeople }: { room: Room; people: boolean; onPeople: () => void }) {
  return (
    <header class="bar">
      <button type="button" class="round back" aria-label="Back to the rooms" onClick={() => go(null)}>
        <BackIcon />
      </button>
      <RoomSign room={room} />
      <div class="title">
        <h2>{titleOf(room)}</h2>
        <p class="quiet">{about(room)}</p>
      </div>
      {(room.kind === "channel" || room.kind === "group") && (
        <button
          type="button"
          class="round"
          title="Copy the invitation link"
          aria-label="Copy the invitation link"
          data-testid="copy-link"
          onClick={() => void copyInvitation(room.id)}
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
          aria-expanded={people}
          data-testid="members-toggle"
          onClick={onPeople}
        >
          <PeopleIcon />
        </button>
      )}
    </header>
  );
}

function about(room: Room): string {
  const other = otherIn(room);
  if (other) return presenceOf(other.id);
  const members = membersOf(room.id);
  if (members.length === 0) return "\u00A0"; // not known yet
  const online = members.filter((m) => m.online).length;
  return `${members.length} ${members.length === 1 ? "member" : "members"}, ${online} online`;
}

/** Whether somebody is there, in words. */
export function presenceOf(id: string): string {
  if (isOnline(id)) return "Online";
  const seen = lastSeen(id);
  return seen ? `Last here ${agoOf(seen)}` : "Offline";
}

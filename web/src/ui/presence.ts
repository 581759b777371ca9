import { timeAgo } from "../core/time";
import type { People } from "../store/people";

/** A user's presence in words. */
export function presenceText(people: People, id: string): string {
  if (people.isOnline(id)) return "Online";
  const lastSeen = people.lastSeen(id);
  return lastSeen ? `Last seen ${timeAgo(lastSeen)}` : "Offline";
}

// Threads: which log a message stands in, and what its user knows of the threads that they follow.
import type { Follow, FollowedThread, Mark, Message } from "./protocol.js";

/** The id of the log that a message stands in: its room's, or that of a thread, which is its first message's. */
export function logOf({ roomId, threadOf }: { roomId: string; threadOf?: number | undefined }): string {
  return threadOf === undefined ? roomId : `${roomId}.${threadOf}`;
}

/** The room of a log and, of a thread, the position of its first message. */
export function partsOf(log: string): { roomId: string; threadOf?: number } {
  const [roomId = "", first] = log.split(".");
  return first === undefined ? { roomId } : { roomId, threadOf: Number(first) };
}

/** A thread that the user follows, or has stopped to. */
export interface Following extends Follow {
  first: Message;
}

/** What is known of the threads that a user follows, by their logs. It changes by copying. */
export type Follows = ReadonlyMap<string, Following>;

const isLaterMark = (a: Mark, b: Mark): boolean => a.version > b.version || (a.version === b.version && a.seq > b.seq);

/** Takes over what the server has told about one. Of two marks and of two states of the first message, the later counts. */
export function takeFollow(follows: Follows, first: Message, { on, mark }: Follow): Follows {
  const known = follows.get(first.id);
  const now = {
    first: known && (known.first.rev ?? 0) > (first.rev ?? 0) ? known.first : first,
    on,
    mark: known && isLaterMark(known.mark, mark) ? known.mark : mark,
  };
  return new Map(follows).set(first.id, now);
}

/** Takes over a reply: who writes one follows the thread, and so does the author of the first message from the first one on. */
export function takeReply(follows: Follows, me: string, reply: Message, first: Message): Follows {
  const known = follows.get(first.id);
  const mark = known?.mark ?? { seq: 0, version: 0 };
  if (reply.sender.id === me) return takeFollow(follows, first, { on: true, mark: { ...mark, seq: reply.seq } });
  if (known) return takeFollow(follows, first, known);
  return reply.seq === 1 && first.sender.id === me ? takeFollow(follows, first, { on: true, mark }) : follows;
}

/** Takes over the whole list. What has changed since it was asked for stays. */
export function replaceFollows(follows: Follows, asked: Follows, listed: readonly FollowedThread[]): Follows {
  const ids = new Set(listed.map(({ first }) => first.id));
  let next: Follows = new Map([...follows].filter(([id, known]) => ids.has(id) || asked.get(id) !== known));
  for (const { first, mark } of listed) {
    const known = next.get(first.id);
    next = takeFollow(next, first, { on: known && asked.get(first.id) !== known ? known.on : true, mark });
  }
  return next;
}

/** How many replies the user has not read in a thread that they follow. */
export function unreadReplies(following: Following | undefined): number {
  if (!following?.on) return 0;
  return Math.max(0, (following.first.thread?.count ?? 0) - following.mark.seq);
}

/** The threads that are followed, those with unread replies first, and then those with the latest. */
export function listFollowed(follows: Follows, isMember: (roomId: string) => boolean): Following[] {
  const lastAt = ({ first }: Following) => Date.parse(first.thread?.lastAt ?? first.sentAt);
  return [...follows.values()]
    .filter((f) => f.on && isMember(f.first.roomId))
    .sort((a, b) => Number(unreadReplies(b) > 0) - Number(unreadReplies(a) > 0) || lastAt(b) - lastAt(a));
}

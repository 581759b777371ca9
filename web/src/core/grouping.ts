import type { Message } from "@confab/chat";
import { lowerBound } from "@confab/chat";
import { sameDay } from "./time";

/** What its place in the list says about a message. */
export interface Grouping {
  /** It is the first of its day. */
  startsDay: boolean;
  /** It is the first of a group: messages of one person within a few minutes. */
  startsGroup: boolean;
  /** It is the first that the user had not read. */
  firstUnread: boolean;
}

const groupWithin = 5 * 60 * 1000;

/** The positions that were unread when the user opened the room: above `after`, up to `until`. */
export interface UnreadRange {
  after: number;
  until: number;
}

/**
 * The position of the first of these messages that the user had not read. Only messages of
 * other people count as unread.
 */
export function firstUnreadIn(messages: readonly Message[], me: string, unread?: UnreadRange): number | undefined {
  if (!unread) return undefined;
  for (let i = lowerBound(messages, unread.after + 1, (m) => m.seq); i < messages.length; i++) {
    const message = messages[i] as Message;
    if (message.seq > unread.until) return undefined;
    if (message.sender.id !== me) return message.seq;
  }
  return undefined;
}

/** Groups a message with the one before it. `unread` is what `firstUnreadIn` has found. */
export function groupingOf(message: Message, before: Message | undefined, unread: number | undefined): Grouping {
  const startsDay = !before || !sameDay(before.sentAt, message.sentAt);
  const firstUnread = unread !== undefined && message.seq === unread;
  const startsGroup =
    startsDay ||
    firstUnread ||
    before.sender.id !== message.sender.id ||
    Date.parse(message.sentAt) - Date.parse(before.sentAt) > groupWithin;
  return { startsDay, startsGroup, firstUnread };
}

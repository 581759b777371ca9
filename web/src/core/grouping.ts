import type { Message } from "./protocol";
import { sameDay } from "./time";

/** A message with what its place in the list says about it. */
export interface GroupedMessage {
  message: Message;
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

/** Groups messages for display. Only messages of other people count as unread. */
export function groupMessages(messages: readonly Message[], me: string, unread?: UnreadRange): GroupedMessage[] {
  let found = false;
  return messages.map((message, i) => {
    const before = messages[i - 1];
    const startsDay = !before || !sameDay(before.sentAt, message.sentAt);
    const firstUnread =
      !found &&
      unread !== undefined &&
      message.sender.id !== me &&
      message.seq > unread.after &&
      message.seq <= unread.until;
    found ||= firstUnread;
    const startsGroup =
      startsDay ||
      firstUnread ||
      before.sender.id !== message.sender.id ||
      Date.parse(message.sentAt) - Date.parse(before.sentAt) > groupWithin;
    return { message, startsDay, startsGroup, firstUnread };
  });
}

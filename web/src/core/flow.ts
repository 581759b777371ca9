import type { Message } from "./protocol";
import { sameDay } from "./time";

/** A message with what stands around it. */
export interface Row {
  message: Message;
  /** The first of its day. */
  newDay: boolean;
  /** The first of a group: of one person, within a few minutes. */
  head: boolean;
  /** The first that was not read when the room was opened. */
  unread: boolean;
}

const groupWithin = 5 * 60 * 1000;

/** Positions that had come unread when one opened the room. */
export interface Unread {
  after: number;
  until: number;
}

/** Lays out messages; the first that others wrote and one had not read is marked. */
export function rows(messages: readonly Message[], me: string, unread?: Unread): Row[] {
  let marked = unread === undefined;
  return messages.map((message, i) => {
    const before = messages[i - 1];
    const newDay = !before || !sameDay(before.sentAt, message.sentAt);
    const first = !marked && message.sender.id !== me && message.seq > unread!.after && message.seq <= unread!.until;
    marked ||= first;
    const head =
      newDay ||
      first ||
      before.sender.id !== message.sender.id ||
      Date.parse(message.sentAt) - Date.parse(before.sentAt) > groupWithin;
    return { message, newDay, head, unread: first };
  });
}

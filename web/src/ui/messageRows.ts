import type { Message, RoomLog, UnsentMessage, User } from "@confab/chat";
import { partsOf } from "@confab/chat";
import { groupingOf } from "../core/grouping";
import type { Rows } from "../core/rowWindow";
import type { Props } from "./MessageRow";

/** The rows of a log: its messages, and then the drafts that are being sent. */
export interface MessageRows extends Rows {
  /** A row as it is shown. `firstUnread` is the position of the first unread message. */
  at(index: number, firstUnread: number | undefined): Props;
  /** The index of the message at a position, or -1 if it is not in the list. */
  find(seq: number): number;
}

/** Makes the rows of a log, as it is now, without copying it. */
export function messageRows(log: RoomLog, me: User, logId: string): MessageRows {
  const messages = log.list();
  const drafts = log.listDrafts();
  const asMessages = drafts.map((d) => messageOf(d, logId, me));
  const messageAt = (i: number) => messages[i] ?? (asMessages[i - messages.length] as Message);
  return {
    count: messages.length + drafts.length,
    // A draft keeps its row when it becomes a message.
    keyAt(i) {
      const { id, tempId, sender } = messageAt(i);
      return tempId !== undefined && sender.id === me.id ? tempId : id;
    },
    orderAt: (i) => messages[i]?.seq ?? Infinity,
    indexOf: (order) => log.indexOf(order),
    find(seq) {
      const i = log.indexOf(seq);
      return messages[i]?.seq === seq ? i : -1;
    },
    at(i, firstUnread) {
      const message = messageAt(i);
      const failed = drafts[i - messages.length]?.failed;
      const state = i < messages.length ? "sent" : failed ? "failed" : "pending";
      const before = i > 0 ? messageAt(i - 1) : undefined;
      return { message, ...groupingOf(message, before, firstUnread), state, ...(failed && { reason: failed }) };
    },
  };
}

/** The message that a draft will become, as far as it is known. */
function messageOf({ at, ...draft }: UnsentMessage, logId: string, sender: User): Message {
  return { ...draft, id: draft.tempId, ...partsOf(logId), seq: 0, sender, sentAt: new Date(at).toISOString() };
}

// The messages that mention the user, and how many of them are unread in which room.
import { computed, signal } from "@preact/signals";
import { withMessage } from "../core/mentions";
import type { Message, User } from "../core/protocol";
import type { Connection } from "./connection";
import type { ReadState } from "./readState";
import type { Rooms } from "./rooms";

interface Options {
  me: User;
  connection: Connection;
  readState: ReadState;
  rooms: Rooms;
}

export class Mentions {
  private readonly all = signal<Message[]>([]);
  /** Those in the user's rooms, the newest first. */
  readonly list = computed(() => {
    const mine = new Set(this.options.rooms.joined.value.map((r) => r.id));
    return this.all.value.filter((m) => mine.has(m.roomId));
  });

  constructor(private readonly options: Options) {}

  /** Brings the list up to date after a connect. */
  async refresh(): Promise<void> {
    const asked = new Set(this.all.peek());
    const answer = await this.options.connection.requestWhileConnected("mentions", {});
    if (!answer) return;
    // What came meanwhile stays.
    const news = this.all.peek().filter((m) => !asked.has(m));
    this.all.value = answer.messages;
    for (const message of news) this.receive(message);
  }

  /** Takes a message as it is now, which may mention the user, or no more. */
  receive(message: Message): void {
    const before = this.all.peek();
    const after = withMessage(before, message, this.options.me.id);
    if (after.length > 0 || before.length > 0) this.all.value = after;
  }

  /** Whether a message, which is in the list, is after the mark. Those in threads have no mark here. */
  isUnread(message: Message): boolean {
    return message.threadOf === undefined && message.seq > this.options.readState.readUpTo(message.roomId);
  }

  /** How many unread messages of a room mention the user. */
  unreadIn(roomId: string): number {
    return this.list.value.filter((m) => m.roomId === roomId && this.isUnread(m)).length;
  }
}

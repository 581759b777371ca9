// What is unread in which room, the same on every device of the user.
import type { Mark, Room } from "./protocol.js";
import { type MarkStorage, ReadMarks, type Snapshot } from "./readMarks.js";
import type { Requests } from "./requests.js";

/** What is seen within this time is stored and told to the server at once, in ms. */
const sendAfter = 2000;
/** How many rooms one request marks. */
const maxMarks = 150;

export interface ReadStateOptions {
  connection: Requests;
  /** Where what the server does not know yet outlives the page. */
  storage: MarkStorage;
  userId: string;
  /** Called after each change. */
  onChange(): void;
}

export class ReadState {
  private readonly marks: ReadMarks;
  private readonly connection: Requests;
  private readonly changed: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private busy = false;
  private closed = false;

  constructor({ connection, storage, userId, onChange }: ReadStateOptions) {
    this.connection = connection;
    this.changed = onChange;
    this.marks = new ReadMarks(storage, `confab.seen.${userId}`, `confab.read.${userId}`);
  }

  /** Stops sending and storing: the user may have signed out. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** The last position that was read. */
  readUpTo(roomId: string): number {
    return this.marks.get(roomId);
  }

  unreadCount(roomId: string, head: number): number {
    return Math.max(0, head - this.readUpTo(roomId));
  }

  /** Whether the user has marked messages as unread since they opened the room. */
  isHeld(roomId: string): boolean {
    return this.marks.isHeld(roomId);
  }

  /** Records that the user has seen a room up to a position. */
  see(roomId: string, seq: number): void {
    if (!this.marks.see(roomId, seq)) return;
    this.changed();
    this.timer ??= setTimeout(() => void this.send(), sendAfter);
  }

  /** Records that the user has opened a room: what they see counts from now on. */
  open(roomId: string): void {
    this.marks.setHeld(roomId, false);
    this.changed();
  }

  /** Records that the user has sent a message. */
  noteSent(roomId: string, seq: number): void {
    this.marks.noteSent(roomId, seq);
    this.changed();
  }

  /** Marks a message, and all that come after it, as unread. */
  async markUnread(roomId: string, seq: number): Promise<void> {
    this.marks.setHeld(roomId, true);
    const version = this.marks.versionOf(roomId);
    const request = { roomId, seq: seq - 1, unread: true, ...(version !== undefined && { version }) };
    let done = false;
    try {
      const answer = await this.connection.request("markRead", request, 2);
      if (answer) this.marks.take(roomId, answer.mark, true);
      done = answer !== null;
    } finally {
      this.marks.setHeld(roomId, done);
      this.changed();
    }
  }

  /** Marks rooms as read, up to their heads. */
  markAllRead(rooms: { id: string; head: number }[]): void {
    for (const { id, head } of rooms) {
      this.marks.setHeld(id, false);
      this.marks.see(id, head);
    }
    this.changed();
    void this.send();
  }

  /** Takes over marks that the server has told. */
  hear(marks: ({ roomId: string } & Mark)[]): void {
    for (const { roomId, ...mark } of marks) this.marks.take(roomId, mark);
    this.changed();
  }

  /** Call it before the list of rooms is asked for, and give the result to `replace`. */
  snapshot(): Snapshot {
    return this.marks.snapshot();
  }

  /** Takes over the marks of the whole list of rooms. */
  replace(rooms: Room[], asked: Snapshot): void {
    this.marks.replace(rooms, asked);
    this.changed();
    void this.send(); // what was seen without a connection
  }

  add(room: Room): void {
    this.marks.add(room);
    this.changed();
  }

  forget(roomId: string): void {
    this.marks.forget(roomId);
  }

  /** Tells the server what was seen. What it does not acknowledge is told over the next connection. */
  async send(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const [first, ...others] = this.marks.unsent().slice(0, maxMarks);
    if (!first || this.closed) return;
    this.marks.save();
    if (this.busy || !this.connection.connected) return;
    this.busy = true;
    const told = await this.tell([first, ...others]);
    this.busy = false;
    if (told) this.hear(told);
    else if (!this.connection.connected) return;
    // What it has refused, it does not want to hear again.
    for (const { roomId, seq } of [first, ...others]) this.marks.settle(roomId, seq);
    this.changed();
    if (this.marks.unsent().length > 0) this.timer ??= setTimeout(() => void this.send(), sendAfter);
  }

  private async tell(marks: [Seen, ...Seen[]]): Promise<({ roomId: string } & Mark)[] | undefined> {
    const [first, ...others] = marks;
    if (others.length > 0) return (await this.connection.requestWhileConnected("markAllRead", { marks }))?.marks;
    const answer = await this.connection.requestWhileConnected("markRead", first);
    return answer ? [{ roomId: first.roomId, ...answer.mark }] : undefined;
  }
}

type Seen = ReturnType<ReadMarks["unsent"]>[number];

// Who has read the messages of a room: those of the user that are shown as seen.
import { sleep } from "@confab/chat";
import { signal } from "@preact/signals";
import type { Connection } from "./connection";

/** After how long the page asks again who has seen the user's last message, in ms. */
const pauses = [500, 3000, 12_000, 40_000];
/** How often it asks about one message at most. */
const maxAsked = 40;
/** How many members a room has, at most, that tells who has read what. */
export const maxReaders = 50;

export class Readers {
  /** The last position that each member has read, by room. */
  private readonly marks = signal<Record<string, Record<string, number>>>({});
  private shown = ""; // the room and message that is asked about

  constructor(private readonly connection: Connection) {}

  /** The ids of those of some people who have read a room up to a position. */
  readersOf(roomId: string, seq: number, people: readonly string[]): string[] {
    const marks = this.marks.value[roomId] ?? {};
    return people.filter((id) => (marks[id] ?? 0) >= seq);
  }

  /** Takes over where somebody has read a room. What they have seen stays seen. */
  hear(userId: string, marks: { roomId: string; seq: number }[]): void {
    const all = { ...this.marks.peek() };
    for (const { roomId, seq } of marks) {
      const room = all[roomId] ?? {};
      all[roomId] = { ...room, [userId]: Math.max(seq, room[userId] ?? 0) };
    }
    this.marks.value = all;
  }

  /**
   * Asks who has seen a message, again and again while it is on the screen and not all of these
   * people have. Without a message, it stops.
   */
  async follow(roomId: string, seq: number, people: readonly string[]): Promise<void> {
    const shown = `${roomId} ${seq}`;
    if (this.shown === shown) return;
    this.shown = shown;
    for (let asked = 0; seq > 0 && asked < maxAsked; ) {
      await sleep(pauses[Math.min(asked, pauses.length - 1)] ?? 0);
      if (this.shown !== shown) return;
      if (this.readersOf(roomId, seq, people).length === people.length) return;
      if (document.visibilityState !== "visible") continue;
      asked++;
      const answer = await this.connection.requestWhileConnected("readMarks", { roomId });
      for (const mark of answer?.marks ?? []) this.hear(mark.userId, [{ roomId, seq: mark.seq }]);
    }
  }

  /** Stops asking. */
  stop(): void {
    this.shown = "";
  }
}

// What is unread in which room.
import { signal } from "@preact/signals";
import type { Room } from "../core/protocol";
import { ReadMarks } from "../core/readMarks";
import type { KeyValueStorage } from "../core/session";

export class ReadState {
  private readonly marks: ReadMarks;
  private readonly version = signal(0);

  constructor(storage: KeyValueStorage, userId: string) {
    this.marks = new ReadMarks(storage, `confab.read.${userId}`);
  }

  /** Takes over what another tab has read. */
  reload(): void {
    this.marks.reload();
    this.version.value++;
  }

  markRead(roomId: string, seq: number): void {
    if (this.marks.advance(roomId, seq)) this.version.value++;
  }

  addRooms(rooms: Room[]): void {
    this.marks.addRooms(rooms);
    this.version.value++;
  }

  /** The last position that was read. */
  readUpTo(roomId: string): number {
    this.version.value; // subscribes
    return this.marks.get(roomId);
  }

  unreadCount(roomId: string, head: number): number {
    return Math.max(0, head - this.readUpTo(roomId));
  }
}

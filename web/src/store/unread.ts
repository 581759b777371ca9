// What is unread in which room.
import { signal } from "@preact/signals";
import { ReadMarks } from "../core/marks";
import type { Room } from "../core/protocol";
import type { Session } from "../core/session";

let marks: ReadMarks | null = null;
const marksChanged = signal(0);

export function startReading(who: Session): void {
  marks = new ReadMarks(localStorage, `confab.read.${who.user.id}`);
  marksChanged.value++;
}

export function stopReading(): void {
  marks = null;
}

/** Another tab has read something. */
export function readElsewhere(): void {
  marks?.reload();
  marksChanged.value++;
}

export function read(roomId: string, seq: number): void {
  if (marks?.read(roomId, seq)) marksChanged.value++;
}

export function meetRooms(rooms: Room[]): void {
  marks?.meet(rooms);
  marksChanged.value++;
}

/** The last position that was read. */
export function readUpTo(roomId: string): number {
  marksChanged.value;
  return marks?.of(roomId) ?? 0;
}

export function unreadIn(roomId: string, head: number): number {
  return Math.max(0, head - readUpTo(roomId));
}

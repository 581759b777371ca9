import type { Room } from "./protocol";

/**
 * The last position that was read in each room, on this device. Positions only ever
 * grow.
 */
export class ReadMarks {
  private marks: Record<string, number> = {};
  private visited = false; // whether this device has stored marks before

  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem">,
    private readonly key: string,
  ) {
    this.reload();
  }

  /** Takes over what another tab has stored. */
  reload(): void {
    try {
      const saved = JSON.parse(this.storage.getItem(this.key) ?? "null") as Record<string, number> | null;
      if (!saved || typeof saved !== "object") return;
      this.visited = true;
      for (const [id, seq] of Object.entries(saved)) this.marks[id] = Math.max(seq, this.get(id));
    } catch {
      // Unreadable marks count as no marks.
    }
  }

  get(roomId: string): number {
    return this.marks[roomId] ?? 0;
  }

  /** Marks a position as read, and reports whether that moved the mark. */
  advance(roomId: string, seq: number): boolean {
    if (seq <= this.get(roomId)) return false;
    this.marks[roomId] = seq;
    this.save();
    return true;
  }

  /**
   * Adds rooms that have no mark yet. Everything that is older than this device's first
   * visit counts as read, and so does the past of a channel or a group. A private or
   * direct room that others have started is unread.
   */
  addRooms(rooms: Room[]): void {
    for (const room of rooms) {
      if (room.id in this.marks) continue;
      const read = !this.visited || room.kind === "channel" || room.kind === "group";
      this.marks[room.id] = read ? room.head : 0;
    }
    this.visited = true;
    this.save();
  }

  private save(): void {
    this.reload(); // another tab may have stored newer marks
    this.storage.setItem(this.key, JSON.stringify(this.marks));
  }
}

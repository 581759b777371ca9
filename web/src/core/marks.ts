import type { Room } from "./protocol";

/**
 * How far one has read in each room, on this device. The last read position only ever
 * grows.
 */
export class ReadMarks {
  private marks: Record<string, number> = {};
  private known = false; // whether this device has seen the rooms before

  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem">,
    private readonly key: string,
  ) {
    this.reload();
  }

  /** Takes in what another tab has written. */
  reload(): void {
    try {
      const saved = JSON.parse(this.storage.getItem(this.key) ?? "null") as Record<string, number> | null;
      if (!saved || typeof saved !== "object") return;
      this.known = true;
      for (const [id, seq] of Object.entries(saved)) this.marks[id] = Math.max(seq, this.of(id));
    } catch {
      // Then nothing was read.
    }
  }

  of(roomId: string): number {
    return this.marks[roomId] ?? 0;
  }

  /** Tells whether it was news. */
  read(roomId: string, seq: number): boolean {
    if (seq <= this.of(roomId)) return false;
    this.marks[roomId] = seq;
    this.save();
    return true;
  }

  /**
   * Meets one's rooms. What was said before one came to a channel or a group is no
   * news, nor is anything that is older than this device's first visit; a
   * conversation that others have started is.
   */
  meet(rooms: Room[]): void {
    for (const room of rooms) {
      if (room.id in this.marks) continue;
      const old = !this.known || room.kind === "channel" || room.kind === "group";
      this.marks[room.id] = old ? room.head : 0;
    }
    this.known = true;
    this.save();
  }

  private save(): void {
    this.reload(); // another tab may have read something else meanwhile
    this.storage.setItem(this.key, JSON.stringify(this.marks));
  }
}

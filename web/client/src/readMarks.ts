import type { Mark, Room } from "./protocol.js";

/** What is to be told to the server: up to where the user has seen a room. */
export interface Unsent {
  roomId: string;
  seq: number;
  /** The version of the mark when they saw it. */
  version?: number;
}

interface RoomMarks {
  /** What the server has told; until then, what is assumed. */
  told: Mark | undefined;
  assumed: number;
  /** The user's last own message: sending moves the mark, on any device. */
  sent: number;
  /** What was seen here, and is not acknowledged. */
  seen: Unsent | undefined;
  /** The end of the room's log when it was last listed. */
  listed: number;
  /** The user has marked messages as unread: what is on the screen does not count as seen. */
  held: boolean;
}

/** What the rooms were like when their list was asked for. */
export type Snapshot = ReadonlyMap<string, number>;

/** Storage of strings, such as a browser's. */
export type MarkStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * Up to where the user has read each room: what the server has told, and what has been seen or
 * sent since. What the server does not know yet survives the page.
 */
export class ReadMarks {
  private readonly rooms = new Map<string, RoomMarks>();

  constructor(
    private readonly storage: MarkStorage,
    private readonly key: string,
    /** Where earlier versions of the page kept marks, which the server had none of. */
    private readonly formerKey: string,
  ) {
    for (const [roomId, seen] of Object.entries(this.read<Omit<Unsent, "roomId">>(key))) {
      this.of(roomId).seen = { ...seen, roomId };
    }
  }

  private read<T>(key: string): Record<string, T> {
    try {
      return (JSON.parse(this.storage.getItem(key) ?? "{}") as Record<string, T> | null) ?? {};
    } catch {
      return {}; // unreadable marks count as none
    }
  }

  /** Keeps what the server does not know yet for the next page. Call it after `see`, once for several. */
  save(): void {
    const unsent = this.unsent().map(({ roomId, ...seen }) => [roomId, seen]);
    this.storage.setItem(this.key, JSON.stringify(Object.fromEntries(unsent)));
  }

  private of(roomId: string): RoomMarks {
    let room = this.rooms.get(roomId);
    if (!room) {
      room = { told: undefined, assumed: 0, sent: 0, seen: undefined, listed: 0, held: false };
      this.rooms.set(roomId, room);
    }
    return room;
  }

  /** The last position that counts as read. */
  get(roomId: string): number {
    const room = this.rooms.get(roomId);
    return room ? Math.max(room.told?.seq ?? room.assumed, room.sent, room.seen?.seq ?? 0) : 0;
  }

  /** The version of the mark that the server has told. */
  versionOf(roomId: string): number | undefined {
    return this.rooms.get(roomId)?.told?.version;
  }

  isHeld(roomId: string): boolean {
    return this.rooms.get(roomId)?.held ?? false;
  }

  /** Sets whether nothing counts as seen, because the user wants to find it unread later. */
  setHeld(roomId: string, held: boolean): void {
    this.of(roomId).held = held;
  }

  /** Records that the user has seen a position, and reports whether that is news. */
  see(roomId: string, seq: number): boolean {
    const room = this.of(roomId);
    if (room.held || seq <= Math.max(room.told?.seq ?? -1, room.sent, room.seen?.seq ?? -1)) return false;
    const version = room.told?.version;
    room.seen = { roomId, seq, ...(version !== undefined && { version }) };
    return true;
  }

  /** Records that the user has sent a message, perhaps on another device. */
  noteSent(roomId: string, seq: number): void {
    const room = this.of(roomId);
    if (seq > room.listed) room.sent = Math.max(room.sent, seq);
  }

  /** Takes over a mark from the server. With `reset`, what was seen before does not count. */
  take(roomId: string, mark: Mark, reset = false): void {
    const room = this.of(roomId);
    const { told } = room;
    if (told && (mark.version < told.version || (mark.version === told.version && mark.seq < told.seq))) return;
    if (reset || (told && mark.version > told.version)) {
      // Somebody has marked messages as unread. What was seen before does not count any more.
      room.held ||= mark.seq < this.get(roomId);
      room.sent = 0;
      room.seen = undefined;
    }
    room.told = { seq: mark.seq, version: mark.version };
    this.settle(roomId, mark.seq);
  }

  /** Forgets what was seen up to a position: the server knows it, or does not want to. */
  settle(roomId: string, seq: number): void {
    const room = this.of(roomId);
    if (room.seen && room.seen.seq <= seq) room.seen = undefined;
    this.save();
  }

  /** What the server does not know yet. */
  unsent(): Unsent[] {
    return [...this.rooms.values()].flatMap((room) => room.seen ?? []);
  }

  /** Call it before the list of rooms is asked for, and give the result to `replace`. */
  snapshot(): Snapshot {
    return new Map([...this.rooms].map(([id, room]) => [id, room.sent]));
  }

  /** Takes over the marks of the whole list of rooms. */
  replace(rooms: Room[], asked: Snapshot): void {
    const former = this.read<number>(this.formerKey);
    for (const room of rooms) {
      const known = this.of(room.id);
      if (known.sent === asked.get(room.id)) known.sent = 0; // the list has it
      known.listed = room.head;
      if (room.mark) this.take(room.id, room.mark);
      else if (!known.told) {
        known.assumed = former[room.id] ?? room.head;
        this.see(room.id, known.assumed);
      }
    }
    for (const id of this.rooms.keys()) if (!rooms.some((r) => r.id === id)) this.forget(id);
    this.storage.removeItem(this.formerKey);
  }

  /** Adds a room that the user has just come into. Until the server tells more, all of it is read. */
  add(room: Room): void {
    if (!this.rooms.has(room.id)) this.of(room.id).assumed = room.head;
  }

  /** Forgets a room that the user has left. */
  forget(roomId: string): void {
    this.rooms.delete(roomId);
    this.save();
  }
}

// The user's rooms, with what is unread in them and their last messages.
import type { Logs } from "./logs.js";
import type { Preview, Room, Sync, Synced } from "./protocol.js";
import type { ReadState } from "./readState.js";
import type { Requests } from "./requests.js";
import { partsOf } from "./threads.js";

/** A room of the user. */
export interface ListedRoom extends Room {
  /** How many messages come after what the user has read. */
  unread: number;
  /** The newest message known. */
  last: Preview | undefined;
}

interface Options {
  connection: Requests;
  logs: Logs;
  readState: ReadState;
  onChange(): void;
}

const maxConcurrent = 4; // background requests at a time
const maxPages = 20;
const maxSynced = 50; // rooms of which one request asks what is new

export class JoinedRooms {
  private joined: Room[] = [];

  constructor(private readonly options: Options) {}

  /** The rooms, those first in which something was said last. */
  list(): ListedRoom[] {
    const { logs, readState } = this.options;
    return this.joined
      .map((room) => {
        const { latest, log } = logs.of(room.id);
        return { ...room, last: latest, unread: readState.unreadCount(room.id, Math.max(room.head, log.head)) };
      })
      .sort((a, b) => (b.last?.sentAt ?? b.createdAt).localeCompare(a.last?.sentAt ?? a.createdAt));
  }

  has(roomId: string): boolean {
    return this.joined.some((r) => r.id === roomId);
  }

  /** Adds a room that the user is in, or replaces it. */
  put(room: Room): void {
    this.options.readState.add(room);
    this.joined = [...this.joined.filter((r) => r.id !== room.id), room];
    this.options.onChange();
  }

  /** Drops a room that the user has left. */
  remove(roomId: string): void {
    this.joined = this.joined.filter((r) => r.id !== roomId);
    this.options.logs.drop(roomId);
    this.options.readState.forget(roomId);
    this.options.onChange();
  }

  /**
   * Brings the list and all loaded logs up to date, and loads the first of those rooms that are not. Resolves to whether that
   * worked: else the connection is lost, and the next one does it.
   */
  async sync(opened: readonly string[] = []): Promise<boolean> {
    const { logs } = this.options;
    const loaded = logs.loaded();
    const rooms = loaded.filter(isRoom).slice(0, maxSynced);
    const next = opened.find((id) => isRoom(id) && !loaded.includes(id));
    if (!(await this.refresh(rooms, next))) return false;
    const others = loaded.filter((id) => !rooms.includes(id));
    for (let i = 0; i < others.length; i += maxConcurrent) {
      await Promise.all(others.slice(i, i + maxConcurrent).map((id) => logs.catchUp(id)));
    }
    return true;
  }

  /** Fetches the list, with what is new in some of the rooms, and with the newest page of another. */
  async refresh(loaded: readonly string[] = [], next?: string): Promise<boolean> {
    const { logs, readState } = this.options;
    const asked = readState.snapshot();
    const answer = await this.fetch({ rooms: logs.known(loaded), ...(next && { history: { roomId: next } }) });
    if (!answer) return false;
    const { rooms, history } = answer;
    for (const { id } of this.joined) if (!rooms.some((r) => r.id === id)) logs.drop(id);
    readState.replace(rooms, asked);
    this.joined = rooms.map(({ last: _, news: __, ...room }) => room);
    for (const room of rooms) logs.sync(room);
    if (next && history) logs.receivePage(next, history);
    this.options.onChange();
    return true;
  }

  // Fetches pages until all rooms are there. Invitations and channels come after them.
  private async fetch({ rooms, ...first }: Sync): Promise<Pick<Synced, "rooms" | "history"> | null> {
    const list: Pick<Synced, "rooms" | "history"> = { rooms: [] };
    let cursor: string | undefined;
    for (let page = 0; page < maxPages; page++) {
      const request = cursor === undefined ? { rooms, ...first } : { rooms, cursor };
      const answer = await this.options.connection.requestWhileConnected("sync", request);
      if (!answer) return null;
      list.rooms.push(...answer.rooms);
      if (answer.history) list.history = answer.history;
      cursor = answer.next;
      if (cursor === undefined || answer.invitations.length > 0 || answer.open.length > 0) break;
    }
    return list;
  }
}

function isRoom(logId: string): boolean {
  return partsOf(logId).threadOf === undefined;
}

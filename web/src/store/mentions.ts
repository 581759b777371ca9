// The messages that mention the user, how many of them are unread in which room, and whom the user may mention.
import { everyone, type Message, mentionable, type Room, type User, wholeRoom, withMessage } from "@confab/chat";
import { computed, signal } from "@preact/signals";
import type { Connection } from "./connection";
import type { People } from "./people";
import type { ReadState } from "./readState";
import type { Rooms } from "./rooms";

// The server counts the newest 200, and a page has up to 50.
const maxPages = 4;

interface Options {
  me: User;
  connection: Connection;
  people: People;
  readState: ReadState;
  rooms: Rooms;
}

type Counts = ReadonlyMap<string, number>;

export class Mentions {
  private readonly known = signal<Message[]>([]);
  /** What the server has counted by room, until the mentions themselves are here. */
  private readonly counted = signal<Counts>(new Map());
  private readonly shownSince = signal(Infinity);
  /** Where the list goes on; undefined if all of it is here. */
  readonly next = signal<string | undefined>(undefined);
  /** The list as far as it was asked for, the newest first. */
  readonly list = computed(() => this.ofRooms.value.filter((m) => timeOf(m) >= this.shownSince.value));
  private readonly ofRooms = computed(() => {
    const mine = new Set(this.options.rooms.joined.value.map((r) => r.id));
    return this.known.value.filter((m) => mine.has(m.roomId));
  });
  /** How many unread messages in all rooms mention the user. */
  readonly totalUnread = computed(() =>
    this.options.rooms.joined.value.reduce((sum, room) => sum + this.unreadIn(room), 0),
  );

  constructor(private readonly options: Options) {}

  /** Whether a message of the list is after the mark. Those in threads have no mark here. */
  isUnread(message: Message): boolean {
    return message.threadOf === undefined && message.seq > this.options.readState.readUpTo(message.roomId);
  }

  /** How many unread messages of a room mention the user. */
  unreadIn(room: Room): number {
    const unread = this.ofRooms.value.filter((m) => m.roomId === room.id && this.isUnread(m)).length;
    const counted = this.counted.value.get(room.id) ?? 0;
    return this.options.readState.readUpTo(room.id) >= room.head ? unread : Math.max(unread, counted);
  }

  /** Takes over what the server has counted in the whole list of rooms. If it is something else, it is asked which ones. */
  async takeCounts(rooms: readonly Room[]): Promise<void> {
    const counts = new Map(rooms.map((r) => [r.id, r.mentions ?? 0]));
    // With the marks of this list: what was read since has not reached the server.
    const knownIn = ({ id, mark }: Room) =>
      this.known.peek().filter((m) => m.roomId === id && m.threadOf === undefined && mark && m.seq > mark.seq).length;
    const missing = () => rooms.some((r) => knownIn(r) < (r.mentions ?? 0));
    if (rooms.every((r) => knownIn(r) === (r.mentions ?? 0))) return;
    this.counted.value = counts;
    let page = await this.fetch();
    for (let n = 1; page?.next && missing() && n < maxPages; n++) page = await this.fetch(page.next);
    if (page && this.counted.peek() === counts) this.counted.value = new Map();
  }

  /** Loads the beginning of the list, or with `next` what comes then. Resolves to whether that worked. */
  async load(next?: string): Promise<boolean> {
    const page = await this.fetch(next);
    if (!page) return false;
    this.next.value = page.next;
    this.shownSince.value = page.next ? timeOfCursor(page.next) : 0;
    return true;
  }

  private async fetch(cursor?: string): Promise<{ next?: string } | null> {
    const before = new Set(this.known.peek());
    const answer = await this.options.connection.requestWhileConnected("mentions", cursor ? { cursor } : {});
    if (!answer) return null;
    const ids = new Set(answer.messages.map((m) => m.id));
    const from = answer.next ? timeOfCursor(answer.next) : -Infinity;
    const to = cursor ? timeOfCursor(cursor) : Infinity;
    // What the page should have and has not does not mention the user any more, unless it came meanwhile.
    const isGone = (m: Message) => before.has(m) && !ids.has(m.id) && timeOf(m) > from && timeOf(m) < to;
    let known = this.known.peek().filter((m) => !isGone(m));
    for (const message of answer.messages) known = withMessage(known, message, this.options.me.id);
    this.known.value = known;
    return answer;
  }

  /** Takes a message as it is now, which may mention the user, or no more. */
  receive(message: Message): void {
    const before = this.known.peek();
    const after = withMessage(before, message, this.options.me.id);
    if (after.length > 0 || before.length > 0) this.known.value = after;
  }

  /** Those whom a message in a room may mention. */
  possibleIn(roomId: string): User[] {
    return mentionable(this.options.rooms.membersOf(roomId)).filter((p) => p.id !== this.options.me.id);
  }

  /** Those whom a message mentions, as far as their names are known. */
  namesIn({ roomId, mentions = [] }: Message): User[] {
    const { me, people, rooms } = this.options;
    return mentions.flatMap((id) => {
      if (id === everyone) return wholeRoom;
      if (id === me.id) return me;
      const name = rooms.nameIn(roomId, id) ?? people.nameOf(id);
      return name === undefined ? [] : { id, name };
    });
  }
}

const timeOf = (message: Message) => Date.parse(message.sentAt);
// A cursor begins with the time of the last message that the page has looked at.
const timeOfCursor = (cursor: string) => Number.parseInt(cursor, 10);

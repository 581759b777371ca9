// The user's rooms, and what the user does with them.
import type { Kind, Member, RequestOf, ResponseOf, Room, ServerEvents, User } from "@confab/chat";
import { newId } from "@confab/chat";
import { computed, signal } from "@preact/signals";
import type { Connection } from "./connection";
import type { PageDrafts } from "./drafts";
import type { Invitations } from "./invitations";
import type { PageLocation } from "./location";
import type { Messages } from "./messages";
import type { People } from "./people";
import { maxReaders } from "./readers";
import type { ReadState } from "./readState";
import type { Watching } from "./watching";

type Sync = RequestOf<"sync">;
type Synced = ResponseOf<"sync">;

const maxConcurrent = 4; // background requests at a time
const maxPages = 20;
const maxSynced = 50; // rooms of which one request asks what is new
const enoughFound = 50;

export interface RoomsOptions {
  me: User;
  connection: Connection;
  drafts: PageDrafts;
  invitations: Invitations;
  location: PageLocation;
  messages: Messages;
  people: People;
  readState: ReadState;
  watching: Watching;
  /** Called with the whole list of rooms when the server has sent it. */
  onListed(rooms: readonly Room[]): void;
}

export class Rooms {
  /** The user's rooms, by title. */
  readonly joined = signal<Room[]>([]);
  /** The channels that the user may join, the newest first. */
  readonly open = signal<Room[]>([]);
  /** Whether there are more than those. `findChannels` finds them. */
  readonly moreOpen = signal(false);
  /** How many of the user's rooms are not shown live, because there are too many. */
  readonly unheard = signal(0);
  /** Whether the server has sent the list of rooms. */
  readonly listed = signal(false);
  /** The room on the screen, if the user is in it. */
  readonly current = computed(() => this.joined.value.find((r) => r.id === this.location.roomId.value) ?? null);
  /** The rooms whose people are on the screen: the current one, and the direct rooms of the list. */
  readonly shownIds = computed(() => {
    const direct = this.joined.value.filter((r) => r.kind === "direct");
    return [...new Set([this.current.value, ...direct].flatMap((r) => r?.id ?? []))];
  });
  /** The user's rooms, those first in which something was said last. */
  readonly recent = computed(() => {
    const times = new Map(this.joined.value.map((room) => [room.id, this.lastActivity(room)]));
    const sorted = [...this.joined.value].sort((a, b) => (times.get(b.id) ?? 0) - (times.get(a.id) ?? 0));
    if (!sameItems(sorted, this.lastRecent)) this.lastRecent = sorted;
    return this.lastRecent; // the same value shows that nothing has moved
  });
  private lastRecent: Room[] = [];
  readonly totalUnread = computed(() => this.joined.value.reduce((sum, room) => sum + this.unreadIn(room), 0));

  private readonly members = signal<Record<string, Member[]>>({});
  private readonly visiting = new Map<string, Promise<void>>();
  private readonly visited = new Set<string>(); // rooms whose members were fetched over this connection

  private readonly me: User;
  private readonly connection: Connection;
  private readonly drafts: PageDrafts;
  private readonly invitations: Invitations;
  private readonly location: PageLocation;
  private readonly messages: Messages;
  private readonly people: People;
  private readonly readState: ReadState;
  private readonly watching: Watching;
  private readonly onListed: RoomsOptions["onListed"];

  constructor(options: RoomsOptions) {
    this.me = options.me;
    this.connection = options.connection;
    this.drafts = options.drafts;
    this.invitations = options.invitations;
    this.location = options.location;
    this.messages = options.messages;
    this.people = options.people;
    this.readState = options.readState;
    this.watching = options.watching;
    this.onListed = options.onListed;
  }

  /** A room's title: a direct room is named after the other person. */
  titleOf(room: Room): string {
    return room.kind === "direct" ? (this.otherIn(room)?.name ?? "Direct message") : room.name;
  }

  /** The other person of a direct room. */
  otherIn(room: Room): User | undefined {
    return room.kind === "direct" ? room.members?.find((m) => m.id !== this.me.id) : undefined;
  }

  private lastActivity(room: Room): number {
    const view = this.messages.viewOf(room.id);
    view.version.value; // subscribes
    return Date.parse(view.latest?.sentAt ?? room.createdAt);
  }

  unreadIn(room: Room): number {
    this.messages.viewOf(room.id).version.value; // subscribes
    return this.readState.unreadCount(room.id, this.headOf(room));
  }

  /** The members of a room as far as they are known, those online first. */
  membersOf(roomId: string): Member[] {
    return [...(this.members.value[roomId] ?? [])]
      .map((m) => ({ ...m, online: this.people.isOnline(m.id) }))
      .sort((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name));
  }

  /** The name of a member of a room, if it is known. */
  nameIn(roomId: string, userId: string): string | undefined {
    return this.members.value[roomId]?.find((m) => m.id === userId)?.name;
  }

  private isMember(roomId: string): boolean {
    return this.joined.peek().some((r) => r.id === roomId);
  }

  /** Brings everything up to date after a connect. The room on the screen comes first. */
  async refresh(): Promise<void> {
    this.visited.clear();
    const shown = this.location.roomId.peek();
    const loaded = this.messages.loadedRooms().sort((a, b) => Number(b === shown) - Number(a === shown));
    const rooms = this.messages.known(loaded.slice(0, maxSynced));
    const { watch, take } = this.watching.begin(shown ?? undefined, this.shownIds.peek());
    const open = shown && {
      members: { roomId: shown },
      ...(!loaded.includes(shown) && { history: { roomId: shown } }),
    };
    if (!(await this.refreshList({ rooms, ...(watch && { watch }), ...open }, take))) return;
    if (shown) await this.visit(shown);
    await inBatches(loaded.slice(maxSynced), (id) => this.messages.catchUp(id));
  }

  /** Fetches the list of rooms with what else is asked for, and reports whether that worked. */
  async refreshList(request: Sync = {}, take?: (answer: Synced | null) => void): Promise<boolean> {
    const asked = this.readState.snapshot();
    const typed = this.drafts.snapshot();
    const answer = await this.fetchList(request);
    take?.(answer);
    if (!answer) return false;
    const { rooms } = answer;
    for (const room of this.joined.peek()) if (!rooms.some((r) => r.id === room.id)) this.messages.dropLog(room.id);
    this.readState.replace(rooms, asked);
    this.drafts.replaceAll(rooms, typed);
    for (const room of rooms) {
      this.addPeopleOf(room);
      this.messages.sync(room);
    }
    if (request.history && answer.history) this.messages.receivePage(request.history.roomId, answer.history);
    if (request.members && answer.members) void this.show(request.members.roomId, answer.members);
    this.joined.value = rooms.map(({ last: _, news: __, ...room }) => room).sort(this.byTitle);
    this.invitations.replace(answer.invitations);
    this.open.value = answer.open;
    this.moreOpen.value = answer.next !== undefined;
    this.unheard.value = answer.unheard ?? 0;
    this.listed.value = true;
    this.onListed(rooms);
    return true;
  }

  // Fetches pages until all rooms and invitations are there. The channels come last, so that
  // the first of them shows it.
  private async fetchList({ rooms, ...first }: Sync): Promise<Synced | null> {
    let list: Synced = { rooms: [], invitations: [], open: [], gone: [] };
    for (let page = 0; page === 0 || (list.next && list.open.length === 0 && page < maxPages); page++) {
      const request = page === 0 ? { rooms, ...first } : { rooms, cursor: list.next };
      const answer = await this.connection.requestWhileConnected("sync", request);
      if (!answer) return null;
      if (page === 0) {
        list = answer;
        continue;
      }
      list.rooms.push(...answer.rooms);
      list.invitations.push(...answer.invitations);
      list.open.push(...answer.open);
      list.next = answer.next;
      list.unheard = answer.unheard;
    }
    return list;
  }

  /** Finds channels by their name, also those that `open` leaves out. */
  async findChannels(search: string): Promise<Room[]> {
    const found: Room[] = [];
    let cursor: string | undefined;
    do {
      const answer = await this.connection.request("openRooms", { search, ...(cursor && { cursor }) });
      if (!answer) break;
      found.push(...answer.open.filter((r) => !this.isMember(r.id)));
      cursor = answer.next;
    } while (cursor && found.length < enoughFound);
    return found;
  }

  /** The end of a room's log, as far as it is known. */
  private headOf(room: Room): number {
    return Math.max(room.head, this.messages.viewOf(room.id).log.head);
  }

  /** Marks everything in all rooms as read. */
  markAllRead(): void {
    const heads = this.joined.peek().map((room) => ({ id: room.id, head: this.headOf(room) }));
    this.readState.markAllRead(heads.filter((r) => this.readState.unreadCount(r.id, r.head) > 0));
  }

  /** The ids of the others in a room that is so small that it tells who has read what. */
  readersIn(roomId: string): string[] {
    const members = this.members.value[roomId] ?? [];
    return members.length > maxReaders ? [] : members.map((m) => m.id).filter((id) => id !== this.me.id);
  }

  private readonly byTitle = (a: Room, b: Room): number => this.titleOf(a).localeCompare(this.titleOf(b));

  private addPeopleOf(room: Room): void {
    for (const member of room.members ?? []) this.people.add(member);
  }

  /**
   * Loads the room on the screen: its members and its newest messages. Only for rooms that
   * the user is in, because the same request joins other rooms.
   */
  async visit(roomId: string): Promise<void> {
    const loaded = this.visited.has(roomId) && this.messages.viewOf(roomId).log.loaded;
    if (!this.isMember(roomId) || loaded) return;
    const visit = this.visiting.get(roomId) ?? this.load(roomId);
    this.visiting.set(roomId, visit);
    await visit;
  }

  private async load(roomId: string): Promise<void> {
    const answer = await this.connection.requestWhileConnected("joinRoom", { roomId });
    this.visiting.delete(roomId);
    if (answer) await this.enter(answer);
    else if (this.connection.state.peek() === "connected") await this.refreshList(); // the room may be gone
  }

  private async enter(answer: ResponseOf<"joinRoom">): Promise<void> {
    const { id } = answer.room;
    this.put(answer.room);
    this.messages.receivePage(id, answer);
    await this.show(id, { members: answer.members, more: answer.moreMembers ?? false });
  }

  // Shows the members of a room, and fetches those who come after them.
  private async show(id: string, first: ResponseOf<"members">): Promise<void> {
    this.visited.add(id);
    this.people.setPresences(Object.fromEntries(first.members.map((m) => [m.id, m])));
    this.setMembers(id, first.members);
    let page = first;
    for (let n = 0; page.more && n < maxPages; n++) {
      const next = await this.connection.requestWhileConnected("members", {
        roomId: id,
        after: page.members.at(-1)?.id,
      });
      const known = this.members.peek()[id]; // with what has changed meanwhile
      if (!next || !known) return;
      this.setMembers(id, [...known, ...next.members.filter((m) => !known.some((k) => k.id === m.id))]);
      page = next;
    }
  }

  private setMembers(roomId: string, members: Member[]): void {
    for (const member of members) this.people.add(member);
    this.members.value = { ...this.members.value, [roomId]: members };
  }

  /** Joins a channel, a group by its invitation link, or a room to which the user is invited, and opens it. */
  async join(roomId: string): Promise<void> {
    if (!this.isMember(roomId)) {
      const answer = await this.connection.request("joinRoom", { roomId });
      if (!answer) {
        void this.refreshList(); // the invitation or the room may be gone
        return;
      }
      void this.enter(answer);
    }
    this.location.goTo(roomId);
  }

  /** Creates a room and returns its id, or null when it was refused. */
  async create(name: string, kind: Kind, invited: string[] = []): Promise<string | null> {
    const request = { name, kind, tempId: newId(), ...(invited.length > 0 && { members: invited }) };
    // Without an answer it is sent once more: the same tempId makes the same room.
    const answer = await this.connection.request("createRoom", request, 2);
    if (!answer) return null;
    this.put(answer.room);
    return answer.room.id;
  }

  /** Opens the direct room with another user. */
  async openDirect(userId: string): Promise<void> {
    const known = this.joined.peek().find((r) => this.otherIn(r)?.id === userId);
    if (known) return this.location.goTo(known.id);
    const answer = await this.connection.request("createRoom", { kind: "direct", members: [userId] });
    if (!answer) return;
    this.put(answer.room);
    this.location.goTo(answer.room.id);
  }

  async leave(roomId: string): Promise<void> {
    if (await this.connection.request("leaveRoom", { roomId })) this.remove(roomId);
  }

  private remove(roomId: string): void {
    this.joined.value = this.joined.peek().filter((r) => r.id !== roomId);
    this.visited.delete(roomId);
    const { [roomId]: _, ...others } = this.members.peek();
    this.members.value = others;
    this.messages.dropLog(roomId);
    this.readState.forget(roomId);
    this.drafts.forget(roomId);
    if (this.location.roomId.peek() === roomId) this.location.leaveRoom();
    void this.refreshList();
  }

  // Adds a room to the user's list, or replaces it.
  private put(room: Room): void {
    this.addPeopleOf(room);
    this.readState.add(room);
    this.joined.value = [...this.joined.peek().filter((r) => r.id !== room.id), room].sort(this.byTitle);
    this.open.value = this.open.peek().filter((r) => r.id !== room.id);
    this.invitations.remove(room.id);
  }

  /** Handles roomChanged. The server sends a new channel to everyone, any other room to its members. */
  readonly roomChanged: ServerEvents["roomChanged"] = ({ room }) => {
    if (room.kind !== "channel" || room.createdBy.id === this.me.id || this.isMember(room.id)) {
      this.put(room);
    } else {
      this.open.value = [room, ...this.open.peek().filter((r) => r.id !== room.id)];
    }
  };

  /** Handles memberChanged. */
  readonly memberChanged: ServerEvents["memberChanged"] = ({ roomId, user, change }) => {
    if (user.id === this.me.id) {
      if (change === "left") this.remove(roomId);
      else if (!this.isMember(roomId)) void this.refreshList();
      return;
    }
    this.people.add(user);
    const known = this.members.peek()[roomId];
    if (!known) return;
    const others = known.filter((m) => m.id !== user.id);
    if (change === "joined") {
      others.push({ ...user, joinedAt: new Date().toISOString(), online: true, version: 0 });
      void this.people.fetchPresence([user.id]);
    }
    this.members.value = { ...this.members.peek(), [roomId]: others };
  };
}

/** Calls run for each item, a few at a time. */
async function inBatches<T>(items: T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += maxConcurrent) {
    await Promise.all(items.slice(i, i + maxConcurrent).map(run));
  }
}

function sameItems(a: Room[], b: Room[]): boolean {
  return a.length === b.length && a.every((room, i) => room === b[i]);
}

// One's rooms, and what one does with them.
import { computed, signal } from "@preact/signals";
import type { Kind, Member, Page, Room, User } from "../core/protocol";
import { connection, insist, newId, request } from "./line";
import { myId } from "./me";
import { catchUp, dropLog, preview, receivedPage, viewOf } from "./messages";
import { isOnline, meet, watch } from "./people";
import { current, go, vacate } from "./place";
import { meetRooms, unreadIn } from "./unread";

/** One's rooms, and the channels that one may join. */
export const rooms = signal<Room[]>([]);
export const open = signal<Room[]>([]);
/** Whether the server has said which rooms there are. */
export const listed = signal(false);

const atATime = 4; // questions to the server in the background
const maxPreviews = 40;

const members = signal<Record<string, Member[]>>({});
const visiting = new Set<string>();
const fresh = new Set<string>(); // rooms whose members were asked for over this connection

export const currentRoom = computed(() => rooms.value.find((r) => r.id === current.value) ?? null);
export const unreadTotal = computed(() => rooms.value.reduce((sum, room) => sum + unread(room), 0));

/** What a room is called: a direct one after the other person. */
export function titleOf(room: Room): string {
  return room.kind === "direct" ? (otherIn(room)?.name ?? "Direct message") : room.name;
}

export function otherIn(room: Room): User | undefined {
  return room.kind === "direct" ? room.members?.find((m) => m.id !== myId()) : undefined;
}

export function unread(room: Room): number {
  const view = viewOf(room.id);
  view.version.value;
  return unreadIn(room.id, Math.max(room.head, view.log.head));
}

/** The members of a room as far as they are known, those online first. */
export function membersOf(roomId: string): Member[] {
  return [...(members.value[roomId] ?? [])]
    .map((m) => ({ ...m, online: isOnline(m.id) }))
    .sort((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name));
}

function isMember(roomId: string): boolean {
  return rooms.peek().some((r) => r.id === roomId);
}

/** Brings everything up to date after a (re)connect. */
export async function refresh(): Promise<void> {
  fresh.clear();
  if (!(await refreshRooms())) return;
  const here = current.peek();
  if (here) await visit(here);
  const mine = rooms.peek();
  await inTurns(
    mine.map((r) => r.id).sort((a, b) => Number(b === here) - Number(a === here)),
    catchUp,
  );
  await watch(mine.flatMap((r) => otherIn(r)?.id ?? []));
  await inTurns(mine.slice(0, maxPreviews), (r) => preview(r.id, r.head));
}

/** Does something with each, a few at a time. */
async function inTurns<T>(all: T[], what: (one: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < all.length; i += atATime) await Promise.all(all.slice(i, i + atATime).map(what));
}

/** Asks which rooms there are. */
export async function refreshRooms(): Promise<boolean> {
  const answer = await insist<{ rooms: Room[]; open: Room[]; more?: boolean }>("listRooms", {});
  if (!answer) return false;
  // A list that was cut short says nothing about the rooms that are not on it.
  const kept = answer.more ? rooms.peek().filter((r) => !answer.rooms.some((a) => a.id === r.id)) : [];
  for (const room of rooms.peek()) if (![...answer.rooms, ...kept].some((r) => r.id === room.id)) dropLog(room.id);
  meetRooms(answer.rooms);
  for (const room of answer.rooms) room.members?.forEach(meet);
  rooms.value = [...answer.rooms, ...kept].sort(byTitle);
  open.value = answer.open;
  listed.value = true;
  const here = current.peek();
  if (here && !isMember(here)) vacate();
  return true;
}

function byTitle(a: Room, b: Room): number {
  return titleOf(a).localeCompare(titleOf(b));
}

/**
 * Loads the room on the screen: its members, and its newest messages. Only for rooms
 * that one is in, because the same question joins others.
 */
export async function visit(roomId: string): Promise<void> {
  if (!isMember(roomId) || visiting.has(roomId) || (fresh.has(roomId) && viewOf(roomId).log.loaded)) return;
  visiting.add(roomId);
  const answer = await insist<Joined>("joinRoom", { roomId });
  visiting.delete(roomId);
  if (answer) entered(answer);
  else if (connection.peek() === "connected") await refreshRooms(); // it may be gone
}

type Joined = { room: Room; members: Member[] } & Page;

function entered(answer: Joined): void {
  const { id } = answer.room;
  put(answer.room);
  fresh.add(id);
  receivedPage(id, answer);
  answer.members.forEach(meet);
  members.value = { ...members.value, [id]: answer.members };
  void watch(answer.members.map((m) => m.id));
}

/** Joins a channel, or a group by its invitation, and goes there. */
export async function join(roomId: string): Promise<void> {
  if (!isMember(roomId)) {
    const answer = await request<Joined>("joinRoom", { roomId });
    if (!answer) return;
    entered(answer);
  }
  go(roomId);
}

/** Makes a room and returns its id; null when it was refused. */
export async function createRoom(name: string, kind: Kind, invited: string[] = []): Promise<string | null> {
  const body = { name, kind, tempId: newId(), ...(invited.length > 0 && { members: invited }) };
  // Once more after silence: with the same tempId it is the same room.
  const answer = await request<{ room: Room }>("createRoom", body, 2);
  if (!answer) return null;
  put(answer.room);
  return answer.room.id;
}

/** Goes to the conversation with somebody. */
export async function writeTo(userId: string): Promise<void> {
  const known = rooms.peek().find((r) => otherIn(r)?.id === userId);
  if (known) return go(known.id);
  const answer = await request<{ room: Room }>("createRoom", { kind: "direct", members: [userId] });
  if (!answer) return;
  put(answer.room);
  void watch([userId]);
  go(answer.room.id);
}

export async function leave(roomId: string): Promise<void> {
  if (await request("leaveRoom", { roomId })) forget(roomId);
}

function forget(roomId: string): void {
  rooms.value = rooms.peek().filter((r) => r.id !== roomId);
  fresh.delete(roomId);
  const { [roomId]: _, ...others } = members.peek();
  members.value = others;
  dropLog(roomId);
  if (current.peek() === roomId) vacate();
  void refreshRooms();
}

/** Takes a room of one's own into the list. */
function put(room: Room): void {
  room.members?.forEach(meet);
  if (listed.peek()) meetRooms([room]);
  rooms.value = [...rooms.peek().filter((r) => r.id !== room.id), room].sort(byTitle);
  open.value = open.peek().filter((r) => r.id !== room.id);
}

// A new channel is told to everyone, every other room to its members only.
export function roomChanged(room: Room): void {
  if (room.kind !== "channel" || room.createdBy.id === myId() || isMember(room.id)) {
    put(room);
    void watch([otherIn(room)?.id ?? []].flat());
  } else {
    open.value = [room, ...open.peek().filter((r) => r.id !== room.id)];
  }
}

export function memberChanged({
  roomId,
  user,
  change,
}: {
  roomId: string;
  user: User;
  change: "joined" | "left";
}): void {
  if (user.id === myId()) {
    if (change === "left") forget(roomId);
    else if (!isMember(roomId)) void refreshRooms();
    return;
  }
  meet(user);
  const known = members.peek()[roomId];
  if (!known) return;
  const others = known.filter((m) => m.id !== user.id);
  if (change === "joined") {
    others.push({ ...user, joinedAt: new Date().toISOString(), online: true });
    void watch([user.id]);
  }
  members.value = { ...members.peek(), [roomId]: others };
}

export function forgetRooms(): void {
  rooms.value = [];
  open.value = [];
  members.value = {};
  listed.value = false;
  visiting.clear();
  fresh.clear();
}

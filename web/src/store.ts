// The state of the page and its connection to the server. Components read the
// signals and call the actions; nothing else talks to the network.
//
// Hooks for tests (data-testid): sign-in-name, sign-in-submit, me, sign-out, room-list,
// room-item (data-room-id), new-room, room-name, room-kind, room-create, browse,
// join-room (data-room-id), message-list, message (data-seq, data-state, data-temp-id),
// composer, send, typing-line, members, presence (data-online), connection-banner.
import { computed, signal } from "@preact/signals";
import { io, type Socket } from "socket.io-client";
import { RoomLog } from "./core/log";
import { Outbox, type Outgoing } from "./core/outbox";
import { PresenceMap } from "./core/presence";
import { TypingMap } from "./core/typing";
import type { Answer, Kind, Member, Message, Page, Presence, Room, Session, User } from "./core/types";

const answerTimeout = 8000;
const sessionKey = "confab.session";
const readKey = "confab.read";

export const session = signal<Session | null>(load<Session>(localStorage, sessionKey));
export const connection = signal<"connecting" | "connected" | "lost">("connecting");
export const rooms = signal<Room[]>([]);
export const open = signal<Room[]>([]);
export const current = signal<string | null>(null);
export const members = signal<Member[]>([]);
export const problem = signal("");
/** Grows with every change of what is not a signal itself: logs, presence, typing. */
export const revision = signal(0);
const read = signal<Record<string, number>>(load(localStorage, readKey) ?? {});

export const currentRoom = computed(() => rooms.value.find((r) => r.id === current.value) ?? null);
export const unread = computed(() => {
  revision.value;
  return new Map(rooms.value.map((r) => [r.id, Math.max(0, headOf(r) - (read.value[r.id] ?? 0))]));
});

const logs = new Map<string, RoomLog>();
const loading = new Set<string>();
export const presence = new PresenceMap();
export const typing = new TypingMap();
const names = new Map<string, string>();
let outbox: Outbox | null = null;
let socket: Socket | null = null;

function load<T>(storage: Storage, key: string): T | null {
  try {
    return JSON.parse(storage.getItem(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}

function changed(): void {
  revision.value++;
}

export function logOf(roomId: string): RoomLog {
  let log = logs.get(roomId);
  if (!log) logs.set(roomId, (log = new RoomLog(session.value?.user.id ?? "")));
  return log;
}

export function headOf(room: Room): number {
  return Math.max(room.head, logs.get(room.id)?.head ?? 0);
}

/** What a room is called: a direct one after the other person. */
export function titleOf(room: Room): string {
  if (room.kind !== "direct") return room.name;
  return room.members?.find((m) => m.id !== session.value?.user.id)?.name ?? "Direct message";
}

export function otherOf(room: Room): User | undefined {
  return room.kind === "direct" ? room.members?.find((m) => m.id !== session.value?.user.id) : undefined;
}

// ── Signing in and out ──

export async function signIn(name: string): Promise<void> {
  const response = await fetch("/api/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  const answer = (await response.json()) as Answer<Session>;
  if (!answer.ok) throw new Error(answer.error.message);
  const next = { token: answer.token, user: answer.user };
  localStorage.setItem(sessionKey, JSON.stringify(next));
  session.value = next;
  start();
}

export function signOut(): void {
  socket?.disconnect();
  socket = null;
  outbox = null;
  logs.clear();
  loading.clear();
  localStorage.removeItem(sessionKey);
  sessionStorage.clear();
  rooms.value = [];
  open.value = [];
  members.value = [];
  current.value = null;
  session.value = null;
}

/** Connects, if somebody is signed in. */
export function start(): void {
  const who = session.value;
  if (!who) return;
  const s = io({ path: "/socket.io/", transports: ["websocket"], auth: { token: who.token }, reconnectionDelay: 500, reconnectionDelayMax: 8000 });
  socket = s;
  outbox = new Outbox({
    send: (o) => ask("sendMessage", { roomId: o.roomId, text: o.text, tempId: o.tempId }),
    sent: received,
    failed: (o, reason) => {
      logOf(o.roomId).failDraft(o.tempId, reason);
      changed();
    },
    storage: sessionStorage,
    key: `confab.outbox.${who.user.id}`,
  });
  for (const o of outbox.unsent) logOf(o.roomId).addDraft(o);

  s.on("connect", () => void connected());
  s.on("disconnect", (reason) => {
    connection.value = "lost";
    outbox?.setOnline(false);
    // The server ended this session on purpose; the client would not come back by itself.
    if (reason === "io server disconnect") setTimeout(() => s.connect(), 1000);
  });
  s.on("connect_error", (error: Error & { data?: { code?: string } }) => {
    connection.value = "lost";
    if (error.data?.code === "unauthorized") return signOut();
    // After a refusal, unlike after a failure, the client does not try again by itself.
    if (!s.active) setTimeout(() => s.connect(), 2000);
  });
  s.on("newMessage", received);
  s.on("roomChanged", ({ room }: { room: Room }) => roomChanged(room));
  s.on("memberChanged", memberChanged);
  s.on("typing", ({ roomId, user, on }: { roomId: string; user: User; on: boolean }) => {
    if (user.id === who.user.id) return;
    typing.set(roomId, user, on);
    changed();
    if (on) setTimeout(changed, 5100);
  });
  s.on("userOnline", ({ user, version }: { user: User; version: number }) => seen(user.id, { online: true, version }));
  s.on("userOffline", ({ user, version, lastSeen }: { user: User; version: number; lastSeen: string }) =>
    seen(user.id, { online: false, version, lastSeen }));
}

async function ask<T>(event: string, body: unknown): Promise<Answer<T>> {
  if (!socket) throw new Error("not signed in");
  return (await socket.timeout(answerTimeout).emitWithAck(event, body)) as Answer<T>;
}

/** Asks, and says what went wrong if something did. */
async function request<T>(event: string, body: unknown): Promise<T | null> {
  try {
    const answer = await ask<T>(event, body);
    if (answer.ok) {
      problem.value = "";
      return answer;
    }
    problem.value = answer.error.message;
  } catch {
    problem.value = "No answer. Please try again.";
  }
  return null;
}

async function connected(): Promise<void> {
  connection.value = "connected";
  outbox?.setOnline(true);
  await refreshRooms();
  const invitation = new URLSearchParams(location.hash.slice(1)).get("room");
  if (invitation && invitation !== current.value) {
    history.replaceState(null, "", location.pathname);
    await join(invitation);
  }
  await Promise.all([...logs.keys()].map(catchUp));
  if (current.value) await refreshMembers(current.value);
}

// ── Rooms ──

export async function refreshRooms(): Promise<void> {
  const answer = await request<{ rooms: Room[]; open: Room[] }>("listRooms", {});
  if (!answer) return;
  rooms.value = answer.rooms.sort((a, b) => titleOf(a).localeCompare(titleOf(b)));
  open.value = answer.open;
  await refreshPresence(rooms.value.flatMap((r) => otherOf(r)?.id ?? []));
}

/** Makes a room and returns its id, or null when it was refused. */
export async function createRoom(name: string, kind: Kind): Promise<string | null> {
  const answer = await request<{ room: Room }>("createRoom", { name, kind, tempId: newId() });
  if (!answer) return null;
  roomChanged(answer.room);
  return answer.room.id;
}

/** Opens the direct room with somebody. */
export async function writeTo(userId: string): Promise<void> {
  const answer = await request<{ room: Room }>("createRoom", { kind: "direct", members: [userId] });
  if (!answer) return;
  roomChanged(answer.room);
  await enter(answer.room.id);
}

export async function join(roomId: string): Promise<void> {
  const answer = await request<{ room: Room; members: Member[] } & Page>("joinRoom", { roomId });
  if (!answer) return;
  roomChanged(answer.room, true);
  logOf(roomId).addPage(answer);
  await enter(roomId);
}

export async function leave(roomId: string): Promise<void> {
  if (await request("leaveRoom", { roomId })) forget(roomId);
}

function forget(roomId: string): void {
  rooms.value = rooms.value.filter((r) => r.id !== roomId);
  logs.delete(roomId);
  if (current.value === roomId) current.value = null;
  void refreshRooms();
}

/** Shows a room. */
export async function enter(roomId: string | null): Promise<void> {
  current.value = roomId;
  members.value = [];
  if (!roomId) return;
  if (logOf(roomId).oldest === Infinity) await older(roomId);
  await refreshMembers(roomId);
}

function roomChanged(room: Room, mine = isMine(room)): void {
  if (mine) {
    rooms.value = [...rooms.value.filter((r) => r.id !== room.id), room].sort((a, b) => titleOf(a).localeCompare(titleOf(b)));
    open.value = open.value.filter((r) => r.id !== room.id);
  } else {
    open.value = [room, ...open.value.filter((r) => r.id !== room.id)];
  }
}

// A new channel is told to everyone, every other room to its members only.
function isMine(room: Room): boolean {
  return room.kind !== "channel" || room.createdBy.id === session.value?.user.id || rooms.value.some((r) => r.id === room.id);
}

function memberChanged(e: { roomId: string; user: User; change: "joined" | "left" }): void {
  if (e.user.id === session.value?.user.id) {
    if (e.change === "left") forget(e.roomId);
    else void refreshRooms();
  } else if (e.roomId === current.value) {
    void refreshMembers(e.roomId);
  }
}

async function refreshMembers(roomId: string): Promise<void> {
  const answer = await request<{ members: Member[] } & Page>("joinRoom", { roomId });
  if (!answer) return;
  logOf(roomId).addPage(answer);
  for (const member of answer.members) names.set(member.id, member.name);
  await refreshPresence(answer.members.map((m) => m.id));
  if (current.value === roomId) members.value = answer.members;
  changed();
}

async function refreshPresence(ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  const answer = await request<{ users: Record<string, Presence> }>("presence", { userIds: ids.slice(0, 100) });
  for (const [id, p] of Object.entries(answer?.users ?? {})) presence.set(id, p);
  changed();
}

function seen(id: string, p: Presence): void {
  presence.set(id, p);
  changed();
}

// ── Messages ──

export function newId(): string {
  return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
}

export function send(roomId: string, text: string): void {
  const outgoing: Outgoing = { roomId, text, tempId: newId(), at: Date.now() };
  logOf(roomId).addDraft(outgoing);
  changed();
  outbox?.add(outgoing);
}

export function retry(roomId: string, tempId: string): void {
  const draft = logOf(roomId).listDrafts().find((d) => d.tempId === tempId);
  if (!draft) return;
  logOf(roomId).addDraft({ tempId: draft.tempId, text: draft.text, at: draft.at });
  changed();
  outbox?.add({ roomId, text: draft.text, tempId: draft.tempId, at: draft.at });
}

export function discard(roomId: string, tempId: string): void {
  logOf(roomId).removeDraft(tempId);
  changed();
}

function received(message: Message): void {
  const log = logOf(message.roomId);
  log.add(message);
  typing.set(message.roomId, message.sender, false);
  changed();
  if (log.missingAfter !== undefined) void catchUp(message.roomId);
}

/** Asks for what a gap shows to be missing, until nothing is. */
async function catchUp(roomId: string): Promise<void> {
  const log = logs.get(roomId);
  if (!log || loading.has(roomId) || log.oldest === Infinity) return;
  loading.add(roomId);
  try {
    // Once without a gap too: the head may have moved while the line was down.
    for (let after: number | undefined = log.complete; after !== undefined; after = log.missingAfter) {
      const page = await request<Page>("history", { roomId, after, limit: 100 });
      if (!page || !rooms.value.some((r) => r.id === roomId)) return;
      log.addPage(page);
      changed();
      // A position that is being written now will be there in a moment.
      if (page.pending?.length) await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  } finally {
    loading.delete(roomId);
  }
}

/** Loads a page of older messages. */
export async function older(roomId: string): Promise<void> {
  const log = logOf(roomId);
  if (loading.has(roomId) || log.oldest === 1) return;
  loading.add(roomId);
  try {
    const before = log.oldest === Infinity ? undefined : log.oldest;
    const page = await request<Page>("history", { roomId, before });
    if (page) log.addPage(page);
    changed();
  } finally {
    loading.delete(roomId);
  }
}

export function markRead(roomId: string): void {
  const head = logOf(roomId).head;
  if ((read.value[roomId] ?? 0) >= head) return;
  read.value = { ...read.value, [roomId]: head };
  localStorage.setItem(readKey, JSON.stringify(read.value));
}

export function tellTyping(roomId: string, on: boolean): void {
  if (connection.value === "connected") socket?.emit("typing", { roomId, on });
}

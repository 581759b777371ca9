import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connect } from "../src/client.js";
import type { Message, Page, Room, SyncedRoom } from "../src/protocol.js";
import { TypedInMemory } from "../src/typed.js";
import { FakeSocket } from "./fakeSocket.js";
import { memoryStorage } from "./storage.js";

const ada = { id: "a", name: "Ada" };
const bob = { id: "b", name: "Bob" };
const room = (id: string, more: Partial<SyncedRoom> = {}): SyncedRoom => ({
  id,
  name: id,
  kind: "channel",
  createdAt: "2026-01-01T00:00:00.000Z",
  createdBy: bob,
  head: 0,
  unread: 0,
  ...more,
});
const message = (roomId: string, seq: number, more: Partial<Message> = {}): Message => ({
  id: `${roomId}.${seq}`,
  roomId,
  seq,
  sender: bob,
  text: `${seq}`,
  sentAt: `2026-01-01T00:00:0${seq}.000Z`,
  ...more,
});
const page = (messages: Message[] = [], head = messages.length): Page => ({
  messages,
  from: 1,
  to: head,
  head,
  more: false,
});

type Replies = ConstructorParameters<typeof FakeSocket>[1];

function setUp(rooms: SyncedRoom[], replies: Replies = {}, marks = memoryStorage()) {
  const socket = new FakeSocket(() => "token", {
    sync: () => ({ ok: true, rooms, invitations: [], open: [], gone: [] }),
    history: ({ roomId }) => ({ ok: true, ...page([message(roomId, 1)]) }),
    markRead: ({ seq }) => ({ ok: true, mark: { seq, version: 1 } }),
    ...replies,
  });
  const storage = new TypedInMemory();
  const client = connect({ user: ada, token: "token", socket: socket.asChatSocket, storage, marks });
  return { client, socket, storage };
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const ids = (rooms: readonly Room[]) => rooms.map((r) => r.id);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is opened before there is a connection is there when the client is ready", async () => {
  const { client, socket } = setUp([room("tea"), room("cake")]);
  const opened = client.open("tea");
  const ready = client.ready().then(() => client.messages("tea"));
  await opened;
  expect(client.messages("tea")).toEqual({ messages: [], unsent: [], loaded: false, loading: false, hasOlder: false });
  socket.accept();
  expect((await ready).messages).toEqual([message("tea", 1)]);
  expect(socket.requests("history")).toEqual([{ roomId: "tea" }]);
});

test("a room that is opened comes with the list, and over the next connection with what is new", async () => {
  const { client, socket } = setUp([room("tea"), room("cake")], {
    sync: ({ history }) => ({
      ok: true,
      rooms: [room("tea"), room("cake")],
      invitations: [],
      open: [],
      gone: [],
      ...(history && { history: page([message("tea", 1)]) }),
    }),
  });
  void client.open("tea");
  socket.accept();
  await client.ready();
  expect(client.messages("tea").messages).toEqual([message("tea", 1)]);
  socket.lose();
  void client.open("cake");
  socket.accept();
  await client.ready();
  expect(socket.requests("sync")).toEqual([
    { rooms: {}, history: { roomId: "tea" } },
    { rooms: { tea: { seq: 1, rev: 0 } }, history: { roomId: "cake" } },
  ]);
  expect(socket.requests("history")).toEqual([]);
});

test("a connection that is lost while it catches up is ready only with the next", async () => {
  let silent = true;
  const { client, socket } = setUp([room("tea")], {
    sync: () => (silent ? "silence" : { ok: true, rooms: [room("tea")], invitations: [], open: [], gone: [] }),
  });
  const isReady = vi.fn();
  void client.ready().then(isReady);
  socket.accept();
  await settle();
  socket.lose();
  silent = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([isReady.mock.calls.length, client.state, client.rooms()]).toEqual([0, "lost", []]);
  socket.accept();
  await settle();
  expect([isReady.mock.calls.length, ids(client.rooms())]).toEqual([1, ["tea"]]);
});

test("all pages of the list are fetched, up to the first with invitations or channels", async () => {
  const pages = [
    { rooms: [room("tea")], open: [], next: "2" },
    { rooms: [room("cake")], open: [], next: "3" },
    { rooms: [], open: [room("pie")], next: "4" },
  ];
  let asked = 0;
  const { client, socket } = setUp([], {
    sync: () => ({ ok: true, invitations: [], gone: [], ...(pages[asked++] ?? { rooms: [], open: [] }) }),
  });
  socket.accept();
  await client.ready();
  expect(ids(client.rooms()).sort()).toEqual(["cake", "tea"]);
  expect(socket.requests("sync").map((r) => r.cursor)).toEqual([undefined, "2", "3"]);
});

test("rooms stand in the order of their last messages, and go when the user leaves", async () => {
  const { client, socket } = setUp([room("tea"), room("cake"), room("pie", { last: message("pie", 2) })]);
  const changes = vi.fn();
  client.onRooms(changes);
  socket.accept();
  await client.ready();
  socket.push("newMessage", message("cake", 3));
  expect(ids(client.rooms())).toEqual(["cake", "pie", "tea"]);
  expect(client.rooms()).toBe(client.rooms());
  changes.mockClear();
  socket.push("memberChanged", { roomId: "cake", user: ada, change: "left" });
  expect([ids(client.rooms()), changes.mock.calls.length > 0]).toEqual([["pie", "tea"], true]);
  expect(client.messages("cake").messages).toEqual([]);
  // Everyone hears of a new channel; a group is told to its members.
  socket.push("roomChanged", { room: room("open") });
  socket.push("roomChanged", { room: room("ours", { kind: "group" }) });
  expect(ids(client.rooms())).toContain("ours");
  expect(ids(client.rooms())).not.toContain("open");
});

test("what is seen without a connection is told over the next one, also by the next client", async () => {
  const marks = memoryStorage();
  const rooms = [room("tea", { head: 3, unread: 3, mark: { seq: 0, version: 1 } })];
  const first = setUp(rooms, {}, marks);
  first.socket.accept();
  await first.client.ready();
  first.socket.lose();
  first.client.see("tea", 2);
  expect(first.client.rooms()[0]?.unread).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  first.client.close();
  expect(first.socket.requests("markRead")).toEqual([]);
  const second = setUp(rooms, {}, marks);
  second.socket.accept();
  await second.client.ready();
  await settle();
  expect(second.socket.requests("markRead")).toEqual([{ roomId: "tea", seq: 2, version: 1 }]);
});

test("a message goes out with what belongs to it, and of its files only what a request may have", async () => {
  const { client, socket } = setUp([room("tea")], {
    sendMessage: ({ text, tempId }) => ({ ok: true, message: message("tea", 1, { sender: ada, text, tempId }) }),
  });
  socket.accept();
  await client.ready();
  const attachments = [{ id: "f", name: "cat.png", type: "image/png", size: 7, width: 3, height: 2 }];
  const tempId = client.send("tea", "Look", { replyTo: 1, mentions: [], data: { mood: "glad" }, attachments });
  const reply = client.send("tea", "So", { threadOf: 1, mentions: ["b"] });
  await settle();
  expect(socket.requests("sendMessage")).toEqual([
    {
      roomId: "tea",
      text: "Look",
      tempId,
      replyTo: 1,
      data: { mood: "glad" },
      attachments: [{ id: "f", width: 3, height: 2 }],
    },
    { roomId: "tea", threadOf: 1, text: "So", tempId: reply, mentions: ["b"] },
  ]);
});

test("a client that is closed says so, and one that forgets clears its storage", async () => {
  const { client, socket, storage } = setUp([room("tea")]);
  const clear = vi.spyOn(storage, "clear");
  const states: string[] = [];
  client.onState(() => states.push(client.state));
  socket.accept();
  await client.ready();
  const ended = client.forget();
  await expect(client.ready()).rejects.toMatchObject({ code: "closed" });
  await expect(client.request("pins", { roomId: "tea" })).rejects.toMatchObject({ code: "closed" });
  await ended;
  expect([states, clear.mock.calls.length, client.endedBy]).toEqual([["connected", "closed"], 1, undefined]);
});

test("a request is repeated when no answer comes, as often as it may be, and not when it is refused", async () => {
  const answers = ["silence", { ok: true, messages: [], more: false }] as const;
  let asked = 0;
  const { client, socket } = setUp([], {
    pins: () => answers[asked++] as Exclude<(typeof answers)[number], undefined>,
    react: () => ({ ok: false, error: { code: "too_many_reactions", message: "Too many." } }),
  } as Replies);
  socket.accept();
  await expect(client.request("pins", { roomId: "tea" })).rejects.toMatchObject({ code: "no_answer", temporary: true });
  asked = 0;
  expect(await client.request("pins", { roomId: "tea" }, 2)).toMatchObject({ messages: [] });
  const react = { roomId: "tea", seq: 1, emoji: "👍", on: true };
  await expect(client.request("react", react, 3)).rejects.toMatchObject({ code: "too_many_reactions" });
  expect(socket.requests("react")).toHaveLength(1);
  expect(await client.ask("react", react)).toMatchObject({ ok: false });
});

import type { Message, SyncedRoom } from "@confab/chat";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { memoryStorage } from "../client/test/storage";
import { createChat } from "../src/store/chat";
import { PageLocation } from "../src/store/location";
import { FakeSocket, fakeWindow } from "./fakes";

const ada = { id: "a", name: "Ada" };
const bob = { id: "b", name: "Bob" };

const room = (id: string, more: Partial<SyncedRoom> = {}): SyncedRoom => ({
  id,
  name: id,
  kind: "channel",
  createdAt: "2026-01-01T00:00:00Z",
  createdBy: bob,
  head: 9,
  unread: 9,
  mark: { seq: 0, version: 1 },
  ...more,
});

const mention = (seq: number, more: Partial<Message> = {}): Message => ({
  id: `tea.${seq}`,
  roomId: "tea",
  seq,
  sender: bob,
  text: `${seq}`,
  sentAt: `2026-01-01T00:00:0${seq}.000Z`,
  mentions: ["a"],
  ...more,
});

/** A chat of Ada whose server has these rooms, and these pages of mentions. */
function setUp(
  rooms: SyncedRoom[],
  pages: Message[][] = [[]],
  replies: ConstructorParameters<typeof FakeSocket>[1] = {},
) {
  const server = { rooms, pages };
  let socket!: FakeSocket;
  const chat = createChat({
    me: ada,
    location: new PageLocation(fakeWindow()),
    storage: { local: memoryStorage(), tab: memoryStorage() },
    token: () => "token",
    onAccepted() {},
    onUnauthorized: async () => false,
    onSignedOut() {},
    openSocket(token) {
      socket = new FakeSocket(token, {
        sync: () => ({ ok: true, rooms: server.rooms, invitations: [], open: [], gone: [] }),
        followedThreads: () => ({ ok: true, threads: [] }),
        joinRoom: () => ({
          ok: true,
          room: server.rooms[0] as SyncedRoom,
          members: [ada, bob].map((user) => ({ ...user, joinedAt: "", online: false, version: 1 })),
          ...{ messages: [], from: 1, to: 0, head: 0, more: false },
        }),
        mentions({ cursor }) {
          const at = Number(cursor?.split(":")[1] ?? 0);
          const messages = server.pages[at] ?? [];
          const next = `${Date.parse(messages.at(-1)?.sentAt ?? "")}:${at + 1}`;
          return { ok: true, messages, ...(at + 1 < server.pages.length && { next }) };
        },
        ...replies,
      });
      return socket.asChatSocket;
    },
  });
  const connect = async () => {
    socket.accept();
    await settle();
  };
  const counts = () => chat.rooms.joined.value.map((r) => chat.mentions.unreadIn(r));
  const listed = () => chat.mentions.list.value.map((m) => m.seq);
  return { chat, socket, server, connect, counts, listed };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("nothing is asked when nothing is unread, and what comes is counted until it is read on any device", async () => {
  const { chat, socket, connect, counts } = setUp([room("tea")]);
  await connect();
  expect([socket.requests("mentions"), counts()]).toEqual([[], [0]]);
  for (let i = 0; i < 2; i++) socket.push("mention", { message: mention(2) });
  socket.push("mention", { message: mention(4, { mentions: ["@room"] }) });
  socket.push("mention", { message: mention(1, { id: "tea.1.1", threadOf: 1 }) });
  expect(counts()).toEqual([2]);
  socket.push("read", { userId: "a", marks: [{ roomId: "tea", seq: 2, version: 1 }] });
  expect([counts(), chat.mentions.totalUnread.value]).toEqual([[1], 1]);
  socket.push("messageChanged", { message: mention(4, { mentions: [], rev: 1 }), rev: 1 });
  expect(counts()).toEqual([0]);
  socket.push("read", { userId: "a", marks: [{ roomId: "tea", seq: 0, version: 2 }] });
  expect(counts()).toEqual([1]);
});

test("the server's count is shown until the mentions are here, which are asked for up to the last that is counted", async () => {
  const { socket, connect, counts } = setUp(
    [room("tea", { mentions: 3 })],
    [[mention(7)], [mention(6), mention(5)], [mention(1)]],
  );
  socket.accept();
  await settle();
  expect([counts(), socket.requests("mentions").length]).toEqual([[3], 2]);
  socket.lose();
  await connect();
  expect([counts(), socket.requests("mentions").length]).toEqual([[3], 2]); // the same as it knows
  const silent = setUp([room("tea", { mentions: 3 })], [], { mentions: () => "silence" });
  await silent.connect();
  expect(silent.counts()).toEqual([3]);
  silent.socket.push("read", { userId: "a", marks: [{ roomId: "tea", seq: 9, version: 1 }] });
  expect(silent.counts()).toEqual([0]);
});

test("a mention that went while there was no connection is not counted", async () => {
  const { socket, server, connect, counts } = setUp([room("tea")]);
  await connect();
  socket.push("mention", { message: mention(2) });
  expect(counts()).toEqual([1]);
  socket.lose();
  await connect();
  expect([counts(), socket.requests("mentions").length]).toEqual([[0], 1]);
  server.rooms = [];
  socket.lose();
  await connect();
  expect(counts()).toEqual([]);
});

test("the list comes in pages, with what has happened since", async () => {
  const { chat, socket, connect, listed } = setUp(
    [room("tea", { mark: { seq: 9, version: 1 } })],
    [
      [mention(6), mention(5)],
      [mention(3), mention(2)],
    ],
  );
  await connect();
  expect(await chat.mentions.load()).toBe(true);
  expect([listed(), chat.mentions.next.value]).toEqual([[6, 5], `${Date.parse(mention(5).sentAt)}:1`]);
  socket.push("mention", { message: mention(7) });
  socket.push("messageChanged", { message: mention(5, { text: "", deletedAt: "now", rev: 1 }), rev: 1 });
  await chat.mentions.load(chat.mentions.next.value);
  expect([listed(), chat.mentions.next.value]).toEqual([[7, 6, 3, 2], undefined]);
  socket.push("memberChanged", { roomId: "tea", user: ada, change: "left" });
  expect(listed()).toEqual([]);
});

test("a message that is sent again mentions only those who may be mentioned still", async () => {
  const { chat, socket, connect } = setUp([room("tea")], [[]], {
    sendMessage: () => ({ ok: false, error: { code: "not_found", message: "No member." } }),
  });
  await connect();
  await chat.rooms.visit("tea");
  expect(chat.mentions.possibleIn("tea").map((p) => p.id)).toEqual(["b", "@room"]);
  chat.messages.send("tea", "@Bob and @Cy", [], ["b", "c"]);
  await settle();
  const [draft] = chat.messages.viewOf("tea").log.listDrafts();
  expect(draft?.failed).toBe("No member.");
  chat.messages.retry("tea", draft?.tempId ?? "", (id) => id === "b");
  await settle();
  expect(socket.requests("sendMessage").map((r) => r.mentions)).toEqual([["b", "c"], ["b"]]);
});

test("who is mentioned has a name if they were ever met", async () => {
  const { chat, connect } = setUp([room("tea")]);
  await connect();
  await chat.rooms.visit("tea");
  expect(chat.mentions.namesIn(mention(1, { mentions: ["@room", "a", "b", "z"] }))).toEqual([
    { id: "@room", name: "room" },
    ada,
    bob,
  ]);
});

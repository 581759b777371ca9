import type { Answer, Invitation, Message, Page, Refusal, SyncedRoom } from "@confab/chat";
import { effect } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { memoryStorage } from "../client/test/storage";
import { type Chat, createChat } from "../src/store/chat";
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
  head: 0,
  unread: 0,
  ...more,
});
/** A room as the list has it. */
const listed = (id: string, head: number, seq: number): SyncedRoom =>
  room(id, { head, unread: head - seq, mark: { seq, version: 100 } });

/** A server that moves marks as it is asked to. */
const markReplies = (): ConstructorParameters<typeof FakeSocket>[1] => ({
  markRead: ({ seq, unread }) => ({ ok: true, mark: { seq, version: unread ? 101 : 100 } }),
  markAllRead: ({ marks }) => ({ ok: true, marks: marks.map((m) => ({ ...m, version: 100 })) }),
});
const message = (roomId: string, seq: number, more: Partial<Message> = {}): Message => ({
  id: `${roomId}.${seq}`,
  roomId,
  seq,
  sender: bob,
  text: `${seq}`,
  sentAt: "2026-01-01T00:00:00Z",
  ...more,
});
const page = (messages: Message[] = []): Page => ({
  messages,
  from: 1,
  to: messages.length,
  head: messages.length,
  more: false,
});
const refusal = <Code extends string>(code: Code, temporary = false): Refusal<Code> => ({
  ok: false,
  error: { code, message: `Refused: ${code}.`, temporary },
});

/** A chat of Ada whose server has these rooms and messages. */
function setUp(
  rooms: SyncedRoom[] = [],
  messages: Message[] = [],
  { hash = "", open = [] as SyncedRoom[], replies = {} as ConstructorParameters<typeof FakeSocket>[1] } = {},
) {
  const unauthorized = vi.fn(async () => false);
  let socket!: FakeSocket;
  const members = [ada, bob].map((user) => ({ ...user, joinedAt: "", online: false, version: 1 }));
  const inRoom = (roomId: string) => messages.filter((m) => m.roomId === roomId);
  const window = fakeWindow(hash);
  const chat = createChat({
    me: ada,
    location: new PageLocation(window),
    storage: { local: memoryStorage(), tab: memoryStorage() },
    token: () => "token",
    onAccepted() {},
    onUnauthorized: unauthorized,
    onSignedOut() {},
    openSocket(token) {
      socket = new FakeSocket(token, {
        sync: () => ({ ok: true, rooms, invitations: [], open, gone: [] }),
        joinRoom: ({ roomId }) => {
          const joined = [...rooms, ...open].find((r) => r.id === roomId);
          return joined ? { ok: true, room: joined, members, ...page(inRoom(roomId)) } : refusal("not_found");
        },
        leaveRoom: () => ({ ok: true }),
        followedThreads: () => ({ ok: true, threads: [] }),
        history: ({ roomId }) => ({ ok: true, ...page(inRoom(roomId)) }),
        presence: () => ({ ok: true, users: { b: { online: true, version: 5 } } }),
        watch: () => ({ ok: true, users: { b: { online: true, version: 5 } } }),
        ...replies,
      });
      return socket.asChatSocket;
    },
  });
  return { chat, socket, unauthorized, window };
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const seqs = (chat: Chat, roomId: string) =>
  chat.messages
    .viewOf(roomId)
    .log.list()
    .map((m) => m.seq);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("on connecting, the rooms are listed and the room on the screen is loaded", async () => {
  const { chat, socket } = setUp([room("tea"), room("art")], [message("tea", 1)], {
    hash: "#/tea",
    open: [room("new")],
  });
  expect([chat.connection.state.value, chat.rooms.listed.value]).toEqual(["connecting", false]);
  socket.accept();
  await settle();
  expect(socket.token()).toBe("token");
  expect(chat.connection.state.value).toBe("connected");
  expect(chat.rooms.joined.value.map((r) => r.id)).toEqual(["art", "tea"]);
  expect(chat.rooms.open.value.map((r) => r.id)).toEqual(["new"]);
  expect(chat.rooms.current.value?.id).toBe("tea");
  expect(seqs(chat, "tea")).toEqual([1]);
  expect(chat.rooms.membersOf("tea").map((m) => [m.name, m.online])).toEqual([
    ["Ada", true],
    ["Bob", true],
  ]);
  expect(chat.people.list()).toEqual([bob]);
});

test("a room in the address that the user is not in is joined only when they ask for it", async () => {
  const { chat, socket, window } = setUp([room("tea")], [], { hash: "#/other", open: [room("other")] });
  socket.accept();
  await settle();
  expect([chat.rooms.current.value, chat.location.roomId.value, window.location.hash]).toEqual([
    null,
    "other",
    "#/other",
  ]);
  expect(socket.requests("joinRoom")).toEqual([]);
  await chat.rooms.join("other");
  expect(chat.rooms.current.value?.id).toBe("other");
});

const invitation = (id: string): Invitation => ({
  room: room(id, { kind: "private" }),
  from: bob,
  expiresAt: "2026-02-01T00:00:00Z",
});

test("an invitation comes, live or with the list, and goes when it is answered", async () => {
  const invitations = [invitation("old")];
  const { chat, socket } = setUp([], [], {
    open: [room("club"), room("old")],
    replies: {
      sync: () => ({ ok: true, rooms: [], invitations, open: [], gone: [] }),
      declineInvitation: () => ({ ok: true }),
    },
  });
  const listed = () => chat.invitations.all.value.map((i) => i.room.id);
  socket.accept();
  await settle();
  expect(listed()).toEqual(["old"]);
  for (let i = 0; i < 2; i++) socket.push("invited", { invitation: invitation("club") });
  expect(listed()).toEqual(["club", "old"]);
  expect(chat.toast.current.value).toEqual({ text: "Bob invites you to club.", kind: "info" });
  expect(socket.requests("joinRoom")).toEqual([]);
  await chat.rooms.join("club");
  expect([listed(), chat.rooms.current.value?.id]).toEqual([["old"], "club"]);
  expect(await chat.invitations.decline("old")).toBe(true);
  expect(listed()).toEqual([]);
  socket.push("invited", { invitation: invitation("late") });
  socket.push("invitationDeclined", { roomId: "late" });
  expect(listed()).toEqual([]);
});

test("an invitation that can no longer be accepted goes", async () => {
  let invitations = [invitation("late")];
  const { chat, socket } = setUp([], [], {
    replies: { sync: () => ({ ok: true, rooms: [], invitations, open: [], gone: [] }) },
  });
  socket.accept();
  await settle();
  invitations = [];
  await chat.rooms.join("late");
  await settle();
  expect([chat.invitations.all.value, chat.toast.current.value?.text]).toEqual([[], "Refused: not_found."]);
});

test("an invitation that another device has accepted goes", async () => {
  let accepted = false;
  const { chat, socket } = setUp([], [], {
    replies: {
      sync: () => ({
        ok: true,
        rooms: accepted ? [room("club", { kind: "private" })] : [],
        invitations: accepted ? [] : [invitation("club")],
        open: [],
        gone: [],
      }),
    },
  });
  socket.accept();
  await settle();
  accepted = true;
  socket.push("memberChanged", { roomId: "club", user: ada, change: "joined" });
  await settle();
  expect([chat.invitations.all.value, chat.rooms.joined.value.map((r) => r.id)]).toEqual([[], ["club"]]);
});

test("a long list is fetched in pages, and channels beyond it are found by name", async () => {
  const rest: Answer<"sync"> & { ok: true } = { ok: true, rooms: [], invitations: [], open: [], gone: [] };
  const pages: Record<string, Answer<"sync">> = {
    "": { ...rest, rooms: [room("a")], next: "1" },
    1: { ...rest, rooms: [room("b")], invitations: [invitation("i")], next: "2" },
    2: { ...rest, invitations: [invitation("k")], open: [room("c")], next: "3", unheard: 7 },
  };
  const { chat, socket } = setUp([], [], {
    replies: {
      sync: ({ cursor = "" }) => pages[cursor] ?? refusal("bad_request"),
      openRooms: ({ search, cursor }) =>
        cursor ? { ok: true, open: [room(`old ${search}`), room("a")] } : { ok: true, open: [], next: "later" },
    },
  });
  socket.accept();
  await settle();
  expect(chat.rooms.joined.value.map((r) => r.id)).toEqual(["a", "b"]);
  expect(chat.invitations.all.value.map((i) => i.room.id)).toEqual(["i", "k"]);
  expect([chat.rooms.open.value.map((r) => r.id), chat.rooms.moreOpen.value]).toEqual([["c"], true]);
  expect(chat.rooms.unheard.value).toBe(7);
  expect((await chat.rooms.findChannels("tea")).map((r) => r.id)).toEqual(["old tea"]);
});

test("an invitation in the address is accepted once there is a connection", async () => {
  const { chat, socket, window } = setUp([], [], { hash: "#room=club", open: [room("club")] });
  socket.accept();
  await settle();
  expect(socket.requests("joinRoom")).toEqual([{ roomId: "club" }]);
  expect([chat.rooms.current.value?.id, window.location.hash]).toEqual(["club", "#/club"]);
});

test("a message is a draft until the server has stored it, and then stands there once", async () => {
  const stored = (text: string, tempId: string) => message("tea", 1, { sender: ada, text, tempId });
  const { chat, socket } = setUp([room("tea")], [], {
    hash: "#/tea",
    replies: { sendMessage: ({ text, tempId }) => ({ ok: true, message: stored(text, tempId) }) },
  });
  chat.messages.send("tea", "hello");
  const { log } = chat.messages.viewOf("tea");
  expect(log.listDrafts().map((d) => d.text)).toEqual(["hello"]);
  socket.accept();
  await settle();
  const [request] = socket.requests("sendMessage");
  socket.push("newMessage", stored("hello", request!.tempId));
  expect([log.listDrafts(), seqs(chat, "tea")]).toEqual([[], [1]]);
});

test("a message that the server refuses is kept as failed, until it is sent again or discarded", async () => {
  let refuse = true;
  const { chat, socket } = setUp([room("tea")], [], {
    replies: {
      sendMessage: ({ text, tempId }) =>
        refuse ? refusal("forbidden") : { ok: true, message: message("tea", 1, { sender: ada, text, tempId }) },
    },
  });
  socket.accept();
  chat.messages.send("tea", "one");
  chat.messages.send("tea", "two");
  await settle();
  const { log } = chat.messages.viewOf("tea");
  expect(log.listDrafts().map((d) => d.failed)).toEqual(["Refused: forbidden.", "Refused: forbidden."]);
  const [one, two] = log.listDrafts();
  refuse = false;
  chat.messages.discard("tea", one!.tempId);
  chat.messages.retry("tea", two!.tempId);
  await settle();
  expect(log.listDrafts()).toEqual([]);
});

test("messages of others count as unread until they are read, and end their typing", async () => {
  const { chat, socket } = setUp([room("tea")]);
  socket.accept();
  await settle();
  socket.push("typing", { roomId: "tea", user: bob, on: true });
  expect(chat.people.typingIn("tea")).toEqual([bob]);
  socket.push("newMessage", message("tea", 1));
  expect([chat.rooms.totalUnread.value, chat.people.typingIn("tea")]).toEqual([1, []]);
  expect(chat.messages.viewOf("tea").latest?.seq).toBe(1);
  chat.readState.see("tea", 1);
  expect(chat.rooms.totalUnread.value).toBe(0);
});

test("what is seen in a moment is one mark, and several rooms are one request", async () => {
  const { chat, socket } = setUp([listed("tea", 9, 3), listed("art", 2, 0)], [], { replies: markReplies() });
  socket.accept();
  await settle();
  for (const seq of [4, 5, 6]) chat.readState.see("tea", seq);
  expect(socket.requests("markRead")).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(socket.requests("markRead")).toEqual([{ roomId: "tea", seq: 6, version: 100 }]);
  chat.readState.see("tea", 7);
  await chat.readState.send(); // the page is hidden
  expect(socket.requests("markRead")).toHaveLength(2);
  chat.rooms.markAllRead();
  await settle();
  expect(socket.requests("markAllRead")).toEqual([
    {
      marks: [
        { roomId: "tea", seq: 9, version: 100 },
        { roomId: "art", seq: 2, version: 100 },
      ],
    },
  ]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([chat.rooms.totalUnread.value, socket.requests("markRead").length]).toEqual([0, 2]);
});

test("what is seen without a connection is told over the next one", async () => {
  const { chat, socket } = setUp([listed("tea", 9, 3)], [], { replies: markReplies() });
  socket.accept();
  await settle();
  socket.lose();
  chat.readState.see("tea", 8);
  await vi.advanceTimersByTimeAsync(5000);
  expect([socket.requests("markRead"), chat.rooms.totalUnread.value]).toEqual([[], 1]);
  socket.accept();
  await settle();
  expect(socket.requests("markRead")).toEqual([{ roomId: "tea", seq: 8, version: 100 }]);
});

test("marks of other devices count, and messages can be marked as unread", async () => {
  const { chat, socket } = setUp([listed("tea", 9, 3)], [], { replies: markReplies() });
  socket.accept();
  await settle();
  socket.push("read", { userId: "a", marks: [{ roomId: "tea", seq: 8, version: 100 }] });
  socket.push("read", { userId: "a", marks: [{ roomId: "tea", seq: 5, version: 100 }] });
  expect(chat.rooms.totalUnread.value).toBe(1);
  await chat.readState.markUnread("tea", 3);
  expect(socket.requests("markRead")).toEqual([{ roomId: "tea", seq: 2, unread: true, version: 100 }]);
  chat.readState.see("tea", 9);
  expect([chat.rooms.totalUnread.value, chat.readState.isHeld("tea")]).toEqual([7, true]);
  chat.location.goTo("tea");
  chat.readState.see("tea", 9);
  expect(chat.rooms.totalUnread.value).toBe(0);
});

test("who has seen the newest own message is asked for until all have", async () => {
  let read = 0;
  const mine = message("tea", 1, { sender: ada });
  const { chat, socket } = setUp([listed("tea", 1, 1)], [mine], {
    hash: "#/tea",
    replies: { ...markReplies(), readMarks: () => ({ ok: true, marks: [{ userId: "b", seq: read }] }) },
  });
  vi.stubGlobal("document", { visibilityState: "visible" });
  socket.accept();
  await vi.advanceTimersByTimeAsync(600);
  const seen = () => chat.readers.readersOf("tea", 1, chat.rooms.readersIn("tea"));
  expect([socket.requests("readMarks"), seen()]).toEqual([[{ roomId: "tea" }], []]);
  read = 1;
  await vi.advanceTimersByTimeAsync(120_000);
  expect([socket.requests("readMarks").length, seen()]).toEqual([2, ["b"]]);
  vi.unstubAllGlobals();
});

test("a connect is one request, which brings the room on the screen and who is online there", async () => {
  const direct = room("talk", { kind: "direct", members: [ada, bob] });
  const rooms = [room("tea"), direct];
  const members = [ada, bob].map((user) => ({ ...user, joinedAt: "", online: true, version: 7 }));
  const { chat, socket } = setUp(rooms, [], {
    hash: "#/tea",
    replies: {
      sync: ({ watch, history, members: wanted }) => ({
        ok: true,
        rooms,
        invitations: [],
        open: [],
        gone: [],
        ...(watch && { watch: { users: {} } }),
        ...(history && { history: page([message("tea", 1)]) }),
        ...(wanted && { members: { members, more: false } }),
      }),
    },
  });
  const asked = () => socket.sent.splice(0).filter(([operation]) => operation !== "followedThreads");
  socket.accept();
  await settle();
  const opening = { members: { roomId: "tea" }, history: { roomId: "tea" } };
  // Which direct rooms there are is not known yet.
  expect(asked()).toEqual([
    ["sync", { rooms: {}, watch: { roomIds: ["tea"], tell: [] }, ...opening }],
    ["watch", { roomIds: ["tea", "talk"], tell: ["talk"] }],
  ]);
  expect([seqs(chat, "tea"), chat.people.isOnline("b")]).toEqual([[1], true]);
  expect(chat.rooms.membersOf("tea").map((m) => m.name)).toEqual(["Ada", "Bob"]);
  socket.lose();
  socket.accept();
  await settle();
  const known = { tea: { seq: 1, rev: 0 } };
  expect(asked()).toEqual([
    ["sync", { rooms: known, watch: { roomIds: ["tea", "talk"], tell: ["talk"] }, members: { roomId: "tea" } }],
  ]);
});

test("the room on the screen and the direct rooms are watched, and again by each connection", async () => {
  const direct = room("talk", { kind: "direct", members: [ada, bob] });
  const { chat, socket } = setUp([room("tea"), room("art"), direct], [], { hash: "#/tea" });
  socket.accept();
  await settle();
  expect(socket.requests("watch")).toEqual([{ roomIds: ["tea", "talk"], tell: ["tea", "talk"] }]);
  chat.location.goTo("art");
  await settle();
  expect(socket.requests("watch").at(-1)).toEqual({ roomIds: ["art", "talk"], tell: ["art"] });
  expect(chat.people.isOnline("b")).toBe(true);
  socket.push("presence", { users: { b: { online: false, version: 6, lastSeen: "2026-01-01T00:00:00Z" } } });
  expect(chat.people.isOnline("b")).toBe(false);
  socket.lose();
  socket.accept();
  await settle();
  expect(socket.requests("watch").at(-1)).toEqual({ roomIds: ["art", "talk"], tell: ["art", "talk"] });
  expect(socket.requests("watch").length).toBe(3);
});

test("one request to watch is under way at a time", async () => {
  let answer: Answer<"watch"> | "silence" = "silence";
  const { chat, socket } = setUp([room("tea"), room("art")], [], { hash: "#/tea", replies: { watch: () => answer } });
  socket.accept();
  await settle();
  chat.location.goTo("art");
  await settle();
  expect(socket.requests("watch").length).toBe(1);
  answer = { ok: true, users: {} };
  await vi.advanceTimersByTimeAsync(5000);
  expect(socket.requests("watch").map(({ roomIds }) => roomIds)).toEqual([["tea"], ["tea"], ["art"]]);
});

test("rooms that may not be watched are asked for once, and the list of rooms is read again", async () => {
  const { socket } = setUp([room("tea")], [], { hash: "#/tea", replies: { watch: () => refusal("forbidden") } });
  socket.accept();
  await settle();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([socket.requests("watch").length, socket.requests("sync").length]).toEqual([1, 2]);
});

test("a connection that is back within a second is never shown as lost", async () => {
  const { chat, socket } = setUp();
  const shown: string[] = [];
  effect(() => void shown.push(chat.connection.shown.value));
  socket.accept();
  socket.lose();
  await vi.advanceTimersByTimeAsync(990);
  socket.accept();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(shown).toEqual(["connecting", "connected"]);
  expect(chat.people.isOnline("a")).toBe(true);
  socket.lose();
  socket.refuse("unavailable");
  await vi.advanceTimersByTimeAsync(1000);
  expect(shown).toEqual(["connecting", "connected", "lost"]);
  socket.accept();
  expect(shown.at(-1)).toBe("connected");
});

test("presence follows the events, whatever their order", async () => {
  const { chat, socket } = setUp();
  socket.push("userOnline", { user: bob, version: 7 });
  socket.push("userOffline", { user: bob, version: 6, lastSeen: "2026-01-01T00:00:00Z" });
  expect(chat.people.isOnline("b")).toBe(true);
  socket.push("userOffline", { user: bob, version: 8, lastSeen: "2026-01-01T00:00:00Z" });
  expect([chat.people.isOnline("b"), chat.people.lastSeen("b")]).toEqual([false, "2026-01-01T00:00:00Z"]);
});

test("rooms come and go with the events", async () => {
  const { chat, socket } = setUp([room("tea")], [], { hash: "#/tea" });
  socket.accept();
  await settle();
  socket.push("roomChanged", { room: room("club") });
  socket.push("roomChanged", { room: room("talk", { kind: "direct", members: [ada, bob] }) });
  expect(chat.rooms.open.value.map((r) => r.id)).toEqual(["club"]);
  expect(chat.rooms.joined.value.map((r) => chat.rooms.titleOf(r))).toEqual(["Bob", "tea"]);
  const eve = { id: "e", name: "Eve" };
  socket.push("memberChanged", { roomId: "tea", user: eve, change: "joined" });
  expect(chat.rooms.membersOf("tea").map((m) => m.name)).toContain("Eve");
  socket.push("memberChanged", { roomId: "tea", user: eve, change: "left" });
  expect(chat.rooms.membersOf("tea").map((m) => m.name)).not.toContain("Eve");
  socket.push("memberChanged", { roomId: "tea", user: ada, change: "left" });
  expect([chat.rooms.joined.value.map((r) => r.id), chat.location.roomId.value]).toEqual([["talk"], null]);
});

test("what the user asks for is done, or the user is told why not", async () => {
  let answer: Answer<"createRoom"> | "silence" = { ok: true, room: room("mine") };
  const { chat, socket } = setUp([], [], { replies: { createRoom: () => answer } });
  socket.accept();
  await settle();
  expect(await chat.rooms.create("Mine", "channel")).toBe("mine");
  answer = refusal("bad_request");
  expect(await chat.rooms.create("", "channel")).toBeNull();
  expect(chat.toast.current.value).toEqual({ text: "Refused: bad_request.", kind: "problem" });
  answer = "silence";
  const before = socket.requests("createRoom").length;
  expect(await chat.rooms.create("Quiet", "channel")).toBeNull();
  const [first, second, ...others] = socket.requests("createRoom").slice(before);
  expect([first, others]).toEqual([second, []]);
  expect(chat.toast.current.value?.text).toContain("did not answer");
  expect(socket.closedEngine).toBe(2); // a silent connection is closed, so that a new one is made
  await vi.advanceTimersByTimeAsync(8000);
  expect(chat.toast.current.value).toBeNull();
});

test("what runs in the background is repeated while the connection lasts, and not after", async () => {
  const { chat, socket } = setUp([room("tea")], [], { replies: { history: () => refusal("unavailable", true) } });
  socket.accept();
  await settle();
  const older = chat.connection.requestWhileConnected("history", { roomId: "tea" });
  await vi.advanceTimersByTimeAsync(3000);
  const tried = socket.requests("history").length;
  expect(tried).toBeGreaterThan(2);
  socket.lose();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await older).toBeNull();
  expect(socket.requests("history").length).toBe(tried);
  expect(chat.connection.state.value).toBe("lost");
});

test("after a lost connection, what was missed is fetched", async () => {
  const messages = [message("tea", 1)];
  const { chat, socket } = setUp([room("tea")], messages, { hash: "#/tea" });
  socket.accept();
  await settle();
  socket.lose();
  messages.push(message("tea", 2), message("tea", 3));
  socket.accept();
  await settle();
  expect(seqs(chat, "tea")).toEqual([1, 2, 3]);
});

test("a connect with forty rooms is one request, and one for the room on the screen", async () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const rooms = Array.from({ length: 40 }, (_, i) => room(`r${i}`, { head: 1 }));
  let said = 1;
  const text = (i: number) => message(`r${i}`, said, { sentAt: at(i + said), text: `${said} in ${i}` });
  const { chat, socket } = setUp(rooms, [message("r7", 1, { sentAt: at(8), text: "1 in 7" })], {
    hash: "#/r7",
    replies: {
      sync: ({ rooms: known = {} }) => ({
        ok: true,
        rooms: rooms.map((r, i) => ({
          ...r,
          head: said,
          last: text(i),
          ...(known[r.id] && {
            news: {
              ...page(),
              from: 2,
              to: 3,
              head: 3,
              messages: [message(r.id, 2), text(i)],
              changes: { messages: [], rev: 0, more: false },
            },
          }),
        })),
        invitations: [],
        open: [],
        gone: [],
      }),
    },
  });
  const asked = () => socket.sent.splice(0).map(([operation]) => operation);
  const catchingUp = ["sync", "joinRoom", "history", "changes"];
  const latest = () => chat.rooms.recent.value.map((r) => chat.messages.viewOf(r.id).latest?.text);
  socket.accept();
  await settle();
  expect(asked().filter((o) => catchingUp.includes(o))).toEqual(["sync", "joinRoom"]);
  expect(latest()).toEqual(rooms.map((_, i) => `1 in ${39 - i}`));
  socket.lose();
  said = 3;
  socket.accept();
  await settle();
  expect(socket.requests("sync")).toEqual([
    { rooms: { r7: { seq: 1, rev: 0 } }, members: { roomId: "r7" }, watch: { roomIds: ["r7"], tell: [] } },
  ]);
  expect(asked().filter((o) => catchingUp.includes(o))).toEqual(["sync", "joinRoom"]);
  expect(seqs(chat, "r7")).toEqual([1, 2, 3]);
  expect(latest()).toEqual(rooms.map((_, i) => `3 in ${39 - i}`));
});

test("a server that disconnects on purpose is connected to again, and one that refuses the token only with a better one", async () => {
  const { socket, unauthorized } = setUp();
  socket.accept();
  socket.lose("io server disconnect");
  await vi.advanceTimersByTimeAsync(2000);
  expect(socket.connects).toBe(1);
  unauthorized.mockResolvedValue(true);
  socket.refuse("unauthorized");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(socket.connects).toBe(2);
  unauthorized.mockResolvedValue(false);
  socket.refuse("unauthorized");
  await vi.advanceTimersByTimeAsync(60_000);
  expect([socket.connects, unauthorized.mock.calls.length]).toEqual([2, 2]);
});

test("a closed chat sends, hears and shows nothing", async () => {
  const { chat, socket } = setUp([room("tea")], [message("tea", 1)]);
  socket.accept();
  await settle();
  chat.close();
  const before = socket.sent.length;
  chat.location.goTo("tea");
  chat.messages.send("tea", "too late");
  chat.people.sendTyping("tea", true);
  socket.push("newMessage", message("tea", 2));
  expect(await chat.rooms.create("Late", "channel")).toBeNull();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([socket.sent.length, socket.connected, socket.connects]).toEqual([before, false, 0]);
  expect([chat.toast.current.value, chat.connection.state.value]).toEqual([null, "connecting"]);
});

test("an edit and a deletion replace the message, for its author at once", async () => {
  let stored = message("tea", 1, { sender: ada, text: "one" });
  const { chat, socket } = setUp([room("tea")], [stored], {
    hash: "#/tea",
    replies: {
      editMessage: ({ text, version }) => {
        stored = { ...stored, text, version: (version ?? 0) + 1, editedAt: "2026-01-01T00:01:00Z", rev: 1 };
        return { ok: true, message: stored };
      },
      deleteMessage: () => {
        stored = { ...stored, text: "", deletedAt: "2026-01-01T00:02:00Z", rev: 2 };
        return { ok: true, message: stored };
      },
    },
  });
  socket.accept();
  await settle();
  const texts = () =>
    chat.messages
      .viewOf("tea")
      .log.list()
      .map((m) => m.text);
  expect(await chat.messages.edit(stored, "two")).toBe(true);
  expect(socket.requests("editMessage")).toEqual([{ roomId: "tea", seq: 1, text: "two", version: 0 }]);
  expect([texts(), chat.messages.viewOf("tea").latest?.text]).toEqual([["two"], "two"]);
  expect(await chat.messages.delete(stored)).toBe(true);
  expect(texts()).toEqual([""]);
  socket.push("messageChanged", { message: { ...stored, text: "two", rev: 1 }, rev: 1 });
  expect(texts()).toEqual([""]);
});

test("an edit that is refused says why and changes nothing", async () => {
  const stored = message("tea", 1, { sender: ada });
  const { chat, socket } = setUp([room("tea")], [stored], {
    hash: "#/tea",
    replies: { editMessage: () => refusal("version_conflict") },
  });
  socket.accept();
  await settle();
  expect(await chat.messages.edit(stored, "two")).toBe(false);
  expect(chat.toast.current.value?.text).toBe("Refused: version_conflict.");
  expect(chat.messages.viewOf("tea").log.list()[0]?.text).toBe("1");
});

test("changes that were missed are fetched, and only when the server has mentioned one", async () => {
  const state = (seq: number, rev: number) => message("tea", seq, { text: `revision ${rev}`, rev });
  const log = [message("tea", 1), message("tea", 2)];
  let changed: Message[] = [];
  let rev = 0;
  const { chat, socket } = setUp([room("tea")], log, {
    hash: "#/tea",
    replies: {
      sync: ({ rooms: known }) => ({
        ok: true,
        rooms: [
          {
            ...room("tea", { head: 2 }),
            ...(known?.tea && { news: { ...page(log), rev, changes: { messages: changed, rev, more: false } } }),
          },
        ],
        invitations: [],
        open: [],
        gone: [],
      }),
      changes: ({ after }) => ({ ok: true, messages: changed, rev: after + changed.length, more: false }),
    },
  });
  const reconnect = async () => {
    socket.lose();
    socket.accept();
    await vi.advanceTimersByTimeAsync(1000);
  };
  const texts = () =>
    chat.messages
      .viewOf("tea")
      .log.list()
      .map((m) => m.text);
  socket.accept();
  await settle();
  await reconnect();
  expect(socket.requests("changes")).toEqual([]);
  changed = [state(1, 1)];
  rev = 1;
  await reconnect();
  expect(texts()).toEqual(["revision 1", "2"]);
  changed = [state(2, 2)];
  socket.push("messageChanged", { message: state(1, 3), rev: 3 });
  await vi.advanceTimersByTimeAsync(1000);
  expect(socket.requests("changes").map((r) => r.after)).toEqual([1]);
  expect(texts()).toEqual(["revision 3", "revision 2"]);
});

// What the documentation of Socket.IO promises, one test for each.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance } from "../entrance.mjs";
import { connect, http, record, request, signIn, startCloud, waitUntil } from "../harness.mjs";

describe("events between a client and the server", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  /** @type {import("socket.io-client").Socket[]} */
  const sockets = [];
  before(async () => (cloud = await startCloud(["-app", "tour"])));
  after(async () => {
    for (const socket of sockets) socket.disconnect();
    await cloud.stop();
  });
  const join = async () => {
    const socket = await connect(`${cloud.url}/tour`);
    sockets.push(socket);
    return Object.assign(socket, { events: record(socket) });
  };

  /**
   * What a client has been told before a last word to it alone.
   *
   * @param {Awaited<ReturnType<typeof join>>} socket
   */
  const heardBefore = async (socket) => {
    await socket.emitWithAck("tellMe", "the last word");
    await socket.events.first("told", (text) => text === "the last word");
    return socket.events.all("told").slice(0, -1);
  };

  test("the client emits with data and a callback, and the callback gets the handler's answer", async () => {
    const socket = await join();
    const answer = await new Promise((resolve) => socket.emit("greet", { name: "Ada" }, resolve));
    assert.deepEqual(answer, { greeting: "Hello, Ada!" });
  });

  test("the server emits with data and a callback, and gets the client's answer", async () => {
    const socket = await join();
    socket.on("question", (data, callback) => callback({ answer: data.number * 2 }));
    assert.deepEqual(await request(socket, "askMe", { number: 21 }), { ok: true, answer: 42 });
  });

  test("the server sees that a client does not answer in time", async () => {
    const socket = await join();
    const answer = await socket.emitWithAck("askMe", { number: 1 });
    assert.deepEqual(answer, { ok: false, error: { code: "no_answer", message: "The client did not answer." } });
  });

  test("socket.emit reaches this client only", async () => {
    const [one, two] = [await join(), await join()];
    await one.emitWithAck("tellMe", "this client");
    assert.equal(await one.events.first("told"), "this client");
    assert.deepEqual(await heardBefore(two), []);
  });

  test("socket.broadcast.emit reaches all others", async () => {
    const [one, two, three] = [await join(), await join(), await join()];
    await one.emitWithAck("tellOthers", "all others");
    assert.equal(await two.events.first("told"), "all others");
    assert.equal(await three.events.first("told"), "all others");
    assert.deepEqual(await heardBefore(one), []);
  });

  test("io.emit reaches everyone", async () => {
    const [one, two] = [await join(), await join()];
    await one.emitWithAck("tellEveryone", "everyone");
    assert.equal(await one.events.first("told", (text) => text === "everyone"), "everyone");
    assert.equal(await two.events.first("told", (text) => text === "everyone"), "everyone");
  });

  test("io.to(room).emit reaches a room, the sender included", async () => {
    const [one, two, outside] = [await join(), await join(), await join()];
    await one.emitWithAck("enter", "lobby");
    await two.emitWithAck("enter", "lobby");
    await one.emitWithAck("tellRoom", { room: "lobby", text: "a room" });
    assert.equal(await one.events.first("told", (text) => text === "a room"), "a room");
    assert.equal(await two.events.first("told", (text) => text === "a room"), "a room");
    assert.deepEqual(await heardBefore(outside), []);
  });

  test("what a handler emits to its own client arrives before the acknowledgement", async () => {
    const socket = await join();
    /** @type {string[]} */
    const order = [];
    socket.on("told", () => order.push("event"));
    await socket.emitWithAck("tellMe", "first").then(() => order.push("acknowledgement"));
    assert.deepEqual(order, ["event", "acknowledgement"]);
  });

  test("a handler that panics answers with an error and the connection lives", async () => {
    const socket = await join();
    const answer = await socket.emitWithAck("fall", {});
    assert.deepEqual(answer, { ok: false, error: { code: "internal", message: "Something went wrong on our side." } });
    assert.deepEqual(await socket.emitWithAck("greet", { name: "Ada" }), { greeting: "Hello, Ada!" });
  });

  test("the server disconnects a client", async () => {
    const socket = await join();
    const reason = new Promise((resolve) => socket.once("disconnect", resolve));
    socket.emit("leaveMe");
    assert.equal(await reason, "io server disconnect");
  });
});

describe("a chat", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());

  test("a message is stored and then emitted to the room, the sender included", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const { room } = await ada.request("createRoom", { name: "Engines", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    const { message } = await ada.request("sendMessage", { roomId: room.id, text: "Hello", tempId: "t-1" });
    assert.equal(message.seq, 1);
    assert.equal(message.text, "Hello");
    assert.equal(message.tempId, "t-1");
    assert.deepEqual(message.sender, ada.user);
    assert.deepEqual(await ada.events.first("newMessage"), message);
    assert.deepEqual(await bob.events.first("newMessage"), message);
    const { messages, head, more } = await bob.request("history", { roomId: room.id });
    assert.deepEqual({ messages, head, more }, { messages: [message], head: 1, more: false });
  });

  test("an HTTP POST stores a message, and the room receives it", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const { room } = await ada.request("createRoom", { name: "Letters", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    const path = `/api/rooms/${room.id}/messages`;
    const post = await http(cloud.url, "POST", path, { token: bob.token, body: { text: "By post", tempId: "p-1" } });
    assert.equal(post.status, 201, JSON.stringify(post.body));
    assert.deepEqual(await ada.events.first("newMessage"), post.body.message);
    assert.deepEqual(await bob.events.first("newMessage"), post.body.message);
    const get = await http(cloud.url, "GET", path, { token: ada.token });
    assert.deepEqual(get.body.messages, [post.body.message]);
  });

  test("the stored message replaces the temporary entry, whether acknowledgement or echo comes first", async () => {
    const ada = await enter("Ada");
    const { room } = await ada.request("createRoom", { name: "Optimism", kind: "channel" });
    /** @type {Map<string | undefined, object>} */
    const screen = new Map([["t-9", { text: "soon", pending: true }]]);
    /** @param {{ tempId?: string, id: string, text: string }} message */
    const place = (message) => {
      screen.delete(message.tempId);
      screen.set(message.id, message);
    };
    ada.socket.on("newMessage", place);
    const { message } = await ada.request("sendMessage", { roomId: room.id, text: "soon", tempId: "t-9" });
    place(message);
    await ada.events.first("newMessage");
    assert.deepEqual([...screen.values()], [message]);
  });

  test("the sender's other device receives the message", async () => {
    const session = await signIn(cloud.url, "Ada");
    const [desk, phone] = [await enter("Ada", session), await enter("Ada", session)];
    const { room } = await desk.request("createRoom", { name: "Devices", kind: "private" });
    await phone.events.first("roomChanged", (e) => e.room.id === room.id);
    const { message } = await desk.request("sendMessage", { roomId: room.id, text: "on both", tempId: "d-1" });
    assert.deepEqual(await phone.events.first("newMessage"), message);
    const { rooms } = await phone.request("listRooms", {});
    assert.deepEqual(
      rooms.map((r) => r.id),
      [room.id],
    );
  });

  test("the others in the room see who is typing", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const { room } = await ada.request("createRoom", { name: "Typing", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    await ada.request("typing", { roomId: room.id, on: true });
    assert.deepEqual(await bob.events.first("typing"), { roomId: room.id, user: ada.user, on: true });
    assert.deepEqual(ada.events.all("typing"), []);
  });
});

describe("presence", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud(["-sweep-every", "250ms"])));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());

  test("who watches a room is told who comes online there, and who goes offline with the last device", async () => {
    const [watcher, stranger] = [await enter("Watcher"), await enter("Stranger")];
    const session = await signIn(cloud.url, "Ada");
    const id = session.user.id;
    const { room } = await watcher.request("createRoom", { name: "Watched", kind: "channel" });
    await http(cloud.url, "POST", `/api/rooms/${room.id}/join`, { token: session.token });
    assert.equal((await watcher.request("watch", { roomIds: [room.id] })).users[id].online, false);
    const forbidden = await stranger.emitWithAck("watch", { roomIds: [room.id] });
    assert.equal(forbidden.error.code, "forbidden");

    const desk = await enter("Ada", session);
    const ofAda = () => watcher.events.all("presence").flatMap(({ users }) => users[id] ?? []);
    await watcher.events.first("presence", ({ users }) => users[id]?.online);
    const phone = await enter("Ada", session);
    desk.close();
    await waitUntil(async () => {
      const { users } = await watcher.request("presence", { userIds: [id] });
      return users[id].version === 3;
    }, "the end of the desk's socket");
    assert.equal(ofAda().length, 1, "told of a device, while another lives");
    const { users } = await stranger.request("presence", { userIds: [id] });
    assert.deepEqual(users[id], { online: false, version: 0 });
    phone.close();
    const offline = (await watcher.events.first("presence", ({ users }) => users[id]?.online === false)).users[id];
    assert.ok(offline.lastSeen, "last seen");
    assert.deepEqual((await watcher.request("watch", { roomIds: [room.id] })).users[id], offline);
    const { body } = await http(cloud.url, "GET", `/api/users/${id}/presence`, { token: watcher.token });
    assert.equal(body.online, false);
    assert.deepEqual(stranger.events.all("presence"), []);
  });
});

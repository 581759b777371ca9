// One test for each thing that a reader of Socket.IO's documentation expects to work.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, http, listen, person, request, signIn, sleep, startCloud } from "../confab.mjs";

describe("events between a client and the server", () => {
  let cloud;
  const sockets = [];
  before(async () => (cloud = await startCloud(["-app", "tour"])));
  after(async () => {
    for (const socket of sockets) socket.disconnect();
    await cloud.stop();
  });
  const join = async () => {
    const socket = await connect(`${cloud.url}/tour`);
    sockets.push(socket);
    return Object.assign(socket, { heard: listen(socket) });
  };

  test("the client emits with data and a callback, and the callback gets the listener's answer", async () => {
    const socket = await join();
    const answer = await new Promise((resolve) => socket.emit("greet", { name: "Ada" }, resolve));
    assert.deepEqual(answer, { greeting: "Hello, Ada!" });
  });

  test("the server emits with data and a callback, and gets the client's answer", async () => {
    const socket = await join();
    socket.on("question", (data, callback) => callback({ answer: data.number * 2 }));
    assert.deepEqual(await request(socket, "askMe", { number: 21 }), { ok: true, answer: 42 });
  });

  test("the server hears that a client does not answer in time", async () => {
    const socket = await join();
    const answer = await socket.emitWithAck("askMe", { number: 1 });
    assert.deepEqual(answer, { ok: false, error: { code: "no_answer", message: "The client did not answer." } });
  });

  test("socket.emit reaches this client only", async () => {
    const [one, two] = [await join(), await join()];
    await one.emitWithAck("tellMe", "this client");
    assert.equal(await one.heard.event("told"), "this client");
    await sleep(200);
    assert.deepEqual(two.heard.all("told"), []);
  });

  test("socket.broadcast.emit reaches all others", async () => {
    const [one, two, three] = [await join(), await join(), await join()];
    await one.emitWithAck("tellOthers", "all others");
    assert.equal(await two.heard.event("told"), "all others");
    assert.equal(await three.heard.event("told"), "all others");
    await sleep(200);
    assert.deepEqual(one.heard.all("told"), []);
  });

  test("io.emit reaches everyone", async () => {
    const [one, two] = [await join(), await join()];
    await one.emitWithAck("tellEveryone", "everyone");
    assert.equal(await one.heard.event("told", (text) => text === "everyone"), "everyone");
    assert.equal(await two.heard.event("told", (text) => text === "everyone"), "everyone");
  });

  test("io.to(room).emit reaches a room, the sender included", async () => {
    const [one, two, outside] = [await join(), await join(), await join()];
    await one.emitWithAck("enter", "lobby");
    await two.emitWithAck("enter", "lobby");
    await one.emitWithAck("tellRoom", { room: "lobby", text: "a room" });
    assert.equal(await one.heard.event("told", (text) => text === "a room"), "a room");
    assert.equal(await two.heard.event("told", (text) => text === "a room"), "a room");
    await sleep(200);
    assert.deepEqual(outside.heard.all("told"), []);
  });

  test("what a handler emits to its own client arrives before the acknowledgement", async () => {
    const socket = await join();
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
  let cloud;
  const people = [];
  before(async () => (cloud = await startCloud()));
  after(async () => {
    for (const p of people) p.close();
    await cloud.stop();
  });
  const enter = async (name, session) => {
    const p = await person(cloud.url, name, session);
    people.push(p);
    return p;
  };

  test("a message is stored and then emitted to the room, the sender included", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const { room } = await ada.request("createRoom", { name: "Engines", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    const { message } = await ada.request("sendMessage", { roomId: room.id, text: "Hello", tempId: "t-1" });
    assert.equal(message.seq, 1);
    assert.equal(message.text, "Hello");
    assert.equal(message.tempId, "t-1");
    assert.deepEqual(message.sender, ada.user);
    assert.deepEqual(await ada.heard.event("newMessage"), message);
    assert.deepEqual(await bob.heard.event("newMessage"), message);
    const { messages, head, more } = await bob.request("history", { roomId: room.id });
    assert.deepEqual({ messages, head, more }, { messages: [message], head: 1, more: false });
  });

  test("an HTTP POST stores a message, and the room hears of it", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const { room } = await ada.request("createRoom", { name: "Letters", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    const path = `/api/rooms/${room.id}/messages`;
    const post = await http(cloud.url, "POST", path, { token: bob.token, body: { text: "By post", tempId: "p-1" } });
    assert.equal(post.status, 200, JSON.stringify(post.body));
    assert.deepEqual(await ada.heard.event("newMessage"), post.body.message);
    assert.deepEqual(await bob.heard.event("newMessage"), post.body.message);
    const get = await http(cloud.url, "GET", path, { token: ada.token });
    assert.deepEqual(get.body.messages, [post.body.message]);
  });

  test("the temporary entry is replaced by the stored message, whichever of acknowledgement and echo is first", async () => {
    const ada = await enter("Ada");
    const { room } = await ada.request("createRoom", { name: "Optimism", kind: "channel" });
    const screen = new Map([["t-9", { text: "soon", pending: true }]]);
    const place = (message) => {
      screen.delete(message.tempId);
      screen.set(message.id, message);
    };
    ada.socket.on("newMessage", place);
    const { message } = await ada.request("sendMessage", { roomId: room.id, text: "soon", tempId: "t-9" });
    place(message);
    await ada.heard.event("newMessage");
    assert.deepEqual([...screen.values()], [message]);
  });

  test("the sender's other device receives the message", async () => {
    const session = await signIn(cloud.url, "Ada");
    const [desk, phone] = [await enter("Ada", session), await enter("Ada", session)];
    const { room } = await desk.request("createRoom", { name: "Devices", kind: "private" });
    await phone.heard.event("roomChanged", (e) => e.room.id === room.id);
    const { message } = await desk.request("sendMessage", { roomId: room.id, text: "on both", tempId: "d-1" });
    assert.deepEqual(await phone.heard.event("newMessage"), message);
    const { rooms } = await phone.request("listRooms", {});
    assert.deepEqual(
      rooms.map((r) => r.id),
      [room.id],
    );
  });

  test("everyone hears who comes online, and who goes offline with the last device", async () => {
    const watcher = await enter("Watcher");
    const session = await signIn(cloud.url, "Ada");
    const id = session.user.id;
    const ofAda = (e) => e.user.id === id;
    const desk = await enter("Ada", session);
    await watcher.heard.event("userOnline", ofAda);
    const phone = await enter("Ada", session);
    desk.close();
    await sleep(300);
    assert.equal(watcher.heard.all("userOffline").filter(ofAda).length, 0, "offline while a device lives");
    assert.equal(watcher.heard.all("userOnline").filter(ofAda).length, 1, "online twice");
    let { users } = await watcher.request("presence", { userIds: [id] });
    assert.equal(users[id].online, true);
    phone.close();
    const offline = await watcher.heard.event("userOffline", ofAda);
    assert.ok(offline.lastSeen, "last seen");
    ({ users } = await watcher.request("presence", { userIds: [id] }));
    assert.equal(users[id].online, false);
    assert.equal(
      (await http(cloud.url, "GET", `/api/users/${id}/presence`, { token: watcher.token })).body.online,
      false,
    );
  });

  test("somebody types, and the others in the room see it", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const { room } = await ada.request("createRoom", { name: "Typing", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    await ada.request("typing", { roomId: room.id, on: true });
    assert.deepEqual(await bob.heard.event("typing"), { roomId: room.id, user: ada.user, on: true });
    assert.deepEqual(ada.heard.all("typing"), []);
  });
});

// What the official client's own tests ask of a server, with nothing but the URL and the
// options of every client of Confab.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { startCloud, until } from "../confab.mjs";

describe("the official client and the conformance app", () => {
  let cloud;
  const opened = [];
  before(async () => (cloud = await startCloud(["-app", "conformance"])));
  afterEach(() => opened.splice(0).forEach((socket) => socket.disconnect()));
  after(() => cloud.stop());

  const open = (path = "/", options = {}) => {
    const socket = io(cloud.url + path, {
      transports: ["websocket"],
      forceBase64: true,
      forceNew: true,
      reconnectionDelay: 10,
      ...options,
    });
    opened.push(socket);
    return socket;
  };
  const heard = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
  const connected = async (...args) => {
    const socket = open(...args);
    await heard(socket, "connect");
    return socket;
  };

  test("what is emitted before and after the connection is there is handled in this order", async () => {
    const socket = open("/", { autoConnect: false });
    const answers = [];
    const ask = (i) => socket.emit("echo", i, (answer) => answers.push(answer));
    for (let i = 0; i < 10; i++) ask(i);
    socket.once("connect", () => {
      for (let i = 10; i < 20; i++) ask(i);
    });
    socket.connect();
    await until(() => answers.length === 20, "all answers");
    assert.deepEqual(
      answers,
      Array.from({ length: 20 }, (_, i) => i),
    );
  });

  test("an event that nobody handles is not acknowledged", async () => {
    const socket = await connected();
    await assert.rejects(socket.timeout(50).emitWithAck("unheard of"), { message: "operation has timed out" });
    const patient = await connected("/", { ackTimeout: 50 });
    const error = await new Promise((resolve) => patient.emit("unheard of", resolve));
    assert.equal(error.message, "operation has timed out");
    assert.equal(await socket.emitWithAck("echo", "the connection stays"), "the connection stays");
  });

  test("with retries, one event after the other is tried until it is acknowledged, or as often as asked", async () => {
    const socket = open("/", { retries: 2, ackTimeout: 300 });
    const [tried, outcomes] = [[], []];
    socket.io.engine.on("packetCreate", ({ data }) => tried.push(data));
    for (const event of ["echo", "unheard of", "echo"])
      socket.emit(event, event, (error) => outcomes.push(error === null));
    await until(() => outcomes.length === 3, "three outcomes");
    assert.deepEqual(outcomes, [true, false, true]);
    const attempt = (id, event) => `2${id}["${event}","${event}"]`;
    assert.deepEqual(tried, [
      "0",
      attempt(0, "echo"),
      attempt(1, "unheard of"),
      attempt(2, "unheard of"),
      attempt(3, "unheard of"),
      attempt(4, "echo"),
    ]);
  });

  test("a cut connection is recovered, with its id, again and again", async () => {
    const socket = await connected();
    socket.emit("hi"); // whose answer has an offset
    await heard(socket, "hi");
    const { id } = socket;
    for (let i = 0; i < 3; i++) {
      socket.io.engine.close();
      await heard(socket, "connect");
      assert.deepEqual([socket.id, socket.recovered], [id, true]);
    }
  });

  test("a refusal says why, and the client does not come back from it", async () => {
    for (const [path, why] of [
      ["/?fail=1", "Auth failed (main namespace)"],
      ["/no", "Auth failed (custom namespace)"],
    ]) {
      const socket = open(path);
      const [error] = await heard(socket, "connect_error");
      assert.equal(error.message, why);
      assert.equal(socket.active, false);
    }
  });

  test("handshakes tell query and auth, encoded as they may be", async () => {
    const socket = open("/abc", { query: { "&a": "&=?a" }, auth: (callback) => callback({ e: ["f"] }) });
    const [handshake] = await heard(socket, "handshake");
    const { EIO, b64, transport, ...query } = handshake.query;
    assert.deepEqual(
      { EIO, b64, transport, query, auth: handshake.auth },
      {
        EIO: "4",
        b64: "1",
        transport: "websocket",
        query: { "&a": "&=?a" },
        auth: { e: ["f"] },
      },
    );
    const [other] = await heard(open("/abc?b=c&d=e"), "handshake");
    assert.deepEqual([other.query.b, other.query.d], ["c", "e"]);
  });

  test("the server asks and the client answers with several values", async () => {
    const socket = await connected();
    socket.on("ack", (answer) => answer(5, { test: true }));
    const got = heard(socket, "got it");
    socket.emit("ack");
    await got;
  });

  test("bytes come and go, alone, in an object, and in order with text", async () => {
    const socket = await connected();
    const bytes = Uint8Array.of(0, 1, 254, 255);
    const doge = heard(socket, "doge");
    socket.emit("doge");
    assert.equal(Buffer.from((await doge)[0]).toString(), "asdfasdf");
    for (const [answer, ...events] of [
      ["buffack", ["buffa", bytes]],
      ["jsonbuff-ack", ["jsonbuff", { hello: "lol", message: bytes, goodbye: "gotcha" }]],
      ["abuff2-ack", ["abuff1", bytes], ["abuff2", "after the bytes"]],
    ]) {
      const answered = heard(socket, answer);
      for (const event of events) socket.emit(...event);
      await answered;
    }
    assert.deepEqual(Buffer.from(await socket.emitWithAck("message-with-ack", bytes)), Buffer.from(bytes));
  });

  test("a socket disconnects and connects again, on a connection that others keep", async () => {
    const socket = await connected("/foo");
    const other = socket.io.socket("/asd");
    opened.push(other);
    await heard(other, "connect");
    const { id } = socket;
    socket.disconnect();
    socket.connect();
    await heard(socket, "connect");
    assert.notEqual(socket.id, id);
    assert.equal(await socket.emitWithAck("getId"), socket.id);
    assert.equal(other.connected, true);
  });
});

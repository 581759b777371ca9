// What the official client's own tests expect of a server, with only the options that every
// client of Confab needs.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { patience, startCloud, waitUntil } from "../harness.mjs";

for (const [flags, events] of /** @type {const} */ ([
  [[], ["auth", "hi"]],
  [["-root-auth=false"], ["hi"]],
])) {
  test(`the root namespace of the conformance app ${flags} emits ${events}`, async () => {
    const cloud = await startCloud(["-app", "conformance", ...flags]);
    const socket = io(cloud.url, { transports: ["websocket"], forceNew: true });
    /** @type {string[]} */
    const heard = [];
    socket.onAny((event) => heard.push(event));
    socket.emit("hi");
    await waitUntil(() => heard.includes("hi"), "the answer");
    assert.deepEqual(heard, events);
    socket.disconnect();
    await cloud.stop();
  });
}

for (const routeResponse of ["every", "filled"]) {
  for (const rootAuth of [true, false]) suite(["-route-response", routeResponse, `-root-auth=${rootAuth}`]);
}

/** @param {string[]} flags */
function suite(flags) {
  describe(`the official client and the conformance app ${flags.join(" ")}`, () => {
    /** @type {import("../harness.mjs").Cloud} */
    let cloud;
    /** @type {import("socket.io-client").Socket[]} */
    const opened = [];
    before(async () => (cloud = await startCloud(["-app", "conformance", ...flags])));
    afterEach(() => {
      for (const socket of opened.splice(0)) socket.disconnect();
    });
    after(() => cloud.stop());

    /** @param {string} path @param {import("../harness.mjs").SocketOptions} options */
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
    /** @param {import("socket.io-client").Socket} socket @param {string} event @returns {Promise<any[]>} */
    const next = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
    /** @param {Parameters<typeof open>} args */
    const connected = async (...args) => {
      const socket = open(...args);
      await next(socket, "connect");
      return socket;
    };

    test("events emitted before and after the connect are handled in order", async () => {
      const socket = open("/", { autoConnect: false });
      /** @type {unknown[]} */
      const answers = [];
      /** @param {number} i */
      const ask = (i) => socket.emit("echo", i, (/** @type {unknown} */ answer) => answers.push(answer));
      for (let i = 0; i < 10; i++) ask(i);
      socket.once("connect", () => {
        for (let i = 10; i < 20; i++) ask(i);
      });
      socket.connect();
      await waitUntil(() => answers.length === 20, "all answers");
      assert.deepEqual(
        answers,
        Array.from({ length: 20 }, (_, i) => i),
      );
    });

    test("an event without a handler is not acknowledged", async () => {
      const socket = await connected();
      await assert.rejects(socket.timeout(50).emitWithAck("unheard of"), { message: "operation has timed out" });
      const patient = await connected("/", { ackTimeout: 50 });
      const error = await new Promise((resolve) => patient.emit("unheard of", resolve));
      assert.equal(error.message, "operation has timed out");
      assert.equal(await socket.emitWithAck("echo", "the connection stays"), "the connection stays");
    });

    test("with retries, events are sent one after the other until acknowledged or given up", async () => {
      const socket = open("/", { retries: 2 });
      /** @type {string[]} */
      const tried = [];
      /** @type {boolean[]} */
      const outcomes = [];
      socket.io.engine.on("packetCreate", ({ data }) => tried.push(data));
      for (const [event, ms] of /** @type {const} */ ([
        ["echo", patience],
        ["unheard of", 300],
        ["echo", patience],
      ]))
        socket.timeout(ms).emit(event, event, (/** @type {unknown} */ error) => outcomes.push(error === null));
      await waitUntil(() => outcomes.length === 3, "three outcomes");
      assert.deepEqual(outcomes, [true, false, true]);
      /** @param {number} id @param {string} event */
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
      socket.emit("hi"); // the answer has an offset
      await next(socket, "hi");
      const { id } = socket;
      for (let i = 0; i < 3; i++) {
        socket.io.engine.close();
        await next(socket, "connect");
        assert.deepEqual([socket.id, socket.recovered], [id, true]);
      }
    });

    test("a refusal gives the reason, and the client does not reconnect", async () => {
      for (const [path, why] of [
        ["/?fail=1", "Auth failed (main namespace)"],
        ["/no", "Auth failed (custom namespace)"],
      ]) {
        const socket = open(path);
        const [error] = await next(socket, "connect_error");
        assert.equal(error.message, why);
        assert.equal(socket.active, false);
      }
    });

    test("a handler sees query and auth of the handshake, whatever their encoding", async () => {
      const socket = open("/abc", { query: { "&a": "&=?a" }, auth: (callback) => callback({ e: ["f"] }) });
      const [handshake] = await next(socket, "handshake");
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
      const [other] = await next(open("/abc?b=c&d=e"), "handshake");
      assert.deepEqual([other.query.b, other.query.d], ["c", "e"]);
    });

    test("the client answers the server with several values", async () => {
      const socket = await connected();
      socket.on("ack", (answer) => answer(5, { test: true }));
      const got = next(socket, "got it");
      socket.emit("ack");
      await got;
    });

    test("bytes are sent and received alone, in an object, and in order with text", async () => {
      const socket = await connected();
      const bytes = Uint8Array.of(0, 1, 254, 255);
      const doge = next(socket, "doge");
      socket.emit("doge");
      assert.equal(Buffer.from((await doge)[0]).toString(), "asdfasdf");
      /** @type {[string, ...[string, unknown][]][]} */
      const exchanges = [
        ["buffack", ["buffa", bytes]],
        ["jsonbuff-ack", ["jsonbuff", { hello: "lol", message: bytes, goodbye: "gotcha" }]],
        ["abuff2-ack", ["abuff1", bytes], ["abuff2", "after the bytes"]],
      ];
      for (const [answer, ...events] of exchanges) {
        const answered = next(socket, answer);
        for (const event of events) socket.emit(...event);
        await answered;
      }
      assert.deepEqual(Buffer.from(await socket.emitWithAck("message-with-ack", bytes)), Buffer.from(bytes));
    });

    test("a socket disconnects and reconnects while another keeps the connection", async () => {
      const socket = await connected("/foo");
      const other = socket.io.socket("/asd");
      opened.push(other);
      await next(other, "connect");
      const { id } = socket;
      socket.disconnect();
      socket.connect();
      await next(socket, "connect");
      assert.notEqual(socket.id, id);
      assert.equal(await socket.emitWithAck("getId"), socket.id);
      assert.equal(other.connected, true);
    });
  });
}

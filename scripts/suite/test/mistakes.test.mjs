// What cannot work on API Gateway is told: to the client where the protocol has an answer, and
// in the local cloud's log.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { startCloud } from "../harness.mjs";

describe("what a client must set", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  /** @type {import("socket.io-client").Socket | undefined} */
  let socket;
  before(async () => (cloud = await startCloud(["-app", "tour"])));
  afterEach(() => socket?.disconnect());
  after(() => cloud.stop());

  /** @param {import("../harness.mjs").SocketOptions} options */
  const open = (options = {}) => {
    socket = io(`${cloud.url}/tour`, { transports: ["websocket"], forceNew: true, reconnectionDelay: 10, ...options });
    return socket;
  };
  /** @param {import("socket.io-client").Socket} socket @returns {Promise<number>} */
  const closeCode = (socket) =>
    new Promise((resolve) =>
      socket.io.once("close", (_, details) => resolve(/** @type {any} */ (details).context.code)),
    );
  /** @param {number} depth @returns {unknown} */
  const nested = (depth) => (depth === 0 ? [] : [nested(depth - 1)]);

  test("a custom parser", async () => {
    // As socket.io-msgpack-parser, it encodes every packet as binary data.
    class Encoder {
      encode() {
        return [new Uint8Array([1, 2, 3])];
      }
    }
    class Decoder {
      on() {}
      off() {}
      add() {}
      destroy() {}
    }
    const code = await closeCode(open({ parser: { Encoder, Decoder } }));
    await cloud.logged(/level=WARN.*remove the option parser/);
    assert.equal(code, 1003);
  });

  test("binary data without forceBase64", async () => {
    const socket = open();
    const code = closeCode(socket);
    socket.emit("picture", new Uint8Array([1, 2, 3]));
    await cloud.logged(/level=WARN.*set forceBase64: true/);
    assert.equal(await code, 1003);
  });

  test("a frame above 32 KB", async () => {
    const socket = open();
    const code = closeCode(socket);
    socket.emit("greet", "x".repeat(32 << 10));
    await cloud.logged(/level=WARN.*at most 32 KB at once/);
    assert.equal(await code, 1009);
  });

  test("nesting above the cap", async () => {
    const { error } = await open().emitWithAck("greet", nested(64));
    assert.equal(error.code, "too_large");
    await cloud.logged(/level=WARN.*64 levels deep at most/);
  });

  test("nesting above the cap in auth", async () => {
    const socket = open({ auth: { nested: nested(64) } });
    /** @type {any} */
    const error = await new Promise((resolve) => socket.once("connect_error", resolve));
    assert.equal(error.data.code, "too_large");
    assert.equal(socket.active, false);
  });

  test("more than ten attachments", async () => {
    const bytes = Array.from({ length: 11 }, () => new Uint8Array([1]));
    const { error } = await open({ forceBase64: true }).emitWithAck("greet", ...bytes);
    assert.equal(error.code, "too_large");
    await cloud.logged(/level=WARN.*10 attachments at most/);
  });
});

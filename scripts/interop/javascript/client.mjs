// The behaviours of one version of the official client:
//   node client.mjs MODULES PACKAGE URL PROXY CONTROL EARLY
// MODULES is the folder with node_modules. PROXY is the URL of a proxy whose connections a
// POST to CONTROL/cut cuts, and a POST to CONTROL/mend lets through again. EARLY is a server
// whose events overtake its CONNECT replies.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, name, url, proxy, control, early] = process.argv.slice(2);
const { io } = createRequire(join(modules, "package.json"))(name);

/** @typedef {import("socket.io-client").Socket} Socket */

/** @param {string} to @param {object} [options] @returns {Socket} */
const open = (to, options) =>
  io(to, { transports: ["websocket"], forceBase64: true, forceNew: true, reconnectionDelay: 50, ...options });

/**
 * A promise that rejects after ten seconds. It may be left alone when the caller has failed.
 *
 * @template T
 * @param {string} what
 * @param {(resolve: (value: T) => void) => void} start
 * @returns {Promise<T>}
 */
function withTimeout(what, start) {
  const promise = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} did not come`)), 10_000);
    start((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
  promise.catch(() => {});
  return promise;
}

/**
 * The arguments of the next event with this name that match.
 *
 * @param {Socket} socket
 * @param {string} event
 * @param {(...args: any[]) => boolean} matches
 * @returns {Promise<any[]>}
 */
const once = (socket, event, matches = () => true) =>
  withTimeout(event, (resolve) => socket.on(event, (...args) => matches(...args) && resolve(args)));

/**
 * The acknowledgement of an event. The client has emitWithAck since 4.6 only.
 *
 * @param {Socket} socket
 * @param {string} event
 * @param {any[]} args
 * @returns {Promise<any>}
 */
const emitWithAck = (socket, event, ...args) =>
  withTimeout(`the answer to ${event}`, (resolve) => socket.emit(event, ...args, resolve));

/** @type {Socket[]} */
const sockets = [];

/** @param {string} to @param {object} [options] */
async function connect(to, options) {
  const socket = open(to, options);
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

/** @type {Record<string, () => Promise<void>>} */
const behaviours = {
  async "connects with auth"() {
    const socket = await connect(`${url}/tour/members`, { auth: { ticket: "golden", name: "Ada" } });
    assert.deepEqual(await emitWithAck(socket, "whoAmI"), { name: "Ada" });
  },

  async "is refused without auth"() {
    const socket = open(`${url}/tour/members`, { auth: { ticket: "forged" } });
    sockets.push(socket);
    const [error] = await once(socket, "connect_error");
    assert.equal(error.message, "Members only.");
    assert.equal(error.data.code, "no_ticket");
    assert.equal(socket.connected, false);
  },

  async "the server acknowledges"() {
    const socket = await connect(`${url}/tour`);
    assert.deepEqual(await emitWithAck(socket, "greet", { name: "Ада ☀" }), { greeting: "Hello, Ада ☀!" });
  },

  async "the client acknowledges"() {
    const socket = await connect(`${url}/tour`);
    socket.on("question", ({ number }, answer) => answer({ answer: number * 2 }));
    assert.deepEqual(await emitWithAck(socket, "askMe", { number: 21 }), { ok: true, answer: 42 });
  },

  async "a room hears a broadcast"() {
    const [inside, outside] = [await connect(`${url}/tour`), await connect(`${url}/tour`)];
    /** @type {string[]} */
    const heard = [];
    outside.on("told", (text) => heard.push(text));
    await emitWithAck(inside, "enter", name);
    const told = once(inside, "told");
    await emitWithAck(outside, "tellRoom", { room: name, text: "to the room" });
    assert.deepEqual(await told, ["to the room"]);
    // An event to the socket outside would have arrived before this.
    await emitWithAck(outside, "greet", {});
    assert.deepEqual(heard, []);
  },

  async "namespaces share a connection"() {
    const one = await connect(`${url}/tour`);
    const two = one.io.socket("/tour/members", { auth: { ticket: "golden", name: "Bob" } });
    await once(two, "connect");
    assert.deepEqual(await emitWithAck(two, "whoAmI"), { name: "Bob" });
    assert.deepEqual(await emitWithAck(one, "greet", { name: "Bob" }), { greeting: "Hello, Bob!" });
    const nowhere = one.io.socket("/nowhere");
    const [error] = await once(nowhere, "connect_error");
    assert.equal(error.message, "Invalid namespace");
    two.disconnect();
    assert.deepEqual(await emitWithAck(one, "greet", { name: "Ada" }), { greeting: "Hello, Ada!" });
  },

  async "the client disconnects"() {
    const watcher = await connect(`${url}/tour`);
    await emitWithAck(watcher, "watch");
    const other = await connect(`${url}/tour/binary`);
    const leaver = other.io.socket("/tour");
    await once(leaver, "connect");
    const [id, left] = [leaver.id, leftOf(watcher, leaver.id)];
    leaver.disconnect();
    assert.deepEqual(await left, { id, reason: "client namespace disconnect" });

    // A client that leaves its last namespace closes its connection after the packet, and the
    // server may see either first.
    const last = await connect(`${url}/tour`);
    const gone = leftOf(watcher, last.id);
    last.disconnect();
    assert.match((await gone).reason, /^(client namespace disconnect|transport close)$/);
  },

  async "the server disconnects"() {
    const [watcher, leaver] = [await connect(`${url}/tour`), await connect(`${url}/tour`)];
    await emitWithAck(watcher, "watch");
    const [id, left, disconnect] = [leaver.id, leftOf(watcher, leaver.id), once(leaver, "disconnect")];
    leaver.emit("leaveMe");
    const [reason] = await disconnect;
    assert.equal(reason, "io server disconnect");
    assert.deepEqual(await left, { id, reason: "server namespace disconnect" });
  },

  async "reconnects after a cut"() {
    const socket = await connect(`${proxy}/tour`);
    const [id, disconnect] = [socket.id, once(socket, "disconnect")];
    await fetch(`${control}/cut`, { method: "POST" });
    const [reason] = await disconnect;
    assert.match(reason, /^transport (close|error)$/);
    const reconnected = once(socket, "connect");
    await fetch(`${control}/mend`, { method: "POST" });
    await reconnected;
    assert.notEqual(socket.id, id);
    assert.deepEqual(await emitWithAck(socket, "greet", { name: "Ada" }), { greeting: "Hello, Ada!" });
  },

  async "bytes to the server"() {
    const socket = await connect(`${url}/tour/binary`);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const mirrored = once(socket, "mirrored");
    assert.deepEqual(Buffer.from(await emitWithAck(socket, "mirror", bytes)), bytes);
    assert.deepEqual(Buffer.from((await mirrored)[0]), bytes);
  },

  async "bytes to the client"() {
    const socket = await connect(`${url}/tour/binary`);
    const shown = once(socket, "shown");
    for (const picture of [await emitWithAck(socket, "picture", "Zürich"), (await shown)[0]]) {
      assert.deepEqual(
        { ...picture, bytes: Buffer.from(picture.bytes) },
        { name: "Zürich", bytes: Buffer.from("Zürich") },
      );
    }
  },

  async "keeps an event that comes before its CONNECT reply"() {
    const socket = open(early);
    sockets.push(socket);
    const heard = once(socket, "early");
    await once(socket, "connect");
    assert.deepEqual(await heard, ["kept"]);
  },
};

/** @param {Socket} watcher @param {string | undefined} id */
async function leftOf(watcher, id) {
  const [left] = await once(watcher, "left", (left) => left.id === id);
  return left;
}

for (const [behaviour, run] of Object.entries(behaviours)) {
  let failed;
  try {
    await run();
  } catch (error) {
    failed = /** @type {Error} */ (error).message;
  }
  console.log(JSON.stringify({ behaviour, failed }));
  for (const socket of sockets.splice(0)) socket.disconnect();
}
process.exit(0);

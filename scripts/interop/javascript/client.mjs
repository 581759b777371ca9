// The behaviours of one version of the official client:
//   node client.mjs MODULES PACKAGE URL LINE CONTROL
// MODULES is the folder with node_modules, LINE the URL of a line that a post to
// CONTROL/cut cuts and one to CONTROL/mend mends.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, name, url, line, control] = process.argv.slice(2);
const { io } = createRequire(join(modules, "package.json"))(name);

const open = (to, options) =>
  io(to, { transports: ["websocket"], forceBase64: true, forceNew: true, reconnectionDelay: 50, ...options });

/** A promise that fails after a while, also unheard: whoever asked may have failed before. */
function soon(what, start) {
  const promise = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} did not come`)), 10_000);
    start((value) => (clearTimeout(timer), resolve(value)));
  });
  promise.catch(() => {});
  return promise;
}

/** The arguments of the next event of this name that pass. */
const once = (socket, event, passes = () => true) =>
  soon(event, (resolve) => socket.on(event, (...args) => passes(...args) && resolve(args)));

/** The client has emitWithAck since 4.6 only. */
const ask = (socket, event, ...args) =>
  soon(`the answer to ${event}`, (resolve) => socket.emit(event, ...args, resolve));

const sockets = [];
async function connect(to, options) {
  const socket = open(to, options);
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

const behaviours = {
  async "connects with auth"() {
    const socket = await connect(`${url}/tour/members`, { auth: { ticket: "golden", name: "Ada" } });
    assert.deepEqual(await ask(socket, "whoAmI"), { name: "Ada" });
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
    assert.deepEqual(await ask(socket, "greet", { name: "Ада ☀" }), { greeting: "Hello, Ада ☀!" });
  },

  async "the client acknowledges"() {
    const socket = await connect(`${url}/tour`);
    socket.on("question", ({ number }, answer) => answer({ answer: number * 2 }));
    assert.deepEqual(await ask(socket, "askMe", { number: 21 }), { ok: true, answer: 42 });
  },

  async "a room hears a broadcast"() {
    const [inside, outside] = [await connect(`${url}/tour`), await connect(`${url}/tour`)];
    const heard = [];
    outside.on("told", (text) => heard.push(text));
    await ask(inside, "enter", name);
    const told = once(inside, "told");
    await ask(outside, "tellRoom", { room: name, text: "to the room" });
    assert.deepEqual(await told, ["to the room"]);
    // What had been sent to the one outside would have arrived before this.
    await ask(outside, "greet", {});
    assert.deepEqual(heard, []);
  },

  async "namespaces share a connection"() {
    const one = await connect(`${url}/tour`);
    const two = one.io.socket("/tour/members", { auth: { ticket: "golden", name: "Bob" } });
    await once(two, "connect");
    assert.deepEqual(await ask(two, "whoAmI"), { name: "Bob" });
    assert.deepEqual(await ask(one, "greet", { name: "Bob" }), { greeting: "Hello, Bob!" });
    const nowhere = one.io.socket("/nowhere");
    const [error] = await once(nowhere, "connect_error");
    assert.equal(error.message, "Invalid namespace");
    two.disconnect();
    assert.deepEqual(await ask(one, "greet", { name: "Ada" }), { greeting: "Hello, Ada!" });
  },

  async "the client disconnects"() {
    const watcher = await connect(`${url}/tour`);
    await ask(watcher, "watch");
    const other = await connect(`${url}/tour/binary`);
    const leaver = other.io.socket("/tour");
    await once(leaver, "connect");
    const [id, left] = [leaver.id, leftOf(watcher, leaver.id)];
    leaver.disconnect();
    assert.deepEqual(await left, { id, reason: "client namespace disconnect" });

    // One that leaves its last namespace closes its connection behind the packet, and
    // the server may hear of either first.
    const last = await connect(`${url}/tour`);
    const gone = leftOf(watcher, last.id);
    last.disconnect();
    assert.match((await gone).reason, /^(client namespace disconnect|transport close)$/);
  },

  async "the server disconnects"() {
    const [watcher, leaver] = [await connect(`${url}/tour`), await connect(`${url}/tour`)];
    await ask(watcher, "watch");
    const [id, left, disconnect] = [leaver.id, leftOf(watcher, leaver.id), once(leaver, "disconnect")];
    leaver.emit("leaveMe");
    const [reason] = await disconnect;
    assert.equal(reason, "io server disconnect");
    assert.deepEqual(await left, { id, reason: "server namespace disconnect" });
  },

  async "reconnects after a cut"() {
    const socket = await connect(`${line}/tour`);
    const [id, disconnect] = [socket.id, once(socket, "disconnect")];
    await fetch(`${control}/cut`, { method: "POST" });
    const [reason] = await disconnect;
    assert.match(reason, /^transport (close|error)$/);
    const reconnected = once(socket, "connect");
    await fetch(`${control}/mend`, { method: "POST" });
    await reconnected;
    assert.notEqual(socket.id, id);
    assert.deepEqual(await ask(socket, "greet", { name: "Ada" }), { greeting: "Hello, Ada!" });
  },

  async "bytes to the server"() {
    const socket = await connect(`${url}/tour/binary`);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const mirrored = once(socket, "mirrored");
    assert.deepEqual(Buffer.from(await ask(socket, "mirror", bytes)), bytes);
    assert.deepEqual(Buffer.from((await mirrored)[0]), bytes);
  },

  async "bytes to the client"() {
    const socket = await connect(`${url}/tour/binary`);
    const shown = once(socket, "shown");
    for (const picture of [await ask(socket, "picture", "Zürich"), (await shown)[0]]) {
      assert.deepEqual(
        { ...picture, bytes: Buffer.from(picture.bytes) },
        { name: "Zürich", bytes: Buffer.from("Zürich") },
      );
    }
  },
};

async function leftOf(watcher, id) {
  const [left] = await once(watcher, "left", (left) => left.id === id);
  return left;
}

for (const [behaviour, run] of Object.entries(behaviours)) {
  let failed;
  try {
    await run();
  } catch (error) {
    failed = error.message;
  }
  console.log(JSON.stringify({ behaviour, failed }));
  for (const socket of sockets.splice(0)) socket.disconnect();
}
process.exit(0);

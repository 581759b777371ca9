// The requests that the public Socket.IO Admin UI makes, with the official client.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { connect, openSocket, patience, record, startCloud, waitUntil } from "../harness.mjs";

const password = "correct horse battery";
const hash = "ada:$2a$10$sHCozwFiWuyWE8NL4cq9vOkaZzAecEJwQhk8B8aEH6Zql4EMJAAAK";

const skip = process.env.CONFAB_TEMPLATE !== undefined && "the template says who is an admin";

describe("the admin namespace", { skip }, () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  /** @type {import("socket.io-client").Socket} */
  let player;
  before(async () => {
    process.env.CONFAB_ADMIN = hash;
    cloud = await startCloud(["-app", "tour", "-sweep-every", "1m"]);
    delete process.env.CONFAB_ADMIN;
    player = await connect(`${cloud.url}/tour`);
  });
  after(async () => {
    player.disconnect();
    await cloud.stop();
  });

  /**
   * Connects as the UI does. The first events are the session, the features and the sockets.
   *
   * @param {{ [key: string]: string | undefined }} auth
   */
  async function connectAdmin(auth) {
    const socket = openSocket(`${cloud.url}/admin`, { auth, reconnection: false });
    const events = record(socket);
    await new Promise((resolve, reject) =>
      socket.once("connect", () => resolve(undefined)).once("connect_error", reject),
    );
    await events.first("all_sockets");
    return {
      socket,
      events,
      players: () =>
        events
          .all("all_sockets")
          .at(-1)
          .filter((/** @type {{ nsp: string }} */ s) => s.nsp === "/tour"),
    };
  }

  test("refuses a wrong password or session", async () => {
    for (const auth of [
      {},
      { username: "ada", password: "wrong" },
      { username: "eve", password },
      { sessionId: "9999999999.forged" },
    ]) {
      await assert.rejects(connectAdmin(auth), { message: "invalid credentials" });
    }
  });

  test("shows the sockets, and remembers the session", async () => {
    const first = await connectAdmin({ username: "ada", password });
    assert.deepEqual(first.events.all("config"), [
      { supportedFeatures: ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"] },
    ]);
    assert.deepEqual(first.events.all("server_stats"), []); // the UI would call the server unhealthy soon
    const [seen] = first.players();
    assert.equal(seen.id, player.id);
    assert.deepEqual(seen.rooms, [player.id]);
    assert.equal(seen.handshake.secure, false);
    const [sessionId] = first.events.all("session");
    first.socket.disconnect();
    const again = await connectAdmin({ sessionId });
    again.socket.disconnect();
  });

  test("tells of sockets that come and leave", async () => {
    const { socket, events } = await connectAdmin({ username: "ada", password });
    const visitor = await connect(`${cloud.url}/tour`);
    const { id } = visitor;
    const came = await events.first("socket_connected", (s) => s.id === id);
    assert.deepEqual([came.nsp, came.rooms], ["/tour", [id]]);
    visitor.disconnect();
    assert.equal(await events.first("socket_disconnected", (_, left) => left === id), "/tour");
    socket.disconnect();
  });

  test("lets an admin join, emit, leave and disconnect", async () => {
    const { socket, players } = await connectAdmin({ username: "ada", password });
    const playerEvents = record(player);
    /** @param {string[]} rooms */
    const inRooms = (...rooms) =>
      waitUntil(() => isDeepStrictEqual(players()[0]?.rooms, [player.id, ...rooms]), `rooms ${rooms}`);
    socket.emit("join", "/tour", "table-1", player.id);
    await inRooms("table-1");
    socket.emit("emit", "/tour", "table-1", "note", "hello", 7);
    assert.equal(await playerEvents.first("note"), "hello");
    socket.emit("leave", "/tour", "table-1", undefined);
    await inRooms();
    const ended = new Promise((resolve) => player.once("disconnect", resolve));
    socket.emit("_disconnect", "/tour", false, player.id);
    assert.equal(await ended, "io server disconnect");
    const refused = await socket.timeout(patience).emitWithAck("join", "/nowhere", "x");
    assert.equal(refused.error.code, "bad_request");
    socket.disconnect();
  });
});

describe("without an admin", () => {
  test("the namespace does not exist", async () => {
    const cloud = await startCloud(["-sweep-every", "1m"]);
    await assert.rejects(connect(`${cloud.url}/admin`, { reconnection: false }), { message: "Invalid namespace" });
    await cloud.stop();
  });
});

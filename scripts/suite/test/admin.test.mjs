// What the public Socket.IO Admin UI does, with the official client.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, listen, open, startCloud, until } from "../confab.mjs";

const password = "correct horse battery";
const hash = "ada:$2a$10$sHCozwFiWuyWE8NL4cq9vOkaZzAecEJwQhk8B8aEH6Zql4EMJAAAK";

const skip = process.env.CONFAB_TEMPLATE !== undefined && "the template says who is an admin";

describe("the admin namespace", { skip }, () => {
  let cloud;
  let player;
  before(async () => {
    process.env.CONFAB_ADMIN = hash;
    cloud = await startCloud(["-sweep-every", "1m"]);
    delete process.env.CONFAB_ADMIN;
    player = await connect(`${cloud.url}/game`);
  });
  after(async () => {
    player.disconnect();
    await cloud.stop();
  });

  /** Connects as the UI does; its first events are the session, the features and what there is. */
  async function admin(auth) {
    const socket = open(`${cloud.url}/admin`, { auth, reconnection: false });
    const heard = listen(socket);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
    await heard.event("all_sockets");
    return {
      socket,
      heard,
      players: () =>
        heard
          .all("all_sockets")
          .at(-1)
          .filter((s) => s.nsp === "/game"),
    };
  }

  test("refuses who does not know the password", async () => {
    for (const auth of [
      {},
      { username: "ada", password: "wrong" },
      { username: "eve", password },
      { sessionId: "9999999999.forged" },
    ]) {
      await assert.rejects(admin(auth), { message: "invalid credentials" });
    }
  });

  test("shows the server and its sockets, and remembers the session", async () => {
    const first = await admin({ username: "ada", password });
    assert.deepEqual(first.heard.all("config"), [
      { supportedFeatures: ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"] },
    ]);
    const [stats] = first.heard.all("server_stats");
    assert.deepEqual(stats.namespaces, [
      { name: "/", socketsCount: 0 },
      { name: "/game", socketsCount: 1 },
    ]);
    assert.equal(stats.clientsCount, 1);
    const [seen] = first.players();
    assert.equal(seen.id, player.id);
    assert.deepEqual(seen.rooms, [player.id]);
    assert.equal(seen.handshake.secure, false);
    const [sessionId] = first.heard.all("session");
    first.socket.disconnect();
    const again = await admin({ sessionId });
    again.socket.disconnect();
  });

  test("lets join, emit, leave and disconnect", async () => {
    const { socket, heard, players } = await admin({ username: "ada", password });
    const notes = listen(player);
    const shown = () => heard.all("all_sockets").length;
    const does = async (...command) => {
      const before = shown();
      socket.emit(...command);
      await until(() => shown() > before || heard.all("server_stats").length > before, command[0]);
    };
    await does("join", "/game", "table-1", player.id);
    assert.deepEqual(players()[0].rooms, [player.id, "table-1"]);
    await does("emit", "/game", "table-1", "note", "hello", 7);
    assert.equal(await notes.event("note"), "hello");
    await does("leave", "/game", "table-1", undefined);
    assert.deepEqual(players()[0].rooms, [player.id]);
    const ended = new Promise((resolve) => player.once("disconnect", resolve));
    socket.emit("_disconnect", "/game", false, player.id);
    assert.equal(await ended, "io server disconnect");
    const refused = await socket.timeout(5000).emitWithAck("join", "/nowhere", "x");
    assert.equal(refused.error.code, "bad_request");
    socket.disconnect();
  });
});

describe("without an admin", () => {
  test("there is no such namespace", async () => {
    const cloud = await startCloud(["-sweep-every", "1m"]);
    await assert.rejects(connect(`${cloud.url}/admin`, { reconnection: false }), { message: "Invalid namespace" });
    await cloud.stop();
  });
});

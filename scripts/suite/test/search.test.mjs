// Searching messages: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

describe("search", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());
  /** Ada with two rooms, in which she has said something. */
  const speaker = async () => {
    const ada = await enter("Ada");
    const rooms = [];
    for (const name of ["One", "Two"]) {
      const { room } = await ada.request("createRoom", { name, kind: "channel" });
      for (const text of [`Crème in ${name}`, `creme brûlée of ${name}`, "other"]) {
        await ada.request("sendMessage", { roomId: room.id, text, tempId: text.replace(/\W/g, "") });
      }
      rooms.push(room.id);
    }
    return { ada, rooms };
  };
  /** The texts that were found, by rooms. */
  const texts = (/** @type {import("../../../web/client/src/protocol.ts").FoundIn[]} */ rooms) =>
    Object.fromEntries(rooms.map(({ roomId, messages }) => [roomId, messages.map((m) => m.text)]));

  test("a room and all rooms are searched, by event and by HTTP", async () => {
    const { ada, rooms } = await speaker();
    const [one = "", two = ""] = rooms;
    const inOne = ["creme brûlée of One", "Crème in One"];
    const found = await ada.request("search", { roomId: one, text: "CRÈME" });
    assert.deepEqual(texts(found.rooms), { [one]: inOne });
    const all = await ada.request("search", { text: "creme" });
    assert.deepEqual(texts(all.rooms), { [one]: inOne, [two]: ["creme brûlée of Two", "Crème in Two"] });
    assert.equal(all.next, undefined);
    const { body } = await http(cloud.url, "GET", `/api/search?roomId=${one}&text=cr%C3%A8me`, { token: ada.token });
    assert.deepEqual(body, found);
  });

  test("replies in threads are found, by event and by HTTP", async () => {
    const { ada, rooms } = await speaker();
    const [roomId = ""] = rooms;
    for (const [i, text] of ["a plum", "Plums!"].entries())
      await ada.request("sendMessage", { roomId, threadOf: 1, text, tempId: `plum${i}` });
    const found = await ada.request("search", { roomId, text: "plum" });
    const [room] = found.rooms;
    assert.deepEqual(room?.messages, []);
    assert.deepEqual(
      room?.replies.map((m) => [m.text, m.threadOf, m.seq]),
      [
        ["Plums!", 1, 2],
        ["a plum", 1, 1],
      ],
    );
    const before = await http(cloud.url, "GET", `/api/search?roomId=${roomId}&text=plum&beforeReply=2`, {
      token: ada.token,
    });
    assert.deepEqual(texts([{ roomId, messages: before.body.rooms[0].replies, replies: [] }]), {
      [roomId]: ["a plum"],
    });
    await ada.request("deleteMessage", { roomId, threadOf: 1, seq: 1 });
    const all = await ada.request("search", { text: "plum" });
    assert.deepEqual(
      all.rooms.map((r) => r.replies.length),
      [1],
    );
  });

  test("strangers and former members find nothing", async () => {
    const { ada, rooms } = await speaker();
    const [roomId = ""] = rooms;
    const [bob, eve] = [await enter("Bob"), await enter("Eve")];
    await bob.request("joinRoom", { roomId });
    assert.equal((await bob.request("search", { text: "creme" })).rooms.length, 1);
    await bob.request("leaveRoom", { roomId });
    for (const p of [bob, eve]) {
      assert.deepEqual((await p.request("search", { text: "creme" })).rooms, [], p.user.name);
      const answer = await p.emitWithAck("search", { text: "creme", roomId });
      assert.equal(answer.ok === false && answer.error.code, "forbidden", p.user.name);
      const { status } = await http(cloud.url, "GET", `/api/search?roomId=${roomId}&text=creme`, { token: p.token });
      assert.equal(status, 403, p.user.name);
    }
    await ada.request("deleteMessage", { roomId, seq: 1 });
    assert.deepEqual(texts((await ada.request("search", { roomId, text: "creme in" })).rooms), { [roomId]: [] });
  });

  test("five searches at once find the same", async () => {
    const { ada } = await speaker();
    const all = await Promise.all(Array.from({ length: 5 }, () => ada.request("search", { text: "creme" })));
    for (const found of all) assert.deepEqual(found, all[0]);
  });
});

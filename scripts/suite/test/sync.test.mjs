// What a device has missed, in one request: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance, roomOfTwo } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

describe("sync", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());
  /** A room with Ada and Bob in it, in which Ada has said three things and edited the first. */
  const missed = async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Sync");
    for (const text of ["two", "three"]) await ada.request("sendMessage", { roomId, text, tempId: text });
    await ada.request("editMessage", { roomId, seq: 1, text: "edited" });
    return { ada, bob, roomId };
  };

  test("tells what is new since, by event and by HTTP", async () => {
    const { bob, roomId } = await missed();
    const rooms = { [roomId]: { seq: 1, rev: 0 } };
    const answer = await bob.request("sync", { rooms });
    const room = answer.rooms.find((r) => r.id === roomId);
    assert.deepEqual([room?.head, room?.unread, room?.last?.text], [3, 3, "three"]);
    assert.deepEqual(
      room?.news?.messages.map((m) => m.text),
      ["two", "three"],
    );
    assert.deepEqual(
      [room?.news?.changes.messages.map((m) => m.text), room?.news?.changes.rev, room?.news?.more],
      [["edited"], 1, false],
    );
    const byHTTP = await http(cloud.url, "POST", "/api/sync", { token: bob.token, body: { rooms } });
    assert.deepEqual([byHTTP.status, byHTTP.body], [200, answer]);
    const again = await bob.request("sync", { rooms: { [roomId]: { seq: 3, rev: 1 } } });
    const { news } = again.rooms.find((r) => r.id === roomId) ?? {};
    assert.deepEqual([news?.messages, news?.changes], [[], { messages: [], rev: 1, more: false }]);
  });

  test("strangers and former members are told that the room is gone, and nothing of it", async () => {
    const { bob, roomId } = await missed();
    await bob.request("leaveRoom", { roomId });
    const rooms = { [roomId]: { seq: 0, rev: 0 } };
    for (const { user, request, token } of [bob, await enter("Eve")]) {
      const answer = await request("sync", { rooms });
      assert.deepEqual([answer.rooms, answer.gone], [[], [roomId]], user.name);
      const { body } = await http(cloud.url, "POST", "/api/sync", { token, body: { rooms } });
      assert.deepEqual([body.rooms, body.gone], [[], [roomId]], user.name);
    }
  });

  test("a wrong request names what is wrong", async () => {
    const ada = await enter("Ada");
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`r_${i}`, { seq: 0, rev: 0 }]));
    for (const [rooms, status, code, field] of /** @type {const} */ ([
      [{ r_1: { seq: 1 } }, 400, "bad_request", /rooms\["r_1"\]\.rev/],
      [{ r_1: { seq: -1, rev: 0 } }, 400, "bad_request", /seq/],
      [{ "r 1": { seq: 0, rev: 0 } }, 400, "bad_request", /room id/],
      [many, 413, "too_large", /rooms/],
    ])) {
      const answer = await ada.emitWithAck("sync", { rooms });
      assert.equal(answer.ok === false && answer.error.code, code);
      assert.match(answer.ok === false ? answer.error.message : "", field);
      assert.equal((await http(cloud.url, "POST", "/api/sync", { token: ada.token, body: { rooms } })).status, status);
    }
  });

  test("five at once are answered alike", async () => {
    const { bob, roomId } = await missed();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => bob.request("sync", { rooms: { [roomId]: { seq: 0, rev: 0 } } })),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
  });
});

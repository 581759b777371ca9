// Pinned messages: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance, roomOfTwo } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

describe("pinned messages", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());

  test("a pin reaches the room and its list, by event and by HTTP", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Pins");
    const { message } = await bob.request("pin", { roomId, seq: 1, on: true });
    assert.deepEqual(message.pinned?.by, bob.user);
    const [heard] = await ada.events.allOnce("messageChanged", (all) => all.length > 0);
    assert.deepEqual(heard, { message, rev: 1 });
    assert.deepEqual(await ada.request("pins", { roomId }), { ok: true, messages: [message], more: false });
    const off = await http(cloud.url, "PUT", `/api/rooms/${roomId}/messages/1/pin`, {
      token: ada.token,
      body: { on: false },
    });
    assert.deepEqual([off.status, off.body.message.pinned], [200, undefined]);
    const listed = await http(cloud.url, "GET", `/api/rooms/${roomId}/pins`, { token: ada.token });
    assert.deepEqual(listed.body, { ok: true, messages: [], more: false });
  });

  test("strangers and former members pin nothing, and see no pins", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Pins");
    await ada.request("pin", { roomId, seq: 1, on: true });
    await bob.request("leaveRoom", { roomId });
    const eve = await enter("Eve");
    for (const { token, user, emitWithAck } of [bob, eve]) {
      for (const [event, request, method, path] of /** @type {const} */ ([
        ["pin", { roomId, seq: 1, on: false }, "PUT", `/api/rooms/${roomId}/messages/1/pin`],
        ["pins", { roomId }, "GET", `/api/rooms/${roomId}/pins`],
      ])) {
        const answer = await emitWithAck(event, request);
        assert.equal(answer.ok === false && answer.error.code, "forbidden", `${event} of ${user.name}`);
        const { status } = await http(cloud.url, method, path, {
          token,
          body: method === "PUT" ? { on: false } : undefined,
        });
        assert.equal(status, 403, `${method} of ${user.name}`);
      }
    }
    assert.equal((await ada.request("pins", { roomId })).messages.length, 1);
  });

  test("five equal pins at once are one revision", async () => {
    const { ada, roomId } = await roomOfTwo(enter, "Pins");
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ada.request("pin", { roomId, seq: 1, on: true })),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal((await ada.request("changes", { roomId, after: 0 })).rev, 1);
  });
});

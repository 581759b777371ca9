// What is typed and not sent, on all devices of a person: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance, roomOfTwo } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

/** @typedef {import("../harness.mjs").Client} Client */

describe("drafts", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());
  /** @param {Client} person @param {string} roomId */
  const listed = async (person, roomId) => {
    const { rooms } = await person.request("sync", {});
    return (rooms.find((r) => r.id === roomId) ?? assert.fail("the room is not listed")).draft;
  };

  test("what one device types is on the other, and on one that comes later", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Drafts");
    const phone = await enter("Ada", ada);
    const { draft } = await ada.request("saveDraft", { roomId, text: "Hello", replyTo: 1 });
    assert.deepEqual({ ...draft, savedAt: "" }, { text: "Hello", replyTo: 1, savedAt: "" });
    assert.deepEqual(await phone.events.first("draft", () => true), { roomId, draft });
    for (const device of [ada, phone, await enter("Ada", ada)]) assert.deepEqual(await listed(device, roomId), draft);
    const { draft: none } = await phone.request("saveDraft", { roomId, text: "" });
    assert.equal(none.text, "");
    assert.deepEqual(await ada.events.first("draft", () => true), { roomId, draft: none });
    assert.equal(await listed(ada, roomId), undefined);
    assert.deepEqual(bob.events.all("draft"), [], "nobody else hears of it");
  });

  test("a draft in a thread comes with the thread", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Drafts");
    const { draft } = await ada.request("saveDraft", { roomId, threadOf: 1, text: "Well" });
    const read = async (/** @type {Client} */ person) => (await person.request("thread", { roomId, seq: 1 })).draft;
    assert.deepEqual(await read(ada), draft);
    assert.equal(await read(bob), undefined);
    assert.equal(await listed(ada, roomId), undefined);
  });

  test("of drafts at once, however often they come, one stays on all devices", async () => {
    const { ada, roomId } = await roomOfTwo(enter, "Drafts");
    const devices = [ada, await enter("Ada", ada), await enter("Ada", ada)];
    const texts = ["a", "b", "c", "a", "b", "c"];
    await Promise.all(texts.map((text, i) => devices[i % 3]?.request("saveDraft", { roomId, text })));
    const all = await Promise.all(devices.map((device) => listed(device, roomId)));
    assert.deepEqual(all, [all[0], all[0], all[0]]);
    assert.ok(texts.includes(all[0]?.text ?? ""));
  });

  test("by HTTP", async () => {
    const { ada, roomId } = await roomOfTwo(enter, "Drafts");
    const put = (/** @type {object} */ body) =>
      http(cloud.url, "PUT", `/api/rooms/${roomId}/draft`, { token: ada.token, body });
    const saved = await put({ text: "Hello" });
    assert.deepEqual([saved.status, saved.body.draft.text], [200, "Hello"]);
    assert.equal((await put({ text: "Hello" })).status, 200);
    assert.equal((await ada.events.allOnce("draft", (events) => events.length === 2)).length, 2);
    const list = await http(cloud.url, "GET", "/api/rooms", { token: ada.token });
    assert.equal(list.body.rooms.find((/** @type {{ id: string }} */ r) => r.id === roomId).draft.text, "Hello");
    for (const body of [{}, { text: 1 }, { text: null }, { text: "x", threadOf: 0 }, { text: "x", replyTo: 1.5 }]) {
      const { status, body: answer } = await put(body);
      assert.deepEqual([status, answer.error.code], [400, "bad_request"], JSON.stringify(body));
    }
    assert.equal((await put({ text: "x".repeat(4001) })).status, 413);
  });

  test("strangers and former members save nothing", async () => {
    const { bob, roomId } = await roomOfTwo(enter, "Drafts");
    await bob.request("saveDraft", { roomId, text: "Hello" });
    await bob.request("leaveRoom", { roomId });
    for (const p of [bob, await enter("Eve")]) {
      const answer = await p.emitWithAck("saveDraft", { roomId, text: "x" });
      assert.equal(answer.ok === false && answer.error.code, "forbidden", p.user.name);
      const { status } = await http(cloud.url, "PUT", `/api/rooms/${roomId}/draft`, {
        token: p.token,
        body: { text: "x" },
      });
      assert.equal(status, 403, p.user.name);
      const { rooms } = await p.request("sync", {});
      assert.ok(!JSON.stringify(rooms).includes("Hello"));
    }
  });
});

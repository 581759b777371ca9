// The room log: one order for all, every message once.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance } from "../entrance.mjs";
import { connectAs, http, signIn, startCloud } from "../harness.mjs";

describe("the room log", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());

  for (const how of ["one after the other", "all at once"]) {
    test(`the same tempId sent five times ${how} is one message and five equal acknowledgements`, async () => {
      const ada = await enter("Ada");
      const { room } = await ada.request("createRoom", { name: "Once", kind: "channel" });
      const send = () => ada.emitWithAck("sendMessage", { roomId: room.id, text: "once", tempId: "same" });
      const acks = [];
      if (how === "all at once") acks.push(...(await Promise.all(Array.from({ length: 5 }, send))));
      else for (let i = 0; i < 5; i++) acks.push(await send());
      assert.equal(acks[0].ok, true);
      for (const ack of acks) assert.deepEqual(ack, acks[0]);
      assert.equal(acks[0].message.seq, 1);
      const { messages } = await ada.request("history", { roomId: room.id });
      assert.deepEqual(messages, [acks[0].message]);
    });
  }

  test("an event and an HTTP POST with the same tempId are one message", async () => {
    const ada = await enter("Ada");
    const { room } = await ada.request("createRoom", { name: "Both", kind: "channel" });
    const body = { text: "both", tempId: "same" };
    const [event, post] = await Promise.all([
      ada.request("sendMessage", { roomId: room.id, ...body }),
      http(cloud.url, "POST", `/api/rooms/${room.id}/messages`, { token: ada.token, body }),
    ]);
    assert.deepEqual(post.body.message, event.message);
  });

  test("200 messages of ten people at once get the positions 1 to 200, the same for all", async () => {
    const crowd = await Promise.all(Array.from({ length: 10 }, (_, i) => enter(`Person ${i}`)));
    const { room } = await crowd[0].request("createRoom", { name: "Crowd", kind: "channel" });
    await Promise.all(crowd.slice(1).map((p) => p.request("joinRoom", { roomId: room.id })));
    const acks = await Promise.all(
      crowd.flatMap((p, i) =>
        Array.from({ length: 20 }, (_, k) =>
          p.request("sendMessage", { roomId: room.id, text: `${i}/${k}`, tempId: `${i}-${k}` }),
        ),
      ),
    );
    /** @param {{ seq: number }} a @param {{ seq: number }} b */
    const bySeq = (a, b) => a.seq - b.seq;
    const stored = acks.map((a) => a.message).sort(bySeq);
    assert.deepEqual(
      stored.map((m) => m.seq),
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
    for (const p of crowd) {
      const received = await p.events.allOnce("newMessage", (all) => new Set(all.map((m) => m.seq)).size === 200);
      const once = [...new Map(received.map((m) => [m.seq, m])).values()].sort(bySeq);
      assert.deepEqual(once, stored);
    }
    const read = [];
    for (let after = 0, more = true; more; ) {
      const page = await crowd[3].request("history", { roomId: room.id, after, limit: 60 });
      read.push(...page.messages);
      ({ more } = page);
      after = page.messages.at(-1)?.seq ?? assert.fail("an empty page");
    }
    assert.deepEqual(read, stored);
  });

  test("history goes backwards from any position", async () => {
    const ada = await enter("Ada");
    const { room } = await ada.request("createRoom", { name: "Pages", kind: "channel" });
    for (let i = 1; i <= 7; i++) await ada.request("sendMessage", { roomId: room.id, text: `${i}`, tempId: `${i}` });
    /** @param {number} [before] */
    const page = async (before) => {
      const { messages, more, head } = await ada.request("history", { roomId: room.id, before, limit: 3 });
      assert.equal(head, 7);
      return { seqs: messages.map((m) => m.seq), more };
    };
    assert.deepEqual(await page(undefined), { seqs: [5, 6, 7], more: true });
    assert.deepEqual(await page(5), { seqs: [2, 3, 4], more: true });
    assert.deepEqual(await page(2), { seqs: [1], more: false });
  });

  test("history begins at a moment, by event and by HTTP, for members only", async () => {
    const [ada, bob, eve] = [await enter("Ada"), await enter("Bob"), await enter("Eve")];
    const { room } = await ada.request("createRoom", { name: "Moments", kind: "channel" });
    const roomId = room.id;
    await bob.request("joinRoom", { roomId });
    /** @type {import("../../../web/client/src/protocol.ts").Message[]} */
    const sent = [];
    for (let i = 1; i <= 5; i++) {
      sent.push((await ada.request("sendMessage", { roomId, text: `${i}`, tempId: `${i}` })).message);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const since = sent[2].sentAt;
    const later = new Date(Date.now() + 60_000).toISOString();
    /** @param {object} query */
    const texts = async (query) => (await bob.request("history", { roomId, ...query })).messages.map((m) => m.text);
    assert.deepEqual(await texts({ since }), ["3", "4", "5"]);
    assert.deepEqual(await texts({ since, limit: 2 }), ["3", "4"]);
    assert.deepEqual(await texts({ since: later }), []);
    assert.deepEqual(await Promise.all([texts({ since }), texts({ since })]), Array(2).fill(["3", "4", "5"]));
    const path = `/api/rooms/${roomId}/messages?since=${encodeURIComponent(since)}`;
    const { body } = await http(cloud.url, "GET", path, { token: bob.token });
    assert.deepEqual(body.messages, sent.slice(2));
    for (const wrong of [{ since: "noon" }, { since: 7 }, { since, before: 3 }, { since, after: 3 }])
      assert.equal((await bob.emitWithAck("history", { roomId, ...wrong })).error.code, "bad_request");
    assert.equal((await http(cloud.url, "GET", `${path}&after=1`, { token: bob.token })).status, 400);
    await bob.request("leaveRoom", { roomId });
    for (const outsider of [bob, eve]) {
      assert.equal((await outsider.emitWithAck("history", { roomId, since })).error.code, "forbidden");
      assert.equal((await http(cloud.url, "GET", path, { token: outsider.token })).status, 403);
    }
  });

  test("only members read and write, and whoever has left receives nothing more", async () => {
    const [ada, eve] = [await enter("Ada"), await enter("Eve")];
    const { room } = await ada.request("createRoom", { name: "Private", kind: "private" });
    /** @type {[string, object, string][]} */
    const requests = [
      ["sendMessage", { text: "in", tempId: "e" }, "forbidden"],
      ["history", {}, "forbidden"],
      ["typing", { on: true }, "forbidden"],
      ["joinRoom", {}, "not_found"],
      ["leaveRoom", {}, "not_found"],
    ];
    for (const [event, body, code] of requests) {
      // The answers are those for a room that does not exist.
      for (const roomId of [room.id, "r_unknown"]) {
        const { ok, error } = await eve.emitWithAck(event, { roomId, ...body });
        assert.deepEqual([event, ok, error.code], [event, false, code]);
      }
    }
    /** @type {[string, object?][]} */
    const posts = [["GET"], ["POST", { text: "in", tempId: "e" }]];
    for (const [method, body] of posts) {
      const answer = await http(cloud.url, method, `/api/rooms/${room.id}/messages`, { token: eve.token, body });
      assert.deepEqual([answer.status, answer.body.error.code], [403, "forbidden"]);
    }
    const { room: open } = await ada.request("createRoom", { name: "Open", kind: "channel" });
    await eve.request("joinRoom", { roomId: open.id });
    await eve.request("leaveRoom", { roomId: open.id });
    await ada.request("sendMessage", { roomId: open.id, text: "without Eve", tempId: "x" });
    await ada.events.first("newMessage");
    assert.deepEqual(eve.events.all("newMessage"), []);
    assert.equal(
      (await eve.emitWithAck("sendMessage", { roomId: open.id, text: "back", tempId: "y" })).error.code,
      "forbidden",
    );
  });

  test("two people have one direct room, whoever opens it", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const one = await ada.request("createRoom", { name: "", kind: "direct", members: [bob.user.id] });
    const two = await bob.request("createRoom", { name: "", kind: "direct", members: [ada.user.id] });
    assert.equal(one.room.id, two.room.id);
    await ada.request("sendMessage", { roomId: one.room.id, text: "psst", tempId: "1" });
    assert.equal((await bob.events.first("newMessage")).text, "psst");
  });

  test("a sender's name comes from the token", async () => {
    const ada = await enter("Ada");
    const { room } = await ada.request("createRoom", { name: "Names", kind: "channel" });
    const answer = await ada.emitWithAck("sendMessage", {
      roomId: room.id,
      text: "I",
      tempId: "1",
      sender: { id: "x", name: "Eve" },
    });
    assert.deepEqual(answer.error, { code: "bad_request", message: '"sender" is not a field of this request.' });
    const { message } = await ada.request("sendMessage", { roomId: room.id, text: "I", tempId: "1" });
    assert.deepEqual(message.sender, ada.user);
  });

  test("a request of the wrong form or size is refused with a code", async () => {
    const ada = await enter("Ada");
    const { room } = await ada.request("createRoom", { name: "Limits", kind: "channel" });
    const roomId = room.id;
    /** @type {[string, object | null][]} */
    const cases = [
      ["createRoom", { name: "" }],
      ["createRoom", { name: "x".repeat(81) }],
      ["createRoom", { name: "ok", kind: "secret" }],
      ["sendMessage", { roomId, text: "", tempId: "a" }],
      ["sendMessage", { roomId, text: "x".repeat(4001), tempId: "a" }],
      ["sendMessage", { roomId, text: "ok", tempId: "x".repeat(65) }],
      ["sendMessage", { roomId, text: 7, tempId: "a" }],
      ["sendMessage", null],
      ["history", { roomId, limit: -1 }],
      ["presence", { userIds: Array.from({ length: 101 }, (_, i) => `u${i}`) }],
    ];
    for (const [event, body] of cases) {
      const { ok, error } = await ada.emitWithAck(event, body);
      const what = `${event} ${JSON.stringify(body)?.slice(0, 60)}`;
      assert.equal(ok, false, what);
      assert.ok(["bad_request", "too_large"].includes(error.code), `${what}: ${error.code}`);
    }
    assert.equal((await ada.emitWithAck("no such event", {})).error.code, "unknown_event");
  });

  test("without a valid token nobody connects", async () => {
    const session = await signIn(cloud.url, "Ada");
    for (const token of [undefined, "", "x.y.z", session.token.slice(0, -3)]) {
      await assert.rejects(connectAs(cloud.url, "Eve", { token }), (/** @type {{ data?: object }} */ error) => {
        assert.deepEqual(error.data, { code: "unauthorized" });
        return true;
      });
      assert.equal((await http(cloud.url, "GET", "/api/rooms", { token })).status, 401);
    }
  });
});

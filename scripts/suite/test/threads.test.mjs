// Threads below messages: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance, roomOfTwo } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

describe("threads", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());

  test("replies by event and by HTTP reach the room with their count, and stay out of its log", async () => {
    const { ada, bob, roomId, message: first } = await roomOfTwo(enter, "Threads");
    const { message } = await bob.request("sendMessage", { roomId, threadOf: 1, text: "re", tempId: "u" });
    assert.deepEqual([message.seq, message.threadOf, message.id], [1, 1, `${first.id}.1`]);
    const path = `/api/rooms/${roomId}/messages`;
    const body = { threadOf: 1, text: "re too", tempId: "v" };
    const posted = await http(cloud.url, "POST", path, { token: ada.token, body });
    assert.deepEqual([posted.status, posted.body.message.seq], [201, 2]);
    const heard = await bob.events.allOnce("newReply", (all) => all.length === 2);
    assert.deepEqual(
      heard.map((e) => [e.message.seq, e.first.thread?.count, e.first.rev]),
      [
        [1, 1, 1],
        [2, 2, 2],
      ],
    );
    const { messages, head } = await bob.request("history", { roomId });
    assert.deepEqual([messages, head], [[heard[1].first], 1]);
    const thread = await bob.request("thread", { roomId, seq: 1 });
    assert.deepEqual(thread.messages, [message, posted.body.message]);
    assert.deepEqual(thread.first, heard[1].first);
    const byHTTP = await http(cloud.url, "GET", `${path}/1/thread`, { token: bob.token });
    assert.deepEqual(byHTTP.body, thread);
    const page = await http(cloud.url, "GET", `${path}/1/thread?after=1&limit=5`, { token: bob.token });
    assert.deepEqual(page.body.messages, [posted.body.message]);
  });

  test("replies are edited, deleted and caught up with", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Threads");
    await bob.request("sendMessage", { roomId, threadOf: 1, text: "re", tempId: "u" });
    const { message } = await bob.request("editMessage", { roomId, threadOf: 1, seq: 1, text: "better", version: 0 });
    assert.deepEqual([message.text, message.rev, message.threadOf], ["better", 1, 1]);
    const path = `/api/rooms/${roomId}`;
    const edit = { token: bob.token, body: { threadOf: 1, text: "best" } };
    assert.equal((await http(cloud.url, "PATCH", `${path}/messages/1`, edit)).body.message.version, 2);
    const gone = await http(cloud.url, "DELETE", `${path}/messages/1?threadOf=1`, { token: bob.token });
    assert.deepEqual([gone.status, gone.body.message.text], [200, ""]);
    const heard = await ada.events.allOnce("replyChanged", (all) => all.length === 3);
    assert.deepEqual(heard.map((e) => e.rev).toSorted(), [1, 2, 3]);
    const changes = await ada.request("changes", { roomId, threadOf: 1, after: 0 });
    assert.deepEqual(changes, { ok: true, messages: [gone.body.message], rev: 3, more: false });
    const byHTTP = await http(cloud.url, "GET", `${path}/changes?after=0&threadOf=1`, { token: ada.token });
    assert.deepEqual(byHTTP.body, changes);
    const room = await ada.request("history", { roomId });
    assert.deepEqual([room.messages[0].text, room.messages[0].thread?.count], ["one", 1]);
  });

  test("a reply that is sent five times at once is one reply", async () => {
    const { ada, roomId } = await roomOfTwo(enter, "Threads");
    const body = { threadOf: 1, text: "re", tempId: "u" };
    const answers = await Promise.all(
      Array.from({ length: 5 }, async (_, i) => {
        if (i % 2 === 0) return ada.request("sendMessage", { roomId, ...body });
        return (await http(cloud.url, "POST", `/api/rooms/${roomId}/messages`, { token: ada.token, body })).body;
      }),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    const { messages, first } = await ada.request("thread", { roomId, seq: 1 });
    assert.deepEqual([messages, first.thread?.count], [[answers[0].message], 1]);
  });

  test("forty replies at once are all counted", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Threads");
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const p = i % 2 ? ada : bob;
        const request = { roomId, threadOf: 1, text: `re ${i}`, tempId: `u${i}` };
        for (;;) {
          const answer = await p.emitWithAck("sendMessage", request);
          if (answer.ok) return;
          assert.ok(answer.error.temporary, JSON.stringify(answer));
        }
      }),
    );
    const { messages, first, head } = await ada.request("thread", { roomId, seq: 1 });
    assert.deepEqual([messages.length, first.thread?.count, head], [40, 40, 40]);
  });

  test("who begins, replies or follows sees what is unread, on all devices", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Threads");
    const phone = await enter("Ada", { token: ada.token, user: ada.user });
    const cy = await enter("Cy");
    await cy.request("joinRoom", { roomId });
    await bob.request("sendMessage", { roomId, threadOf: 1, text: "re", tempId: "u" });
    await cy.request("followThread", { roomId, seq: 1, on: true });
    await bob.request("sendMessage", { roomId, threadOf: 1, text: "re", tempId: "v" });
    /** @param {import("../harness.mjs").Client} p */
    const unread = async (p) => (await p.request("followedThreads", {})).threads.map((t) => t.unread);
    assert.deepEqual([await unread(ada), await unread(bob), await unread(cy)], [[2], [0], [1]]);
    const { mark } = await ada.request("markRead", { roomId, threadOf: 1, seq: 2 });
    assert.deepEqual(mark, { seq: 2, version: 0 });
    const [told] = await phone.events.allOnce("followChanged", (all) => all.length === 1);
    assert.deepEqual(told, { roomId, seq: 1, on: true, mark });
    const byHTTP = await http(cloud.url, "GET", "/api/threads", { token: ada.token });
    assert.deepEqual(byHTTP.body, await ada.request("followedThreads", {}));
    assert.deepEqual(await unread(ada), [0]);
    const stop = { token: cy.token, body: { on: false } };
    const stopped = await http(cloud.url, "PUT", `/api/rooms/${roomId}/messages/1/follow`, stop);
    assert.deepEqual([stopped.status, stopped.body.follow.on], [200, false]);
    assert.deepEqual(await unread(cy), []);
    const answer = await cy.emitWithAck("markRead", { roomId, threadOf: 1, seq: 2 });
    assert.equal(answer.ok === false && answer.error.code, "not_found");
  });

  test("a position without a message has no thread", async () => {
    const { ada, roomId } = await roomOfTwo(enter, "Threads");
    for (const [event, request] of /** @type {const} */ ([
      ["sendMessage", { roomId, threadOf: 2, text: "re", tempId: "u" }],
      ["thread", { roomId, seq: 2 }],
      ["followThread", { roomId, seq: 2, on: true }],
      ["editMessage", { roomId, threadOf: 1, seq: 1, text: "none" }],
    ])) {
      const answer = await ada.emitWithAck(event, request);
      assert.equal(answer.ok === false && answer.error.code, "not_found", event);
    }
    const { status } = await http(cloud.url, "GET", `/api/rooms/${roomId}/messages/2/thread`, { token: ada.token });
    assert.equal(status, 404);
  });

  test("strangers and former members get nothing of a thread", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Threads");
    await bob.request("sendMessage", { roomId, threadOf: 1, text: "re", tempId: "u" });
    await bob.request("leaveRoom", { roomId });
    const eve = await enter("Eve");
    const heard = bob.events.all("newReply").length;
    await ada.request("sendMessage", { roomId, threadOf: 1, text: "secret", tempId: "v" });
    await ada.request("editMessage", { roomId, threadOf: 1, seq: 2, text: "secret too" });
    const path = `/api/rooms/${roomId}`;
    for (const p of [bob, eve]) {
      for (const [event, request] of /** @type {const} */ ([
        ["sendMessage", { roomId, threadOf: 1, text: "re", tempId: "w" }],
        ["thread", { roomId, seq: 1 }],
        ["followThread", { roomId, seq: 1, on: true }],
        ["markRead", { roomId, threadOf: 1, seq: 2 }],
        ["changes", { roomId, threadOf: 1, after: 0 }],
        ["deleteMessage", { roomId, threadOf: 1, seq: 1 }],
      ])) {
        const answer = await p.emitWithAck(event, request);
        assert.equal(answer.ok === false && answer.error.code, "forbidden", `${event} of ${p.user.name}`);
      }
      for (const [method, to, body] of /** @type {const} */ ([
        ["GET", `${path}/messages/1/thread`, undefined],
        ["PUT", `${path}/messages/1/follow`, { on: true }],
        ["GET", `${path}/changes?after=0&threadOf=1`, undefined],
        ["DELETE", `${path}/messages/1?threadOf=1`, undefined],
      ])) {
        const { status } = await http(cloud.url, method, to, { token: p.token, body });
        assert.equal(status, 403, `${method} ${to}`);
      }
      assert.deepEqual((await p.request("followedThreads", {})).threads, []);
    }
    // What Eve and Bob hear by now is all there is: their own room comes after it.
    for (const p of [bob, eve]) await p.request("createRoom", { name: "Own", kind: "group" });
    assert.deepEqual([bob.events.all("newReply").length, eve.events.all("newReply").length], [heard, 0]);
    assert.equal(bob.events.all("replyChanged").length + eve.events.all("replyChanged").length, 0);
  });
});

// Messages that change: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance, roomOfTwo } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

describe("changes of messages", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());

  test("an edit and a deletion reach the room, by event and by HTTP", async () => {
    const { ada, bob, roomId, message } = await roomOfTwo(enter, "Changes");
    const edited = await ada.request("editMessage", { roomId, seq: 1, text: "two", version: 0 });
    assert.equal(edited.message.text, "two");
    assert.deepEqual(
      { ...edited.message, text: "one", version: undefined, editedAt: undefined, rev: undefined },
      {
        ...message,
        version: undefined,
        editedAt: undefined,
        rev: undefined,
      },
    );
    const path = `/api/rooms/${roomId}/messages/1`;
    const { status, body } = await http(cloud.url, "PATCH", path, { token: ada.token, body: { text: "three" } });
    assert.deepEqual([status, body.message.text, body.message.version], [200, "three", 2]);
    const deleted = await http(cloud.url, "DELETE", path, { token: ada.token });
    assert.deepEqual([deleted.status, deleted.body.message.text], [200, ""]);
    const heard = await bob.events.allOnce("messageChanged", (all) => all.some((e) => e.rev === 3));
    const texts = new Map(heard.map((e) => [e.rev, e.message.text]));
    assert.deepEqual([texts.get(1), texts.get(2), texts.get(3)], ["two", "three", ""]);
    const changes = await bob.request("changes", { roomId, after: 0 });
    assert.deepEqual(changes, { ok: true, messages: [deleted.body.message], rev: 3, more: false });
    const byHTTP = await http(cloud.url, "GET", `/api/rooms/${roomId}/changes?after=1`, { token: bob.token });
    assert.deepEqual(byHTTP.body, changes);
  });

  test("strangers and former members change and read nothing", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Changes");
    await bob.request("leaveRoom", { roomId });
    const eve = await enter("Eve");
    for (const p of [bob, eve]) {
      for (const [event, request] of /** @type {const} */ ([
        ["editMessage", { roomId, seq: 1, text: "mine" }],
        ["deleteMessage", { roomId, seq: 1 }],
        ["changes", { roomId, after: 0 }],
      ])) {
        const answer = await p.emitWithAck(event, request);
        assert.equal(answer.ok === false && answer.error.code, "forbidden", `${event} of ${p.user.name}`);
      }
      const path = `/api/rooms/${roomId}`;
      for (const [method, to, body] of /** @type {const} */ ([
        ["PATCH", `${path}/messages/1`, { text: "mine" }],
        ["DELETE", `${path}/messages/1`, undefined],
        ["GET", `${path}/changes?after=0`, undefined],
      ])) {
        const { status } = await http(cloud.url, method, to, { token: p.token, body });
        assert.equal(status, 403, `${method} ${to}`);
      }
    }
    const { messages } = await ada.request("history", { roomId });
    assert.equal(messages[0].text, "one");
  });

  test("five equal edits at once are one revision, and all are answered alike", async () => {
    const { ada, roomId } = await roomOfTwo(enter, "Changes");
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ada.request("editMessage", { roomId, seq: 1, text: "two", version: 0 })),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal((await ada.request("changes", { roomId, after: 0 })).rev, 1);
  });
});

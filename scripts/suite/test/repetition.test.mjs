// Messages that say what their sender had seen: repetitions are known by their place in the log.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance, roomOfTwo } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

describe("messages with after", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());
  /** @param {string} roomId @param {import("../harness.mjs").Client} person */
  const textsOf = async (roomId, person) =>
    (await person.request("history", { roomId, limit: 100 })).messages.map(({ text }) => text);

  test("five at once are one message, by event and by HTTP, and so is one after fifty others", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Repetitions");
    const body = { text: "once", tempId: "same", after: 1 };
    const byHTTP = () => http(cloud.url, "POST", `/api/rooms/${roomId}/messages`, { token: ada.token, body });
    const answers = await Promise.all([
      ada.request("sendMessage", { roomId, ...body }),
      byHTTP(),
      ada.request("sendMessage", { roomId, ...body }),
      byHTTP(),
      ada.request("sendMessage", { roomId, ...body }),
    ]);
    const messages = answers.map((answer) => ("body" in answer ? answer.body : answer).message);
    for (const message of messages) assert.deepEqual(message, messages[0]);
    // So many that the counter has forgotten the message.
    for (let i = 0; i < 50; i++) await bob.request("sendMessage", { roomId, text: `${i}`, tempId: `${i}` });
    assert.deepEqual((await ada.request("sendMessage", { roomId, ...body })).message, messages[0]);
    assert.deepEqual((await byHTTP()).body.message, messages[0]);
    assert.equal((await textsOf(roomId, bob)).filter((text) => text === "once").length, 1);
    const other = await ada.emitWithAck("sendMessage", { roomId, ...body, text: "other" });
    assert.equal(other.ok === false && other.error.code, "idempotency_conflict");
  });

  test("after names a position that is there, and none in a thread", async () => {
    const { ada, roomId } = await roomOfTwo(enter, "Positions");
    for (const wrong of [{ after: -1 }, { after: 1000 }, { after: 1, threadOf: 1 }]) {
      const request = { roomId, text: "text", tempId: JSON.stringify(wrong).replace(/\W/g, "_"), ...wrong };
      const byEvent = await ada.emitWithAck("sendMessage", request);
      assert.equal(byEvent.ok === false && byEvent.error.code, "bad_request", JSON.stringify(wrong));
      const { roomId: _, ...body } = request;
      const byHTTP = await http(cloud.url, "POST", `/api/rooms/${roomId}/messages`, { token: ada.token, body });
      assert.deepEqual([byHTTP.status, byHTTP.body.error.code], [400, "bad_request"], JSON.stringify(wrong));
    }
    assert.deepEqual(await textsOf(roomId, ada), ["one"]);
  });

  test("a former member finds no message of theirs by it", async () => {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Former");
    const body = { text: "mine", tempId: "mine", after: 1 };
    await bob.request("sendMessage", { roomId, ...body });
    for (let i = 0; i < 50; i++) await ada.request("sendMessage", { roomId, text: `${i}`, tempId: `${i}` });
    await bob.request("leaveRoom", { roomId });
    const byEvent = await bob.emitWithAck("sendMessage", { roomId, ...body });
    assert.equal(byEvent.ok === false && byEvent.error.code, "forbidden");
    const byHTTP = await http(cloud.url, "POST", `/api/rooms/${roomId}/messages`, { token: bob.token, body });
    assert.deepEqual([byHTTP.status, byHTTP.body.error.code], [403, "forbidden"]);
  });
});

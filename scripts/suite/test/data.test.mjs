// What clients keep with messages and rooms: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

describe("data", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());
  const data = { b: [1.5, { x: null }], a: "<&>" };

  test("data of a room and of a message reaches their members, by event and by HTTP", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const made = await http(cloud.url, "POST", "/api/rooms", { token: ada.token, body: { name: "Data", data } });
    assert.deepEqual([made.status, made.body.room.data], [201, data]);
    const roomId = made.body.room.id;
    assert.deepEqual((await bob.request("joinRoom", { roomId })).room.data, data);
    assert.deepEqual((await bob.request("listRooms", {})).rooms[0].data, data);
    const { message } = await ada.request("sendMessage", { roomId, text: "one", tempId: "t", data });
    assert.deepEqual(message.data, data);
    assert.deepEqual(await bob.events.allOnce("newMessage", (all) => all.length > 0), [message]);
    const edited = await http(cloud.url, "PATCH", `/api/rooms/${roomId}/messages/1`, {
      token: ada.token,
      body: { text: "one", data: {} },
    });
    assert.deepEqual([edited.status, edited.body.message.data], [200, {}]);
    assert.deepEqual((await bob.request("history", { roomId })).messages, [edited.body.message]);
  });

  test("data that is too long, too deep or no object is refused by its name", async () => {
    const ada = await enter("Ada");
    const { room } = await ada.request("createRoom", { name: "Data" });
    let deep = {};
    for (let i = 0; i < 16; i++) deep = { deep };
    for (const [wrong, status, code] of /** @type {const} */ ([
      [{ x: "y".repeat(4089) }, 413, "too_large"],
      [deep, 400, "bad_request"],
      [[1], 400, "bad_request"],
      ["text", 400, "bad_request"],
      [null, 400, "bad_request"],
    ])) {
      const body = { text: "one", tempId: "t", data: wrong };
      const answer = await http(cloud.url, "POST", `/api/rooms/${room.id}/messages`, { token: ada.token, body });
      assert.deepEqual([answer.status, answer.body.error.code], [status, code]);
      assert.match(answer.body.error.message, /^data /);
    }
    assert.deepEqual((await ada.request("history", { roomId: room.id })).messages, []);
  });

  test("five equal messages with data at once are one, and other data is a conflict", async () => {
    const ada = await enter("Ada");
    const { room } = await ada.request("createRoom", { name: "Data" });
    const request = { roomId: room.id, text: "one", tempId: "t", data };
    const answers = await Promise.all(Array.from({ length: 5 }, () => ada.request("sendMessage", request)));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    const other = await ada.emitWithAck("sendMessage", { ...request, data: {} });
    assert.equal(other.ok === false && other.error.code, "idempotency_conflict");
  });
});

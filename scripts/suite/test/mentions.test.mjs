// Messages that mention people: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

describe("mentions", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());
  /** A room with Ada, Bob and Cyd in it. */
  const roomOfThree = async () => {
    const [ada, bob, cyd] = [await enter("Ada"), await enter("Bob"), await enter("Cyd")];
    const { room } = await ada.request("createRoom", { name: "Mentions", kind: "channel" });
    for (const other of [bob, cyd]) await other.request("joinRoom", { roomId: room.id });
    return { ada, bob, cyd, roomId: room.id };
  };
  /** How many unread mentions somebody has in their newest room. @param {import("../harness.mjs").Client} who */
  const countOf = async (who) => (await who.request("listRooms", {})).rooms[0].mentions ?? 0;

  test("a mention reaches whom it names, and is listed and counted, by event and by HTTP", async () => {
    const { ada, bob, cyd, roomId } = await roomOfThree();
    const { message } = await ada.request("sendMessage", {
      roomId,
      text: "Hello @Bob",
      tempId: "t",
      mentions: [bob.user.id],
    });
    assert.deepEqual(message.mentions, [bob.user.id]);
    assert.deepEqual(await bob.events.allOnce("mention", (all) => all.length > 0), [{ message }]);
    assert.deepEqual(await bob.request("mentions", {}), { ok: true, messages: [message] });
    const listed = await http(cloud.url, "GET", "/api/mentions", { token: bob.token });
    assert.deepEqual(listed.body, { ok: true, messages: [message] });
    assert.deepEqual([await countOf(bob), await countOf(cyd)], [1, 0]);
    await bob.request("markRead", { roomId, seq: 1 });
    assert.equal(await countOf(bob), 0);
    assert.deepEqual((await cyd.request("mentions", {})).messages, []);
  });

  test("an edit by HTTP mentions the whole room, and a deletion nobody", async () => {
    const { ada, bob, cyd, roomId } = await roomOfThree();
    await ada.request("sendMessage", { roomId, text: "one", tempId: "t" });
    const path = `/api/rooms/${roomId}/messages/1`;
    const edited = await http(cloud.url, "PATCH", path, {
      token: ada.token,
      body: { text: "one", mentions: ["@room"] },
    });
    assert.deepEqual([edited.status, edited.body.message.mentions], [200, ["@room"]]);
    for (const who of [bob, cyd]) {
      await who.events.allOnce("mention", (all) => all.length > 0);
      assert.equal(await countOf(who), 1);
    }
    await ada.request("deleteMessage", { roomId, seq: 1 });
    assert.deepEqual([await countOf(bob), (await bob.request("mentions", {})).messages], [0, []]);
  });

  test("strangers and former members are not mentioned, and mention nobody", async () => {
    const { ada, bob, cyd, roomId } = await roomOfThree();
    await ada.request("sendMessage", { roomId, text: "one", tempId: "t", mentions: [bob.user.id] });
    await bob.request("leaveRoom", { roomId });
    assert.deepEqual((await bob.request("mentions", {})).messages, []);
    const eve = await enter("Eve");
    for (const who of [bob, eve]) {
      const named = await ada.emitWithAck("sendMessage", { roomId, text: "x", tempId: "x", mentions: [who.user.id] });
      assert.equal(named.ok === false && named.error.code, "not_found");
      const { status } = await http(cloud.url, "POST", `/api/rooms/${roomId}/messages`, {
        token: who.token,
        body: { text: "x", tempId: "y", mentions: [cyd.user.id] },
      });
      assert.equal(status, 403);
    }
    const wrong = await http(cloud.url, "GET", "/api/mentions?cursor=x", { token: ada.token });
    assert.equal(wrong.status, 400);
    assert.equal((await http(cloud.url, "GET", "/api/mentions")).status, 401);
  });

  test("a message is repeated though somebody whom it mentions has left, by event and by HTTP", async () => {
    const { ada, bob, roomId } = await roomOfThree();
    const content = { text: "one", tempId: "t", mentions: [bob.user.id] };
    const { message } = await ada.request("sendMessage", { roomId, ...content });
    await bob.request("leaveRoom", { roomId });
    assert.deepEqual((await ada.request("sendMessage", { roomId, ...content })).message, message);
    const path = `/api/rooms/${roomId}/messages`;
    const again = await http(cloud.url, "POST", path, { token: ada.token, body: content });
    assert.deepEqual([again.status, again.body.message], [201, message]);
    const another = await http(cloud.url, "POST", path, { token: ada.token, body: { ...content, tempId: "u" } });
    assert.deepEqual([another.status, another.body.error.code], [404, "not_found"]);
    const former = await http(cloud.url, "POST", path, { token: bob.token, body: content });
    assert.equal(former.status, 403);
  });

  test("five equal messages at once are one mention", async () => {
    const { ada, bob, roomId } = await roomOfThree();
    const request = { roomId, text: "one", tempId: "t", mentions: [bob.user.id] };
    await Promise.all(Array.from({ length: 5 }, () => ada.request("sendMessage", request)));
    assert.equal((await bob.request("mentions", {})).messages.length, 1);
    assert.equal(await countOf(bob), 1);
  });
});

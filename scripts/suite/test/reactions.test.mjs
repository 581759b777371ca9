// Reactions to messages: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance, roomOfTwo } from "../entrance.mjs";
import { http, signIn, startCloud } from "../harness.mjs";

describe("reactions", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());
  /** A room with Ada and Bob in it, and the path of the reactions to a message of Ada's. */
  const reacting = async () => {
    const two = await roomOfTwo(enter, "Reactions");
    return { ...two, path: `/api/rooms/${two.roomId}/messages/1/reactions` };
  };

  test("a reaction reaches the room, and ends, by event and by HTTP", async () => {
    const { ada, bob, roomId, path } = await reacting();
    const { message } = await bob.request("react", { roomId, seq: 1, emoji: "🎉", on: true });
    assert.deepEqual(message.reactions, { "🎉": { count: 1, users: [bob.user] } });
    const [heard] = await ada.events.allOnce("messageChanged", (all) => all.length > 0);
    assert.deepEqual(heard, { message, rev: 1 });
    const query = `?emoji=${encodeURIComponent("🎉")}`;
    const listed = await http(cloud.url, "GET", path + query, { token: ada.token });
    assert.deepEqual(listed.body, { ok: true, users: [bob.user], more: false, mine: false });
    const off = await http(cloud.url, "PUT", path, { token: bob.token, body: { emoji: "🎉", on: false } });
    assert.deepEqual([off.status, off.body.message.reactions], [200, undefined]);
    const none = await ada.request("reactions", { roomId, seq: 1, emoji: "🎉" });
    assert.deepEqual(none, { ok: true, users: [], more: false, mine: false });
  });

  test("what is no emoji is refused by its field, and a message that is deleted is not there", async () => {
    const { ada, bob, roomId, path } = await reacting();
    for (const emoji of ["", "ok", "👍👍", "1"]) {
      const answer = await bob.emitWithAck("react", { roomId, seq: 1, emoji, on: true });
      assert.equal(answer.ok === false && answer.error.message, "Use one emoji for emoji.");
      const { status } = await http(cloud.url, "PUT", path, { token: bob.token, body: { emoji, on: true } });
      assert.equal(status, 400);
    }
    await ada.request("deleteMessage", { roomId, seq: 1 });
    const answer = await bob.emitWithAck("react", { roomId, seq: 1, emoji: "👍", on: true });
    assert.equal(answer.ok === false && answer.error.code, "not_found");
  });

  test("strangers and former members react to nothing, and see no reactions", async () => {
    const { bob, roomId, path } = await reacting();
    await bob.request("leaveRoom", { roomId });
    for (const { token, emitWithAck } of [bob, await enter("Eve")]) {
      for (const [event, more] of /** @type {const} */ ([
        ["react", { on: true }],
        ["reactions", {}],
      ])) {
        const answer = await emitWithAck(event, { roomId, seq: 1, emoji: "👍", ...more });
        assert.equal(answer.ok === false && answer.error.code, "forbidden", event);
      }
      const { status } = await http(cloud.url, "PUT", path, { token, body: { emoji: "👍", on: true } });
      assert.equal(status, 403);
    }
  });

  test("a reply in a thread has reactions of its own", async () => {
    const { ada, bob, roomId } = await reacting();
    await ada.request("sendMessage", { roomId, text: "reply", tempId: "r", threadOf: 1 });
    const { message } = await bob.request("react", { roomId, seq: 1, threadOf: 1, emoji: "👍", on: true });
    assert.deepEqual([message.text, message.reactions?.["👍"].count], ["reply", 1]);
    const [heard] = await ada.events.allOnce("replyChanged", (all) => all.length > 0);
    assert.deepEqual(heard.message, message);
  });

  test("two hundred who react in a burst make two packets a second, and all are counted", async (t) => {
    const { ada, roomId, path } = await reacting();
    /** @type {Awaited<ReturnType<typeof signIn>>[]} */
    const people = [];
    while (people.length < 200) {
      const some = await Promise.all(Array.from({ length: 20 }, () => signIn(cloud.url, "Member")));
      for (const { token } of some) await http(cloud.url, "POST", `/api/rooms/${roomId}/join`, { token });
      people.push(...some);
    }
    /** @param {typeof people} some */
    const react = (some) =>
      Promise.all(some.map(({ token }) => http(cloud.url, "PUT", path, { token, body: { emoji: "👍", on: true } })));
    // Half of them at once, the others one after the other in ten lines, so that they come all the time.
    const began = Date.now();
    const answers = await react(people.slice(0, 100));
    const lines = Array.from({ length: 10 }, (_, i) => people.slice(100 + 10 * i, 110 + 10 * i));
    await Promise.all(
      lines.map(async (line) => {
        for (const person of line) answers.push(...(await react([person])));
      }),
    );
    const seconds = (Date.now() - began) / 1000;
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    const packets = await ada.events.allOnce("messageChanged", (all) =>
      all.some(({ message }) => message.reactions?.["👍"].count === 200),
    );
    t.diagnostic(`${packets.length} packets in ${seconds} s`);
    assert.ok(packets.length <= 2 * seconds + 3, `there were ${packets.length} packets in ${seconds} s`);
    const { messages } = await ada.request("changes", { roomId, after: 0 });
    const first = people
      .map(({ user }) => user.id)
      .sort()
      .slice(0, 10);
    assert.deepEqual(
      messages[0].reactions?.["👍"].users.map(({ id }) => id),
      first,
    );
    const page = await ada.request("reactions", { roomId, seq: 1, emoji: "👍" });
    const rest = await ada.request("reactions", { roomId, seq: 1, emoji: "👍", after: page.users[99].id });
    assert.deepEqual([page.more, rest.users.length, rest.more, rest.mine], [true, 100, false, false]);
  });
});

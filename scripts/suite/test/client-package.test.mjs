// @confab/chat as somebody else's program uses it: its build, in plain Node.js.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, RequestError, signInAsGuest, signInOptions, userOf } from "@confab/chat";
import { patience, startCloud } from "../harness.mjs";
import { startProxy } from "../proxy.mjs";

/** @typedef {import("@confab/chat").Client} Client */

describe("@confab/chat", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  /** @type {import("../proxy.mjs").Proxy} */
  let line;
  /** @type {Client[]} */
  const clients = [];
  before(async () => {
    cloud = await startCloud();
    line = await startProxy(cloud.url);
  });
  after(async () => {
    for (const client of clients) client.close();
    line.close();
    await cloud.stop();
  });

  /** @param {string} name @param {string} [url] */
  const enter = async (name, url = cloud.url) => {
    const client = connect({ url, ...(await signInAsGuest(name, { url })) });
    clients.push(client);
    await client.ready();
    return client;
  };

  /** @param {Client} client @param {string} roomId @param {number} [threadOf] */
  const texts = (client, roomId, threadOf) => client.messages(roomId, threadOf).messages.map((m) => m.text);

  /**
   * Waits until something is so.
   *
   * @param {(changed: () => void) => () => void} listen
   * @param {() => boolean} holds
   */
  const until = (listen, holds) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain for ${holds}`)), patience);
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        stop();
        resolve(undefined);
      };
      const stop = listen(look);
      look();
    });
  /** @param {Client} client @param {string} roomId @param {string[]} wanted @param {number} [threadOf] */
  const shows = (client, roomId, wanted, threadOf) =>
    until(
      (changed) => client.onMessages(roomId, changed, threadOf),
      () => String(texts(client, roomId, threadOf)) === String(wanted),
    );

  test("a message is stored, acknowledged, and heard by the others", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const { room } = await ada.request("createRoom", { name: "Tea", kind: "channel" });
    await bob.join(room.id);
    await ada.open(room.id);
    const heard = new Promise((resolve) => bob.on("newMessage", resolve));
    const data = { mood: "glad" };
    const tempId = ada.send(room.id, "Hello", { data });
    assert.deepEqual(
      ada.messages(room.id).unsent.map((m) => [m.tempId, m.text]),
      [[tempId, "Hello"]],
    );
    const { sentAt, ...message } = /** @type {import("@confab/chat").Message} */ (await heard);
    assert.ok(Date.parse(sentAt));
    const expected = { id: `${room.id}.1`, roomId: room.id, seq: 1, sender: ada.user, text: "Hello", tempId, data };
    assert.deepEqual(message, expected);
    await shows(ada, room.id, ["Hello"]);
    assert.deepEqual(ada.messages(room.id).unsent, []);
    const mine = () => bob.rooms().find((r) => r.id === room.id);
    assert.deepEqual([mine()?.unread, mine()?.last?.text], [1, "Hello"]);
    bob.see(room.id, 1);
    assert.equal(mine()?.unread, 0);
  });

  test("what is written offline is sent later and once, and nothing is missed", async () => {
    const [ada, bob] = [await enter("Ada", line.url), await enter("Bob")];
    const { room } = await bob.request("createRoom", { name: "Tea", kind: "channel" });
    await Promise.all([ada.join(room.id), bob.open(room.id)]);
    bob.send(room.id, "before");
    await shows(ada, room.id, ["before"]);

    line.cut();
    await until(
      (changed) => ada.onState(changed),
      () => ada.state === "lost",
    );
    for (const text of ["first", "second"]) ada.send(room.id, text);
    bob.send(room.id, "meanwhile");
    const { message } = await bob.request("editMessage", { roomId: room.id, seq: 1, text: "edited" });
    await shows(bob, room.id, ["edited", "meanwhile"]);
    assert.deepEqual(texts(ada, room.id), ["before"]);
    assert.deepEqual(
      ada.messages(room.id).unsent.map((m) => m.text),
      ["first", "second"],
    );

    line.mend();
    await ada.ready();
    for (const client of [ada, bob]) await shows(client, room.id, ["edited", "meanwhile", "first", "second"]);
    assert.deepEqual(ada.messages(room.id).unsent, []);
    assert.equal(ada.messages(room.id).messages[0]?.rev, message.rev);
  });

  test("a thread is a log of its own", async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const { room } = await ada.request("createRoom", { name: "Tea", kind: "channel" });
    await Promise.all([bob.join(room.id), ada.open(room.id)]);
    ada.send(room.id, "first");
    await shows(bob, room.id, ["first"]);
    await bob.open(room.id, 1);
    ada.send(room.id, "reply", { threadOf: 1 });
    await shows(bob, room.id, ["reply"], 1);
    assert.deepEqual([texts(bob, room.id), bob.messages(room.id).messages[0]?.thread?.count], [["first"], 1]);
  });

  test("a message that is refused stays, says why, and can be discarded", async () => {
    const [ada, eve] = [await enter("Ada"), await enter("Eve")];
    const { room } = await ada.request("createRoom", { name: "Tea", kind: "group" });
    const tempId = eve.send(room.id, "Let me in");
    await until(
      (changed) => eve.onMessages(room.id, changed),
      () => eve.messages(room.id).unsent[0]?.failed !== undefined,
    );
    assert.match(eve.messages(room.id).unsent[0]?.failed ?? "", /not a member/);
    eve.discard(room.id, tempId);
    assert.deepEqual(eve.messages(room.id).unsent, []);
  });

  test("a refusal has its code, as an error and as an answer", async () => {
    const [ada, eve] = [await enter("Ada"), await enter("Eve")];
    const { room } = await ada.request("createRoom", { name: "Tea", kind: "group" });
    const refused = await eve.request("history", { roomId: room.id }).catch((error) => error);
    assert.ok(refused instanceof RequestError);
    assert.deepEqual([refused.code, refused.temporary], ["forbidden", false]);
    const answer = await eve.ask("history", { roomId: room.id });
    assert.equal(answer.ok === false && answer.error.code, "forbidden");
    eve.close();
    await assert.rejects(eve.request("history", { roomId: room.id }), { code: "closed" });
  });

  test("whom the server does not know is told so, and is not connected again", async () => {
    const { url } = cloud;
    const { guests } = await signInOptions({ url });
    assert.equal(guests, true);
    const { token, user } = await signInAsGuest("Ada", { url });
    assert.deepEqual(await userOf(token, { url }), user);
    await assert.rejects(userOf("nonsense", { url }), { code: "unauthorized" });
    await assert.rejects(signInAsGuest("", { url }), { code: "bad_request" });
    const client = connect({ url, user, token: "nonsense" });
    await assert.rejects(client.ready(), { code: "unauthorized" });
    assert.deepEqual([client.state, client.endedBy?.code], ["closed", "unauthorized"]);
  });
});

// API Gateway's limits, and what invalid frames do to the connection that sends them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { connectAs, readMeter, shortName, sleep, startCloud, waitUntil } from "../harness.mjs";

/**
 * Waits until no more calls are counted: functions go on after their answers.
 *
 * @param {string} url
 */
async function waitForQuiet(url) {
  const counted = async () => JSON.stringify((await readMeter(url)).calls);
  for (let before, now = await counted(); now !== before; now = await counted()) {
    before = now;
    await sleep(200);
  }
}

describe("the budget of a person", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud(["-deliveries-burst", "800", "-deliveries-per-second", "10"])));
  after(() => cloud.stop());

  test("covers events and HTTP, and refusals tell when to try again", async () => {
    const ada = await connectAs(cloud.url, "Ada");
    const { room } = await ada.request("createRoom", { name: "Flood", kind: "group" });
    let refusal;
    for (let i = 0; i < 100 && !refusal; i++) {
      const answer = await ada.emitWithAck("sendMessage", { roomId: room.id, text: "again", tempId: `${i}` });
      refusal = answer.error;
    }
    assert.equal(refusal?.code, "rate_limited");
    assert.ok(refusal.retryAfter >= 1 && refusal.temporary, JSON.stringify(refusal));
    const response = await fetch(`${cloud.url}/api/rooms/${room.id}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${ada.token}` },
      body: JSON.stringify({ text: "by post", tempId: "post" }),
    });
    const { error } = await response.json();
    assert.deepEqual([response.status, error.code], [429, "rate_limited"]);
    assert.equal(response.headers.get("retry-after"), String(error.retryAfter));
    ada.close();
  });
});

describe("the cost of a message", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud(["-sweep-every", "1h"]))); // a sweep's calls would be counted too
  after(() => cloud.stop());

  test("a message stored and sent to a room of 20 costs 24 AWS calls and no Scan", async () => {
    const crowd = await Promise.all(Array.from({ length: 20 }, (_, i) => connectAs(cloud.url, `Person ${i}`)));
    const [ada] = crowd;
    const { room } = await ada.request("createRoom", { name: "Twenty", kind: "channel" });
    await Promise.all(crowd.slice(1).map((p) => p.request("joinRoom", { roomId: room.id })));
    await ada.request("sendMessage", { roomId: room.id, text: "warm", tempId: "warm" });
    await Promise.all(crowd.map((p) => p.events.first("newMessage", (m) => m.tempId === "warm")));
    await waitForQuiet(cloud.url);
    await fetch(`${cloud.url}/_local/meter/reset`, { method: "POST" });

    await ada.request("sendMessage", { roomId: room.id, text: "counted", tempId: "counted" });
    await Promise.all(crowd.map((p) => p.events.first("newMessage", (m) => m.tempId === "counted")));
    const meter = await readMeter(cloud.url);
    const counted = Object.fromEntries(meter.calls.map((c) => [`${shortName(c.function)} ${c.operation}`, c.count]));
    assert.deepEqual(counted, {
      "message PostToConnection": 20,
      "message Query": 1,
      "message TransactWriteItems": 1,
      "message UpdateItem": 2,
    });
    assert.equal(meter.totalCalls, 24);
    assert.deepEqual(
      meter.invocations.map((i) => [shortName(i.function), i.count]),
      [["message", 1]],
    );
    assert.deepEqual(meter.messages, { in: 1, out: 21 }, "20 copies and the acknowledgement");
    for (const p of crowd) p.close();
  });

  test("nothing ever scans", async () => {
    const meter = await readMeter(cloud.url);
    assert.deepEqual(
      meter.calls.filter((c) => c.operation === "Scan"),
      [],
    );
  });
});

describe("API Gateway's deadlines, scaled down", { concurrency: true }, () => {
  test("idle clients survive the idle limit", async () => {
    // Ten minutes are 10 s here, and the sweep sends to each connection every 1.8 s.
    const cloud = await startCloud(["-idle-timeout", "10s", "-sweep-every", "200ms", "-ping-timeout", "30s"]);
    const ada = await connectAs(cloud.url, "Ada");
    const bob = await connectAs(cloud.url, "Bob");
    let cuts = 0;
    for (const p of [ada, bob]) p.socket.on("disconnect", () => cuts++);
    await sleep(25_000);
    assert.equal(cuts, 0, "no connection was cut");
    const { room } = await ada.request("createRoom", { name: "Still here", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    await ada.request("sendMessage", { roomId: room.id, text: "hello", tempId: "1" });
    await bob.events.first("newMessage");
    for (const p of [ada, bob]) p.close();
    await cloud.stop();
  });

  test("without the sweep the idle limit cuts", async () => {
    const cloud = await startCloud(["-idle-timeout", "2s"]);
    const ada = await connectAs(cloud.url, "Ada");
    const reason = await new Promise((resolve) => ada.socket.once("disconnect", resolve));
    assert.equal(reason, "transport close");
    ada.close();
    await cloud.stop();
  });

  test("a client cut at the lifetime limit reconnects and misses nothing", async () => {
    const cloud = await startCloud(["-lifetime", "3s"]);
    const ada = await connectAs(cloud.url, "Ada");
    const bob = await connectAs(cloud.url, "Bob");
    const { room } = await ada.request("createRoom", { name: "Long talk", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    let cuts = 0;
    bob.socket.on("disconnect", () => cuts++);
    // Like the page, Bob asks for what he missed after each reconnect.
    const log = new Map();
    bob.socket.on("newMessage", (m) => log.set(m.seq, m));
    bob.socket.on("connect", async () => {
      let complete = 0;
      while (log.has(complete + 1)) complete++;
      // He may be cut before the answer, and asks again then.
      const page = await bob
        .request("history", { roomId: room.id, after: complete, limit: 100 })
        .catch(() => undefined);
      for (const m of page?.messages ?? []) log.set(m.seq, m);
    });
    const sent = [];
    for (let i = 1; i <= 30 || cuts < 2; i++) {
      // The sender is cut too. A message without an answer is sent again.
      for (;;) {
        try {
          sent.push((await ada.request("sendMessage", { roomId: room.id, text: `${i}`, tempId: `${i}` })).message);
          break;
        } catch {
          await sleep(50);
        }
      }
      await sleep(120);
    }
    await waitUntil(() => log.size === sent.length, "all messages");
    assert.deepEqual(
      [...log.values()].sort((a, b) => a.seq - b.seq),
      sent,
    );
    for (const p of [ada, bob]) p.close();
    await cloud.stop();
  });
});

describe("garbage", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  /** @type {import("../harness.mjs").Client} */
  let ada;
  /** @type {import("../harness.mjs").Client} */
  let bob;
  /** @type {import("../../../web/client/src/protocol.ts").Room} */
  let room;
  before(async () => {
    cloud = await startCloud();
    [ada, bob] = await Promise.all([connectAs(cloud.url, "Ada"), connectAs(cloud.url, "Bob")]);
    ({ room } = await ada.request("createRoom", { name: "Quiet", kind: "channel" }));
    await bob.request("joinRoom", { roomId: room.id });
  });
  after(async () => {
    for (const p of [ada, bob]) p.close();
    await cloud.stop();
  });

  /** Opens a raw WebSocket, and joins "/" with a member's token unless told otherwise. */
  async function openRaw({ joined = true } = {}) {
    const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    /** @type {string[]} */
    const frames = [];
    socket.on("message", (data) => frames.push(String(data)));
    const closed = new Promise((resolve) => socket.on("close", (code) => resolve(code)));
    socket.on("error", () => {});
    await waitUntil(() => frames.some((f) => f.startsWith("0{")), "OPEN");
    if (joined) {
      socket.send(`40${JSON.stringify({ token: ada.token })}`);
      await waitUntil(() => frames.some((f) => f.startsWith("40{")), "CONNECT");
    }
    return { socket, frames, closed };
  }

  const big = "x".repeat(33 * 1024);
  /** @type {[string, string[], { joined: boolean }?][]} */
  const closing = [
    ["an event before CONNECT", ['42["x"]'], { joined: false }],
    ["a second CONNECT", ["40"]],
    ["a CONNECT_ERROR", ['44{"message":"x"}']],
    ["a namespace not joined", ['42/nope,["x"]']],
    ["a CONNECT with a string", ['40"abc"'], { joined: false }],
    ["a CONNECT with an array", ["40[1]"], { joined: false }],
    ["a CONNECT with null", ["40null"], { joined: false }],
    ["an unknown packet type", ["47"]],
    ["an empty message", ["4"]],
    ["an event without name", ["42[]"]],
    ["an event named null", ["42[null]"]],
    ["a reserved name", ['42["connect"]']],
    ["an ACK that is no array", ["431{}"]],
    ["a DISCONNECT with payload", ["41{}"]],
    ["junk after the JSON", ['42["a"]junk']],
    ["a stray attachment", ["bAAAA"]],
    ["text between attachments", ['451-["x",{"_placeholder":true,"num":0}]', '42["x"]']],
    ["a placeholder out of range", ['451-["x",{"_placeholder":true,"num":7}]', "bAAAA"]],
    ["too many attachments", ['4511-["x"]']],
    ["a ping from a client", ["2"]],
    ["a probe", ["2probe"]],
    ["an unknown frame", ["7"]],
    ["an empty frame", [""]],
  ];

  for (const [what, frames, options] of closing) {
    test(`${what} closes the connection and only that`, async () => {
      const { socket, closed } = await openRaw(options);
      for (const frame of frames) {
        socket.send(frame);
        await sleep(10); // API Gateway orders messages by milliseconds
      }
      assert.equal(await closed, 1000);
    });
  }

  test("a frame above 32 KB closes with 1009", async () => {
    const { socket, closed } = await openRaw();
    socket.send(`42["x","${big}"]`);
    assert.equal(await closed, 1009);
  });

  test("a binary frame closes with 1003", async () => {
    const { socket, closed } = await openRaw();
    socket.send(Buffer.from([1, 2, 3]));
    assert.equal(await closed, 1003);
  });

  test("what the protocol allows does not close the connection", async () => {
    const { socket, frames } = await openRaw();
    for (const frame of ["42", "431", "42[1,2]", '42["error","x"]', "4399[1]", "0", "3", "5", "6", "40/nope,"])
      socket.send(frame);
    await waitUntil(() => frames.includes('44/nope,{"message":"Invalid namespace"}'), "the refusal");
    socket.send(`427${JSON.stringify(["listRooms", {}])}`);
    await waitUntil(() => frames.some((f) => f.startsWith("437[")), "an answer");
    assert.equal(socket.readyState, WebSocket.OPEN);
    socket.close();
  });

  for (const [what, query, status] of [
    ["version 3", "EIO=3&transport=websocket", 400],
    ["long polling", "EIO=4&transport=polling", 400],
    ["a session of another transport", "EIO=4&transport=websocket&sid=abc", 400],
    ["no query", "", 400],
  ]) {
    test(`${what} is refused with ${status}`, async () => {
      const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/socket.io/?${query}`);
      const [, response] = await new Promise((resolve) => socket.on("unexpected-response", (...all) => resolve(all)));
      assert.equal(response.statusCode, status);
      response.destroy();
    });
  }

  test("the others in the room are not affected", async () => {
    const before = ada.events.events.length + bob.events.events.length;
    assert.equal(ada.socket.connected && bob.socket.connected, true);
    const { message } = await ada.request("sendMessage", { roomId: room.id, text: "all well?", tempId: "well" });
    assert.equal(message.seq, 1);
    assert.deepEqual(await bob.events.first("newMessage"), message);
    assert.deepEqual(await ada.events.first("newMessage"), message);
    const heard = [...ada.events.events, ...bob.events.events].map((e) => e.name);
    assert.ok(
      before >= 0 &&
        heard.every((n) => ["newMessage", "roomChanged", "memberChanged", "userOnline", "userOffline"].includes(n)),
      heard.join(),
    );
  });
});

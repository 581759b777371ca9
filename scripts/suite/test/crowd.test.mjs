// A crowd of official clients, with the client's own pauses between two attempts: all come back
// after a restart, and excess above the stage's rate does not feed itself.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { io } from "socket.io-client";
import { patience, record, request, sleep, startCloud, waitUntil } from "../harness.mjs";
import { startIssuer } from "../issuer.mjs";

/** @typedef {Awaited<ReturnType<typeof enter>>} Member */

/**
 * Connects a client, and counts its attempts to come back.
 *
 * @param {string} url
 * @param {import("../harness.mjs").SocketOptions} options
 */
async function enter(url, options = {}) {
  const socket = io(url, { transports: ["websocket"], forceNew: true, ...options });
  const member = { socket, attempts: 0, events: record(socket) };
  socket.io.on("reconnect_attempt", () => member.attempts++);
  await new Promise((resolve) => socket.once("connect", () => resolve(undefined)));
  return member;
}

/**
 * Connects a crowd, a few clients at once.
 *
 * @param {string} url
 * @param {number} size
 * @param {number} atOnce
 * @param {(i: number) => import("../harness.mjs").SocketOptions} options
 */
async function gather(url, size, atOnce, options) {
  /** @type {Member[]} */
  const crowd = [];
  while (crowd.length < size) {
    const some = Array.from({ length: atOnce }, (_, i) => enter(url, options(crowd.length + i)));
    crowd.push(...(await Promise.all(some)));
  }
  return crowd;
}

/** @param {Member[]} crowd */
const allConnected = (crowd) => crowd.every(({ socket }) => socket.connected);

/**
 * Checks how often each client tried to come back.
 *
 * @param {import("node:test").TestContext} t
 * @param {Member[]} crowd
 * @param {number} most
 */
function checkAttempts(t, crowd, most) {
  const attempts = crowd.map((member) => member.attempts).sort((a, b) => a - b);
  const [middle, highest] = [attempts[attempts.length / 2], attempts[attempts.length - 1]];
  t.diagnostic(`attempts of a client: ${middle} in the middle, ${highest} at most`);
  assert.ok(highest <= most, `a client tried ${highest} times`);
}

test("500 clients come back after a restart, each within 15 attempts, and hear their rooms", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "confab-crowd-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const issuer = await startIssuer();
  t.after(() => issuer.stop());
  process.env.CONFAB_OIDC_ISSUER = issuer.url;
  process.env.CONFAB_OIDC_AUDIENCE = issuer.clientId;
  // An account's quota of new connections holds too.
  const flags = ["-data", folder, "-quotas"];
  let cloud = await startCloud(flags);
  const { port } = new URL(cloud.url);
  // Fifty people with ten devices each, and five rooms of ten people.
  const tokens = Array.from({ length: 50 }, (_, i) => issuer.token({ sub: `crowd|${i}`, name: `Person ${i}` }));
  const crowd = await gather(cloud.url, 500, 50, (i) => ({ auth: { token: tokens[i % 50] } }));
  /** @type {string[]} */
  const rooms = [];
  for (let i = 0; i < 50; i++) {
    const { socket } = crowd[i];
    if (i % 10 === 0) {
      const { room } = await request(socket, "createRoom", { name: `Room ${i}`, kind: "channel" });
      rooms.push(room.id);
    } else {
      await request(socket, "joinRoom", { roomId: rooms[rooms.length - 1] });
    }
  }

  await cloud.stop();
  await waitUntil(() => crowd.every(({ socket }) => !socket.connected), "all are cut off");
  cloud = await startCloud([...flags, "-port", port]);
  await waitUntil(() => allConnected(crowd), "all are back", 4 * patience);
  checkAttempts(t, crowd, 15);
  for (const [i, roomId] of rooms.entries()) {
    await request(crowd[i * 10].socket, "sendMessage", { roomId, text: "We are back.", tempId: "back" });
  }
  const hears = crowd.map(({ events }, i) =>
    events.first("newMessage", (m) => m.roomId === rooms[Math.floor((i % 50) / 10)]),
  );
  await Promise.all(hears);

  for (const { socket } of crowd) socket.disconnect();
  await cloud.stop();
});

test("200 clients that send at twice the stage's rate settle, each within 50 attempts", async (t) => {
  const rate = 100;
  const flags = ["-dispatch", "concurrent", "-route-response", "every", "-throttle", `${rate},${rate / 2}`];
  const cloud = await startCloud(["-app", "conformance", ...flags]);
  // Each sends an event a second, and sends it again until it is acknowledged. A client that gets
  // API Gateway's error frame takes the line for broken, and reconnects.
  const crowd = await gather(cloud.url, 200, 10, () => ({ retries: 1000, ackTimeout: 5000 }));
  for (const member of crowd) member.attempts = 0; // which the way in has cost
  await Promise.all(
    crowd.map(async ({ socket }, i) => {
      for (let k = 0; k < 5; k++) {
        assert.equal(await socket.emitWithAck("echo", `${i} ${k}`), `${i} ${k}`);
        await sleep(1000);
      }
    }),
  );
  await waitUntil(() => allConnected(crowd), "all are connected");
  assert.ok(
    crowd.some(({ attempts }) => attempts > 0),
    "nobody was above the rate",
  );
  checkAttempts(t, crowd, 50);
  for (const { socket } of crowd) socket.disconnect();
  await cloud.stop();
});

test("100 clients that come at once to an account of ten functions settle, each within 15 attempts", async (t) => {
  const flags = ["-dispatch", "concurrent", "-route-response", "every", "-concurrency", "10"];
  const cloud = await startCloud(["-app", "conformance", ...flags]);
  const crowd = await gather(cloud.url, 100, 100, () => ({ retries: 1000, ackTimeout: 5000 }));
  const answers = crowd.map(({ socket }, i) => socket.emitWithAck("echo", i));
  assert.deepEqual(await Promise.all(answers), [...crowd.keys()]);
  await waitUntil(() => allConnected(crowd), "all are connected");
  assert.ok(
    crowd.some(({ attempts }) => attempts > 0),
    "no function was refused",
  );
  checkAttempts(t, crowd, 15);
  for (const { socket } of crowd) socket.disconnect();
  await cloud.stop();
});

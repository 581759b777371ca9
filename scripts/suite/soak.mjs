// People who come, talk and go, in the local cloud, for three minutes and then as long as SOAK says
// (10m), while its memory, goroutines and rows are watched. It fails if something grows, if an
// operation fails for a reason on the server's side, or if something is left when all have gone:
//   SOAK=2m node scripts/suite/soak.mjs
import { setTimeout as pause } from "node:timers/promises";
import { findGrowth } from "./growth.mjs";
import { connectAs, http, signIn, startCloud, waitUntil } from "./harness.mjs";
import { startProxy } from "./proxy.mjs";

/** @typedef {{ goroutines: number, heapBytes: number, rows: Record<string, Record<string, { count: number, bytes: number }>> }} Resources */

const people = 10;
const devicesOfEach = 2;
const rooms = 4;
const samples = 20;
/** Until then what is kept for a minute, or for as long as a session may be recovered, has settled. */
const warmUp = 180_000;

// Hours in minutes, with time for a busy machine to keep up.
const flags = [
  "-sweep-every",
  "5s",
  "-ping-interval",
  "45s",
  "-ping-timeout",
  "30s",
  "-lifetime",
  "2m",
  "-recovery",
  "5s",
];

/** Kinds of rows whose number follows the clock or the messages, and not the use. */
const growing = new Set(["chat M", "chat I", "realtime N", "realtime O"]);

/** Kinds that must be gone when everybody has left, and how many rows may stay. */
const leftOver = { C: 0, E: 0, R: 0, J: 0, H: 0, B: 0, D: 0, P: 10 }; // P: when each slot was pinged, and the clock of the logs

/** Errors that a client can cause by what others do at the same time, or that a line causes. */
const expected = new Set(["forbidden", "not_found", "unavailable", "rate_limited", "unknown_event", "line"]);

const duration = milliseconds(process.env.SOAK || "10m");
const cloud = await startCloud(flags);
const proxy = await startProxy(cloud.url);
const before = await resources();
/** @type {Record<string, number>} How often each operation had each outcome. */
const outcomes = {};
let acknowledged = 0;
let over = false;

const sessions = await Promise.all(Array.from({ length: people }, (_, i) => signIn(cloud.url, `Person ${i}`)));
const devices = await Promise.all(
  sessions.flatMap((session) =>
    Array.from({ length: devicesOfEach }, (_, i) => connectAs(i === 0 ? cloud.url : proxy.url, "", session)),
  ),
);
/** @type {string[]} */
const roomIds = [];
for (let i = 0; i < rooms; i++) {
  const { room } = await devices[i].request("createRoom", { name: `Room ${i}`, kind: "channel" });
  roomIds.push(room.id);
}
console.log(`${devices.length} devices of ${people} people in ${rooms} rooms, for ${(warmUp + duration) / 1000} s`);

const working = [...devices.map(use), cutLines()];
/** @type {import("./growth.mjs").Sample[]} */
const taken = [];
await pause(warmUp);
for (let i = 0; i < samples; i++) {
  await pause(duration / samples);
  const sample = flatten(await resources());
  taken.push(sample);
  console.log(line(sample));
}
over = true;
await Promise.all(working);
const problems = [...findGrowth(taken), ...unexpected()];
for (const device of devices) device.close();
proxy.close();
problems.push(...(await findLeftOvers()));
await cloud.stop();
problems.push(...cloud.stderr.split("\n").filter((l) => /level=ERROR|^panic|DATA RACE/.test(l)));

console.log("\noutcomes:");
for (const [name, count] of Object.entries(outcomes).sort()) console.log(`  ${String(count).padStart(6)}  ${name}`);
if (problems.length > 0) console.error(`\nproblems:\n  ${[...new Set(problems)].slice(0, 50).join("\n  ")}`);
else console.log("\nnothing grows, and nothing is left");
process.exit(problems.length > 0 ? 1 : 0);

/**
 * Uses a device until the time is over, about every three seconds.
 *
 * @param {import("./harness.mjs").Client} device
 */
async function use(device) {
  device.socket.offAny(); // what the harness records would be kept
  for (let n = 0; !over; n++) {
    await pause(Math.random() * 6000);
    await act(device, n);
  }
}

/**
 * Does one thing, by chance.
 *
 * @param {import("./harness.mjs").Client} device
 * @param {number} n
 */
async function act(device, n) {
  const roomId = roomIds[Math.floor(Math.random() * roomIds.length)];
  const dice = Math.random();
  if (dice < 0.2) return ask(device, "joinRoom", { roomId });
  if (dice < 0.3) return ask(device, "leaveRoom", { roomId });
  if (dice < 0.6)
    return ask(device, "sendMessage", { roomId, text: "Again and again.", tempId: `${device.socket.id}-${n}` });
  if (dice < 0.65) return ask(device, "typing", { roomId, on: true });
  if (dice < 0.75) return ask(device, "history", { roomId, limit: 20 });
  if (dice < 0.8) return ask(device, "listRooms", {});
  if (dice < 0.85) return ask(device, "presence", { userIds: sessions.map((s) => s.user.id) });
  if (dice < 0.88) return ask(device, "nothing", {});
  if (dice < 0.92) {
    const { status } = await http(cloud.url, "GET", "/api/rooms", { token: device.token });
    return count("GET /api/rooms", status === 200 ? "ok" : String(status));
  }
  if (dice < 0.96) {
    device.socket.io.engine?.close(); // the line: it comes back by itself, and recovers
    return count("a line closed", "ok");
  }
  device.socket.disconnect();
  await pause(Math.random() * 2000);
  device.socket.connect();
  count("a disconnect", "ok");
}

/**
 * Makes a request of the chat and counts what comes of it.
 *
 * @param {import("./harness.mjs").Client} device
 * @param {string} event
 * @param {object} body
 */
async function ask(device, event, body) {
  const outcome = await answerOf(device, event, body);
  if (event === "sendMessage" && outcome === "ok") acknowledged++;
  count(event, outcome);
}

/**
 * Returns "ok", the code of an error, or "line" if there was no answer.
 *
 * @param {import("./harness.mjs").Client} device
 * @param {string} event
 * @param {object} body
 */
async function answerOf(device, event, body) {
  try {
    const answer = await device.emitWithAck(event, body);
    return answer.ok ? "ok" : answer.error.code;
  } catch {
    return "line";
  }
}

/** @param {string} what @param {string} outcome */
function count(what, outcome) {
  const name = `${what}: ${outcome}`;
  outcomes[name] = (outcomes[name] ?? 0) + 1;
}

/** Cuts all lines of the second devices at once, now and then. */
async function cutLines() {
  while (!over) {
    await pause(20_000);
    proxy.cut();
    await pause(500);
    proxy.mend();
  }
}

/** The outcomes that nothing explains, and work that was not done at all. */
function unexpected() {
  const strange = Object.keys(outcomes).filter((name) => {
    const outcome = name.slice(name.lastIndexOf(": ") + 2);
    return outcome !== "ok" && !expected.has(outcome);
  });
  if (acknowledged === 0) strange.push("no message was acknowledged");
  return strange.map((name) => `${name} (${outcomes[name] ?? 0} times)`);
}

/** Waits until nothing is left of anybody, and returns what does not go. */
async function findLeftOvers() {
  const find = async () => {
    const { rows, goroutines } = await resources();
    const left = Object.entries(leftOver).map(([kind, most]) => ({
      kind,
      most,
      count: rows.realtime[kind]?.count ?? 0,
    }));
    const found = left.filter((k) => k.count > k.most).map((k) => `realtime ${k.kind}: ${k.count} rows are left`);
    if (rows.chat.K) found.push(`chat K: ${rows.chat.K.count} rows are left`);
    if (goroutines > before.goroutines + 50) found.push(`${goroutines} goroutines are left of ${before.goroutines}`);
    const messages = rows.chat.M?.count ?? 0;
    if (messages < acknowledged) found.push(`${messages} messages are stored, and ${acknowledged} were acknowledged`);
    return found;
  };
  /** @type {string[]} */
  let found = [];
  const isGone = async () => {
    found = await find();
    return found.length === 0;
  };
  await waitUntil(isGone, "all is gone", 150_000).catch(() => {});
  return found;
}

/** @returns {Promise<Resources>} */
async function resources() {
  return (await http(cloud.url, "GET", "/_local/resources")).body;
}

/**
 * The values to be watched, by name.
 *
 * @param {Resources} r
 */
function flatten(r) {
  /** @type {import("./growth.mjs").Sample} */
  const sample = { goroutines: r.goroutines, heap: r.heapBytes };
  for (const [table, kinds] of Object.entries(r.rows)) {
    for (const [kind, { count, bytes }] of Object.entries(kinds)) {
      if (growing.has(`${table} ${kind}`)) continue;
      sample[`${table} ${kind} rows`] = count;
      sample[`${table} ${kind} bytes`] = bytes;
    }
  }
  return sample;
}

/** @param {import("./growth.mjs").Sample} sample */
function line(sample) {
  const rows = Object.entries(sample).filter(([name]) => name.endsWith(" rows"));
  const text = rows.map(([name, count]) => `${name.slice(0, -5).replace("realtime ", "")}:${count}`).join(" ");
  return `${sample.goroutines} goroutines, ${(sample.heap / 1e6).toFixed(1)} MB, rows ${text}`;
}

/** @param {string} text as in 10m or 90s */
function milliseconds(text) {
  const [, number, unit] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  if (!number) throw new Error(`SOAK=${text}: write it as 90s, 10m or 1h`);
  return Number(number) * { s: 1000, m: 60_000, h: 3_600_000 }[/** @type {"s" | "m" | "h"} */ (unit)];
}

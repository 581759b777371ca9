// What an arriving message costs the page. The figures are printed, and depend on the machine;
// what is asserted does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAs } from "../harness.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

/** How long messages stream, in seconds. */
const streaming = Number(process.env.CONFAB_STREAM_SECONDS ?? 5);

/**
 * Opens the page on a room, and returns what sends it messages as if they came from the server.
 *
 * @param {string} name
 */
async function openRoom(name) {
  const bob = await connectAs(cloud.url, "Bob");
  const { room } = await bob.request("createRoom", { name, kind: "channel" });
  const ada = await openPage(browser, cloud.url, null);
  /** @type {import("playwright-core").WebSocketRoute | undefined} */
  let socket;
  await ada.page.routeWebSocket(/socket\.io/, (ws) => {
    ws.connectToServer();
    socket = ws;
  });
  await ada.page.reload();
  await ada.by("sign-in-name").fill("Ada");
  await ada.by("sign-in-submit").click();
  await ada.joinRoom(name);
  let head = 0;
  const receive = () => {
    const seq = ++head;
    const message = {
      id: `${seq}`,
      roomId: room.id,
      seq,
      sender: seq % 3 ? bob.user : { id: "c", name: "Cy" },
      text: `number ${seq}${" and some more words".repeat(seq % 9)}`,
      sentAt: new Date().toISOString(),
    };
    socket?.send(`42${JSON.stringify(["newMessage", message])}`);
    return seq;
  };
  const shows = (/** @type {number} */ seq) => ada.page.locator(`[data-seq="${seq}"]`).waitFor();
  return { ada, receive, shows, close: () => Promise.all([bob.close(), ada.context.close()]) };
}

/** @param {import("playwright-core").Page} page */
async function startMeasuring(page) {
  const devtools = await page.context().newCDPSession(page);
  // The time of the processor, so that what else runs here counts less.
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map((m) => [m.name, m.value]));
  };
  const start = await read();
  return async () => {
    const end = await read();
    return {
      /** @param {string} name */
      since: (name) => ((end[name] ?? 0) - (start[name] ?? 0)) * 1000,
      nodes: await page.evaluate(() => document.querySelectorAll("*").length),
    };
  };
}

test("an arriving message costs the same with 10,000 others, and few of them are in the page", async (t) => {
  const { ada, receive, shows, close } = await openRoom("Ten thousand");
  const counts = [];
  for (const loaded of [100, 10_000]) {
    for (let i = counts.length ? 200 : 0; i < loaded; i++) {
      receive();
      if (i % 500 === 499) await shows(i + 1);
    }
    await shows(loaded);
    const measured = await startMeasuring(ada.page);
    for (let i = 1; i <= 100; i++) {
      receive();
      await sleep(20);
    }
    await shows(loaded + 100);
    const { since, nodes } = await measured();
    counts.push(nodes);
    const ms = ["TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration"].map((name) =>
      (since(name) / 100).toFixed(2),
    );
    t.diagnostic(
      `${loaded} loaded: ${ms[0]} ms a message (script ${ms[1]}, layout ${ms[2]}, style ${ms[3]}), ${nodes} nodes`,
    );
  }
  assert.ok(Math.max(...counts) < 3000, `nodes: ${counts}`);
  const height = await ada.by("message-list").evaluate((list) => list.scrollHeight);
  assert.ok(height > 10_100 * 20, `the list is ${height} pixels high`);
  assert.deepEqual(ada.errors, []);
  await close();
});

test("a hundred messages a second are all shown, with few in the page", async (t) => {
  const { ada, receive, shows, close } = await openRoom("A stream");
  let sent = receive();
  await shows(sent);
  const frames = await ada.page.evaluateHandle(() => {
    const counted = { frames: 0, started: performance.now(), longest: 0 };
    let last = performance.now();
    const count = (/** @type {number} */ now) => {
      counted.frames++;
      counted.longest = Math.max(counted.longest, now - last);
      last = now;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    return counted;
  });
  const started = Date.now();
  for (; Date.now() - started < streaming * 1000; await sleep(5))
    while (sent < (Date.now() - started) / 10) sent = receive();
  const result = await frames.evaluate(({ frames, started, longest }) => ({
    perSecond: (frames * 1000) / (performance.now() - started),
    longest,
  }));
  await shows(sent);
  const nodes = await ada.page.evaluate(() => document.querySelectorAll("*").length);
  t.diagnostic(
    `${result.perSecond.toFixed(1)} frames a second for ${streaming} s, the longest ${result.longest.toFixed(0)} ms, ${nodes} nodes`,
  );
  assert.ok(nodes < 3000, `${nodes} nodes`);
  assert.deepEqual(ada.errors, []);
  await close();
});

// What an arriving message costs the page. The figures are printed, and depend on the machine;
// what is asserted does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs } from "../harness.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

/** How long messages stream, in seconds. */
const streaming = Number(process.env.CONFAB_STREAM_SECONDS ?? 5);

/**
 * Opens the page on a room, and returns what gives it messages as if they came from the server. They
 * are made in the page: what brings them to it would cost more than they do.
 *
 * @param {string} name
 */
async function openRoom(name) {
  const bob = await connectAs(cloud.url, "Bob");
  const { room } = await bob.request("createRoom", { name, kind: "channel" });
  const ada = await openPage(browser, cloud.url, null);
  const { page } = ada;
  await page.addInitScript(
    ({ roomId, senders }) => {
      /** @type {WebSocket} */
      let socket;
      globalThis.WebSocket = class extends WebSocket {
        /** @param {ConstructorParameters<typeof WebSocket>} args */
        constructor(...args) {
          super(...args);
          socket = this;
        }
      };
      let head = 0;
      const receive = () => {
        const seq = ++head;
        const message = {
          id: `${seq}`,
          roomId,
          seq,
          sender: senders[seq % 3 ? 0 : 1],
          text: `number ${seq}${" and some more words".repeat(seq % 9)}`,
          sentAt: new Date().toISOString(),
        };
        socket.dispatchEvent(new MessageEvent("message", { data: `42${JSON.stringify(["newMessage", message])}` }));
      };
      /**
       * Receives messages, so many each second, and resolves to how many there have been.
       *
       * @param {number} count
       * @param {number} perSecond
       */
      const receiveMessages = async (count, perSecond) => {
        const started = performance.now();
        for (let received = 0; received < count; received++) {
          const early = started + (received * 1000) / perSecond - performance.now();
          if (early > 0) await new Promise((r) => setTimeout(r, early));
          receive();
        }
        return head;
      };
      Object.assign(globalThis, { receiveMessages });
    },
    { roomId: room.id, senders: [bob.user, { id: "c", name: "Cy" }] },
  );
  await page.reload();
  await ada.by("sign-in-name").fill("Ada");
  await ada.by("sign-in-submit").click();
  await ada.joinRoom(name);
  /** @type {(count: number, perSecond: number) => Promise<void>} */
  const receive = async (count, perSecond) => {
    const head = await page.evaluate(
      (args) => /** @type {any} */ (globalThis).receiveMessages(...args),
      [count, perSecond],
    );
    await page.locator(`[data-seq="${head}"]`).waitFor();
  };
  return { ada, receive, close: () => Promise.all([bob.close(), ada.context.close()]) };
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
      since: (name) => (end[name] ?? 0) - (start[name] ?? 0),
      nodes: await page.evaluate(() => document.querySelectorAll("*").length),
    };
  };
}

test("an arriving message costs the same with 10,000 others, and few of them are in the page", async (t) => {
  const { ada, receive, close } = await openRoom("Ten thousand");
  const counts = [];
  let received = 0;
  for (const loaded of [200, 10_000]) {
    await receive(loaded - 100 - received, 2000);
    await receive(100, 50); // what is slow at first
    const measured = await startMeasuring(ada.page);
    await receive(200, 50);
    const { since, nodes } = await measured();
    received = loaded + 200;
    counts.push(nodes);
    const ms = ["TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration"].map((name) =>
      ((since(name) * 1000) / 200).toFixed(2),
    );
    const layouts = since("LayoutCount") / 200;
    t.diagnostic(
      `${loaded} loaded: ${ms[0]} ms a message (script ${ms[1]}, layout ${ms[2]}, style ${ms[3]}), ${layouts} layouts, ${nodes} nodes`,
    );
    assert.ok(layouts < 1.5, `${layouts} layouts a message`);
  }
  assert.ok(Math.max(...counts) < 3000, `nodes: ${counts}`);
  const height = await ada.by("message-list").evaluate((list) => list.scrollHeight);
  assert.ok(height > 10_200 * 20, `the list is ${height} pixels high`);
  assert.deepEqual(ada.errors, []);
  await close();
});

test("a hundred messages a second are all shown, with few in the page", async (t) => {
  const { ada, receive, close } = await openRoom("A stream");
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
  await receive(streaming * 100, 100);
  const result = await frames.evaluate(({ frames, started, longest }) => ({
    perSecond: (frames * 1000) / (performance.now() - started),
    longest,
  }));
  const nodes = await ada.page.evaluate(() => document.querySelectorAll("*").length);
  t.diagnostic(
    `${result.perSecond.toFixed(1)} frames a second for ${streaming} s, the longest ${result.longest.toFixed(0)} ms, ${nodes} nodes`,
  );
  assert.ok(nodes < 3000, `${nodes} nodes`);
  assert.deepEqual(ada.errors, []);
  await close();
});

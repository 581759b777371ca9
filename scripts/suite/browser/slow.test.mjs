// What is seen while the network is slow: two seconds of latency, and 50 kbit/s.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs } from "../harness.mjs";
import { openPage, visit } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

const devices = { desk: {}, phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } };

/**
 * Sets what the network of a page is like.
 *
 * @param {import("playwright-core").Page} page @param {boolean} slow
 */
async function setNetwork(page, slow) {
  const client = await page.context().newCDPSession(page);
  await client.send("Network.enable");
  const speed = slow ? 50_000 / 8 : -1;
  await client.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: slow ? 2000 : 0,
    downloadThroughput: speed,
    uploadThroughput: speed,
  });
}

/** Notes which of some test ids are ever seen on a page. @param {import("playwright-core").Page} page @param {string[]} ids */
const noteSeen = (page, ids) =>
  page.addInitScript((ids) => {
    const seen = new Set();
    Object.assign(globalThis, { seen });
    const look = () => {
      for (const id of ids) if (document.querySelector(`[data-testid="${id}"]`)?.checkVisibility()) seen.add(id);
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  }, ids);
/** @param {import("playwright-core").Page} page @returns {Promise<string[]>} */
const seenOn = (page) => page.evaluate(() => [.../** @type {any} */ (globalThis).seen].sort());

for (const [device, colorScheme] of /** @type {const} */ ([
  ["desk", "light"],
  ["phone", "dark"],
]))
  test(`a ${device} shows a skeleton before style sheet and script are there, in ${colorScheme} colours`, async () => {
    const context = await browser.newContext({ ...devices[device], colorScheme });
    const page = await context.newPage();
    const { errors } = visit(page);
    await setNetwork(page, true);
    await page.goto(cloud.url, { waitUntil: "commit" });
    const skeleton = page.getByAltText("Confab is loading …");
    await skeleton.waitFor();
    await page.waitForFunction(
      () => /** @type {HTMLImageElement | null} */ (document.querySelector("#app img"))?.complete,
    );
    const { width, height } = (await skeleton.boundingBox()) ?? assert.fail("it is not seen");
    assert.ok(width > 300 && height > 300, `${width} x ${height}`);
    assert.equal(await page.evaluate(() => document.styleSheets.length), 0, "it needs no style sheet");
    const painted = await page.evaluate(() => performance.getEntriesByType("paint").map((p) => p.name));
    await setNetwork(page, false);
    await page.getByTestId("sign-in-name").waitFor();
    assert.equal(await skeleton.count(), 0);
    assert.ok(painted.includes("first-paint"), "it is painted while the rest is on its way");
    assert.deepEqual(errors, []);
    await context.close();
  });

for (const [device, options] of Object.entries(devices))
  test(`a ${device} shows skeletons of the rooms and of the messages until they are there`, async () => {
    const [ada, bob] = await Promise.all([connectAs(cloud.url, "Ada"), connectAs(cloud.url, "Bob")]);
    const { room } = await bob.request("createRoom", { name: `Slow ${device}`, kind: "group" });
    await ada.request("joinRoom", { roomId: room.id });
    await bob.request("sendMessage", { roomId: room.id, text: "Patience", tempId: "1" });
    const { context } = await openPage(browser, cloud.url, null, options); // its files are in the cache from now on
    const session = JSON.stringify({ token: ada.token, user: ada.user });
    await context.addInitScript((s) => localStorage.setItem("confab.session", s), session);
    const page = await context.newPage();
    const { errors, by } = visit(page);
    await noteSeen(page, ["rooms-to-come", "messages-to-come", "room-item", "message"]);
    await setNetwork(page, true);
    await page.goto(cloud.url, { waitUntil: "commit" });
    await by("room-item").waitFor({ timeout: 60_000 });
    assert.deepEqual(await seenOn(page), ["room-item", "rooms-to-come"]);
    assert.equal(await by("rooms-to-come").count(), 0);
    await by("room-item").click();
    await by("message").getByText("Patience").waitFor({ timeout: 60_000 });
    assert.deepEqual(await seenOn(page), ["message", "messages-to-come", "room-item", "rooms-to-come"]);
    assert.equal(await by("messages-to-come").count(), 0);

    await page.reload({ waitUntil: "commit" }); // the address is the room's
    await by("message").getByText("Patience").waitFor({ timeout: 60_000 });
    assert.ok((await seenOn(page)).includes("messages-to-come"), "the room of the address too");
    assert.deepEqual(errors, []);
    for (const client of [ada, bob]) client.close();
    await context.close();
  });

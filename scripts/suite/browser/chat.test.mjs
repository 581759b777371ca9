// Two people in two browsers, with the real page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readMeter, shortName, waitUntil } from "../harness.mjs";
import { startProxy } from "../proxy.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

// People are told of a lost line within seconds, not a minute.
useCloudAndBrowser(["-presence-grace", "4s", "-sweep-every", "1s"]);

test("two people sign in, see each other online, create a room and talk", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, cloud.url, "Bob");
  await ada.createRoom("Engines");
  await bob.joinRoom("Engines");
  await ada.say("Hello Bob");
  await bob.sees(["Hello Bob"]);
  await bob.say("Hello Ada how are you?");
  await ada.sees(["Hello Bob", "Hello Ada how are you?"]);
  await bob.sees(["Hello Bob", "Hello Ada how are you?"]);

  await ada.page.getByRole("button", { name: "Members", exact: true }).click();
  await ada.page.waitForFunction(
    () => document.querySelectorAll('[data-testid="members"] [data-online="true"]').length === 2,
  );
  await bob.context.close();
  await ada.page.waitForFunction(
    () => document.querySelectorAll('[data-testid="members"] [data-online="true"]').length === 1,
  );
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

test("somebody whose line is soon back is never shown as offline, and sees no banner", async () => {
  const proxy = await startProxy(cloud.url);
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, proxy.url, "Bob");
  await ada.createRoom("Cuts");
  await bob.joinRoom("Cuts");
  await ada.page.getByRole("button", { name: "Members", exact: true }).click();
  await ada.page.getByText("2 members, 2 online").waitFor();
  const offline = await watchFor(ada.page, '[data-testid="member"] [data-online="false"]');
  const banner = await watchFor(bob.page, '[data-testid="connection-banner"]:not([hidden])');
  // On a busy machine a return may take longer than the page and the others wait. Then they may
  // show it, and the cut is tried again.
  for (let cut = 1, soon = 0; soon < 3; cut++) {
    assert.ok(cut <= 30, "no line is back within a second");
    const before = await runsOf("connect");
    const began = Date.now();
    proxy.cut();
    proxy.mend();
    await waitUntil(async () => (await runsOf("connect")) > before, "Bob's next connection");
    await bob.say(`back ${cut}`);
    await ada.sees(Array.from({ length: cut }, (_, i) => `back ${i + 1}`));
    if (Date.now() - began < 1000) soon++;
    else for (const watch of [offline, banner]) await watch.evaluate((found) => Object.assign(found, { seen: 0 }));
  }
  // Past the grace of the last cut, and the sweep after it.
  const swept = await runsOf("sweep");
  await waitUntil(async () => (await runsOf("sweep")) > swept + 6, "the sweeps after the grace");
  assert.deepEqual([await offline.evaluate(({ seen }) => seen), await banner.evaluate(({ seen }) => seen)], [0, 0]);
  await bob.context.close();
  await ada.page.getByText("2 members, 1 online").waitFor();
  await ada.context.close();
  proxy.close();
});

/**
 * Counts how often a page shows what a selector finds, from now on.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} selector
 */
const watchFor = (page, selector) =>
  page.evaluateHandle((selector) => {
    const found = { seen: 0 };
    const look = () => {
      if (document.querySelector(selector)) found.seen++;
    };
    look();
    new MutationObserver(look).observe(document.body, { attributes: true, childList: true, subtree: true });
    return found;
  }, selector);

/** How often a function has run. @param {string} name */
const runsOf = async (name) =>
  (await readMeter(cloud.url)).invocations.find((i) => shortName(i.function) === name)?.count ?? 0;

test("the other person is shown as typing", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, cloud.url, "Bob");
  await ada.createRoom("Typing");
  await bob.joinRoom("Typing");
  await bob.by("composer").fill("I am");
  await ada.page.getByText("Bob is typing …").waitFor();
  await bob.by("composer").fill("");
  await ada.page.waitForFunction(() => document.querySelector('[data-testid="typing-indicator"]')?.textContent === "");
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("messages written while the network is down are sent later, and nothing is missed", async () => {
  const proxy = await startProxy(cloud.url);
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, proxy.url, "Bob");
  await ada.createRoom("Tunnels");
  await bob.joinRoom("Tunnels");
  await ada.say("before");
  await bob.sees(["before"]);

  proxy.cut();
  await bob.page.locator('[data-testid="connection-banner"][data-state="lost"]').waitFor();
  for (let i = 1; i <= 3; i++) await ada.say(`missed ${i}`);
  await ada.sees(["before", "missed 1", "missed 2", "missed 3"]);
  await bob.say("from the tunnel");
  await bob.page.locator('[data-testid="message"][data-state="pending"]').waitFor();

  proxy.mend();
  const all = ["before", "missed 1", "missed 2", "missed 3", "from the tunnel"];
  await bob.sees(all);
  await ada.sees(all);
  await bob.by("connection-banner").waitFor({ state: "hidden" });

  await bob.page.reload();
  await bob.by("room-item").first().click();
  await bob.sees(all);
  await Promise.all([ada.context.close(), bob.context.close()]);
  proxy.close();
});

test("a draft is replaced by the stored message, and is never shown twice", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Once");
  const list = await ada.by("message-list").evaluateHandle((element) => {
    /** @type {string[]} */
    const states = [];
    new MutationObserver(() => {
      const messages = [...element.querySelectorAll('[data-testid="message"]')];
      states.push(messages.map((m) => m.getAttribute("data-state")).join());
    }).observe(element, { childList: true, subtree: true, attributes: true });
    return { states };
  });
  await ada.say("soon there");
  await ada.sees(["soon there"]);
  const seen = await list.evaluate(({ states }) => states);
  assert.ok(seen.includes("pending"), `states: ${seen}`);
  assert.ok(!seen.some((s) => s.includes(",")), `twice at a time: ${seen}`);
  await ada.context.close();
});

test("two devices of one person show the same", async () => {
  const desk = await openPage(browser, cloud.url, "Ada");
  await desk.createRoom("Devices");
  const phone = await openPage(browser, cloud.url, null, {
    viewport: { width: 390, height: 844 },
    storageState: await desk.context.storageState(),
  });
  await phone.by("room-item").first().click();
  await desk.say("from the desk");
  await phone.sees(["from the desk"]);
  await phone.say("from the phone");
  await desk.sees(["from the desk", "from the phone"]);
  await Promise.all([desk.context.close(), phone.context.close()]);
});

test("older messages are loaded on scrolling up", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Long");
  for (let i = 1; i <= 70; i++) await ada.say(`message ${i}`);
  const last = ada.page.locator('[data-seq="70"]');
  await last.waitFor();
  await ada.page.reload();
  await ada.by("room-item").first().click();
  await last.waitFor();
  const heights = () => ada.by("message-list").evaluate((list) => [list.scrollTop, list.scrollHeight]);
  // At first there may be the last message alone, which the list of rooms shows too.
  await waitUntil(async () => (await heights())[1] > 1000, "the newest page");
  const [, before] = await heights();
  await ada.by("message-list").evaluate((list) => {
    list.scrollTop = 0;
  });
  await waitUntil(async () => (await heights())[1] > before + 300, "the older messages");
  assert.ok((await heights())[0] > 200, "the view jumped");
  await ada.by("message-list").evaluate((list) => {
    list.scrollTop = 0;
  });
  await ada.page.getByText("This is the beginning of Long.").waitFor();
  await waitUntil(async () => (await ada.by("message").first().getAttribute("data-seq")) === "1", "the first message");
  await ada.context.close();
});

test("everything works with the keyboard", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(cloud.url);
  await page.locator("[data-testid=sign-in-name]:focus").waitFor();
  await page.keyboard.type("Ada");
  await page.keyboard.press("Enter");
  await page.getByTestId("new-room").focus();
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=room-name]:focus").waitFor();
  await page.keyboard.type("Keys");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Keys" }).waitFor();
  await page.locator("[data-testid=composer]:focus").waitFor();
  await page.keyboard.type("typed");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("in two lines");
  await page.keyboard.press("Enter");
  await page.locator('[data-testid="message"][data-state="sent"]').waitFor();
  assert.equal(await page.locator("div.text").textContent(), "typed\nin two lines");
  await page.getByTestId("browse").click();
  await page.locator("dialog:focus-within").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await context.close();
});

// Finding messages again: search, pins, and links.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** @param {import("./browser.mjs").Visitor} visitor @param {number} seq */
const row = ({ page }, seq) => page.locator(`[data-testid="message"][data-seq="${seq}"]`);

/** @param {import("./browser.mjs").Visitor} visitor @param {number} seq @param {string} action */
async function act(visitor, seq, action) {
  await row(visitor, seq).hover();
  await row(visitor, seq).getByTestId("message-menu").click();
  await visitor.by(action).click();
}

for (const [device, options] of /** @type {const} */ ([
  ["desk", undefined],
  ["phone", phone],
])) {
  test(`words of a message lead to it, with what was searched marked, on a ${device}`, async () => {
    const ada = await openPage(browser, cloud.url, "Ada", options);
    await ada.createRoom(`Fruit on a ${device}`);
    await ada.say("An Apple a day");
    for (let i = 0; i < 40; i++) await ada.say(`other ${i}`);
    await row(ada, 41).waitFor();
    await ada.by("find-in-room").click();
    await ada.page.locator("[data-testid=find]:focus").waitFor();
    await ada.by("find").fill("app day");
    await ada.by("find-state").getByText("1 message").waitFor();
    assert.deepEqual(await ada.page.locator("mark").allTextContents(), ["App", "day"]);
    await ada.by("find").fill("nobody says this");
    await ada.by("find-state").getByText("No message has these words.").waitFor();
    await ada.by("find").fill("apple");
    await ada.by("found-message").click();
    await ada.page.locator('[data-seq="1"]:focus').waitFor();
    assert.equal(await ada.page.locator("dialog[open]").count(), 0);
    assert.deepEqual(ada.errors, []);
    await ada.context.close();
  });
}

for (const [device, options] of /** @type {const} */ ([
  ["desk", undefined],
  ["phone", phone],
])) {
  test(`words of a reply lead to it in its thread, on a ${device}`, async () => {
    const ada = await openPage(browser, cloud.url, "Ada", options);
    await ada.createRoom(`Threads on a ${device}`);
    await ada.say("Which fruit?");
    await act(ada, 1, "reply-in-thread");
    const thread = ada.by("thread");
    for (const text of ["A mango", ...Array.from({ length: 25 }, (_, i) => `other ${i}`)]) {
      await thread.getByTestId("composer").fill(text);
      await thread.getByTestId("composer").press("Enter");
    }
    await thread.locator('[data-seq="26"]').waitFor();
    await ada.page.keyboard.press("Escape");
    await thread.waitFor({ state: "detached" });
    await ada.by("find-in-room").click();
    await ada.by("find").fill("mango");
    await ada.by("found-message").getByText("in a thread").waitFor();
    await ada.by("found-message").click();
    await thread.locator('[data-seq="1"]:focus').getByText("A mango").waitFor();
    assert.deepEqual(ada.errors, []);
    await ada.context.close();
  });
}

test("a day leads to its first message, or to what came next", async () => {
  const ada = await openPage(browser, cloud.url, "Ada", phone);
  await ada.createRoom("Days");
  for (let i = 1; i <= 40; i++) await ada.say(`message ${i}`);
  await ada.page.locator('[data-state="sent"]').filter({ hasText: "message 40" }).waitFor();
  /** @param {number} days */
  const day = (days) =>
    ada.page.evaluate((days) => {
      const date = new Date();
      date.setDate(date.getDate() + days);
      return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
    }, days);
  const today = await day(0);
  await ada.by("find-in-room").click();
  await ada.by("day").fill(today);
  await ada.by("day").press("Enter");
  await ada.page.locator('[data-seq="1"]:focus').waitFor();
  assert.equal(await ada.page.locator("dialog[open]").count(), 0);
  await ada.by("jump").click();
  await ada.by("find-in-room").click();
  await ada.by("day").fill(await day(2));
  await ada.by("go-to-day").click();
  await ada.by("day-state").getByText("Nothing was said on that day, or since.").waitFor();
  await ada.by("day").fill("2020-02-03");
  await ada.by("go-to-day").click();
  await ada.page.getByText("Nothing was said on that day. This came next.").waitFor();
  await ada.page.locator('[data-seq="1"]:focus').waitFor();
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

test("Ctrl-K finds messages of all rooms, and Back closes what it opens", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  for (const room of ["Alpha", "Beta"]) {
    await ada.createRoom(room);
    await ada.say(`a plum in ${room}`);
    await ada.sees([`a plum in ${room}`]);
  }
  const { keyboard } = ada.page;
  await keyboard.press("Control+k");
  await ada.page.locator("[data-testid=go-to-search]:focus").waitFor();
  await keyboard.type("plum");
  await ada.page.locator('[role="option"][aria-selected="true"]').getByText("Find messages").waitFor();
  await keyboard.press("Enter");
  await ada.by("find-state").getByText("2 messages").waitFor();
  assert.equal(await ada.by("find").inputValue(), "plum");
  await ada.page.goBack();
  await ada.by("find").waitFor({ state: "detached" });
  await ada.page.getByRole("heading", { name: "Beta" }).waitFor();
  await keyboard.press("Control+k");
  await ada.page.locator("[data-testid=go-to-search]:focus").waitFor();
  await keyboard.type("plum");
  await keyboard.press("Enter");
  await ada.by("found-message").getByText("Alpha", { exact: false }).first().click();
  await ada.page.getByRole("heading", { name: "Alpha" }).waitFor();
  await ada.page.locator('[data-seq="1"]:focus').waitFor();
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

test("a pin shows for everybody, is listed, and ends", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, cloud.url, "Bob");
  await ada.createRoom("Notices");
  await bob.joinRoom("Notices");
  await ada.say("Bring cake");
  await row(bob, 1).waitFor();
  await act(bob, 1, "pin");
  await row(ada, 1).getByText("Pinned by Bob").waitFor();
  await row(bob, 1).getByText("Pinned by you").waitFor();
  await ada.by("find-in-room").click();
  await ada.by("found-message").getByText("Bring cake").waitFor();
  await ada.page.keyboard.press("Escape");
  await act(ada, 1, "unpin");
  await bob.by("pinned").waitFor({ state: "detached" });
  await ada.by("find-in-room").click();
  await ada.page.getByText("No message is pinned here.").waitFor();
  assert.deepEqual([ada.errors, bob.errors], [[], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("the link of a message leads members to it, and nobody else", async () => {
  const ada = await openPage(browser, cloud.url, "Ada", { permissions: ["clipboard-read", "clipboard-write"] });
  await ada.createRoom("Linked");
  for (let i = 1; i <= 30; i++) await ada.say(`message ${i}`);
  await row(ada, 30).waitFor();
  await act(ada, 30, "copy-message-link");
  const copied = await ada.page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /#\/[A-Za-z0-9_-]+\/30$/);
  const link = copied.replace(/30$/, "2");
  await ada.page.goto("about:blank");
  await ada.page.goto(link);
  await ada.page.locator('[data-seq="2"]:focus').waitFor();
  assert.doesNotMatch(ada.page.url(), /\/2$/);
  // In a tab that shows the room already, too.
  await ada.page.evaluate((link) => location.assign(link), copied);
  await ada.page.locator('[data-seq="30"]:focus').waitFor();
  const eve = await openPage(browser, cloud.url, "Eve");
  await eve.page.goto(link);
  await eve.page.getByRole("button", { name: /join/i }).first().waitFor();
  assert.equal(await eve.by("message").count(), 0);
  assert.deepEqual([ada.errors, eve.errors], [[], []]);
  await Promise.all([ada.context.close(), eve.context.close()]);
});

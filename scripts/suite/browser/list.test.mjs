// The list of messages: only what is seen is in the page, and nobody loses their place.
import assert from "node:assert/strict";
import { randomUUID as newId } from "node:crypto";
import { test } from "node:test";
import { connectAs, waitUntil } from "../harness.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

/**
 * Opens a page on a room to which Bob has written as many messages, of one to six lines each.
 *
 * @param {string} name
 * @param {number} count
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
async function longRoom(name, count, options) {
  const bob = await connectAs(cloud.url, "Bob");
  const { room } = await bob.request("createRoom", { name, kind: "channel" });
  /** @param {string} text @param {object} [more] */
  const say = (text, more) => bob.request("sendMessage", { roomId: room.id, text, tempId: newId(), ...more });
  for (let i = 1; i <= count; i++) await say(`number ${i}${"\nand so on".repeat((i * 7) % 6)}`);
  const ada = await openPage(browser, cloud.url, "Ada", options);
  await ada.joinRoom(name);
  await ada.page.locator(`[data-seq="${count}"]`).waitFor();
  return { ada, say, close: () => Promise.all([bob.close(), ada.context.close()]) };
}

/** @param {import("./browser.mjs").Visitor} visitor @param {number} top */
const scrollTo = ({ by }, top) =>
  by("message-list").evaluate((list, top) => {
    list.scrollTop = top;
  }, top);

/** How far from the end a list is scrolled. @param {import("./browser.mjs").Visitor} visitor */
const fromEnd = ({ by }) =>
  by("message-list").evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight);

/** Where each message in the page is on the screen. @param {import("./browser.mjs").Visitor} visitor */
const places = ({ page }) =>
  page.$$eval("[data-seq]", (all) =>
    Object.fromEntries(all.map((m) => [m.getAttribute("data-seq"), m.getBoundingClientRect().top])),
  );

for (const [device, options] of /** @type {const} */ ([
  ["desk", undefined],
  ["phone", phone],
])) {
  test(`somebody who reads above stays there, whatever is added, on a ${device}`, async () => {
    const { ada, say, close } = await longRoom(`Reading on a ${device}`, 160, options);
    await scrollTo(ada, 2500);
    await ada.by("jump").waitFor();
    const middle = await ada.page.locator("[data-seq]").nth(8).getAttribute("data-seq");
    const place = async () => (await places(ada))[middle ?? ""] ?? assert.fail("the message has left the page");
    const before = await place();
    for (const text of ["one", "two\ntwo", "three"]) await say(text);
    await ada.page.getByRole("button", { name: "3 new messages" }).waitFor();
    assert.ok(Math.abs((await place()) - before) < 1, "what arrived below moved it");
    // Older messages are loaded above.
    const heights = () => ada.by("message-list").evaluate((list) => list.scrollHeight);
    const height = await heights();
    const top = await ada.by("message-list").evaluate(async (list) => {
      list.scrollTop = 800;
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
      list.scrollTop = 300;
      const { top } = list.getBoundingClientRect();
      const seen = [...list.querySelectorAll("[data-seq]")].find((m) => m.getBoundingClientRect().top > top);
      return { seq: seen?.getAttribute("data-seq") ?? "", at: seen?.getBoundingClientRect().top ?? 0 };
    });
    await waitUntil(async () => (await heights()) > height + 1000, "the older messages");
    await waitUntil(async () => Math.abs(((await places(ada))[top.seq] ?? 1e9) - top.at) < 1.5, "the same place");
    assert.deepEqual(ada.errors, []);
    await close();
  });

  test(`the whole of a long room can be scrolled through, in order, on a ${device}`, async () => {
    const { ada, close } = await longRoom(`Scrolling on a ${device}`, 130, options);
    const inPage = () => ada.page.$$eval("[data-seq]", (rows) => rows.map((m) => Number(m.getAttribute("data-seq"))));
    const seen = new Set();
    let most = 0;
    for (;;) {
      const all = await inPage();
      assert.deepEqual(
        all,
        Array.from(all, (_, i) => (all[0] ?? 0) + i),
      );
      for (const seq of all) seen.add(seq);
      most = Math.max(most, all.length);
      if (all[0] === 1) break;
      await ada.by("message-list").evaluate(async (list) => {
        list.scrollTop -= 300;
        for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
      });
    }
    assert.equal(seen.size, 130);
    assert.ok(most <= 90, `${most} messages were in the page`);
    await ada.page.getByText("This is the beginning of").waitFor();
    await close();
  });
}

test("the end is followed only by somebody who is there", async () => {
  const { ada, say, close } = await longRoom("Following", 60);
  await say("at the end");
  await ada.by("message-list").getByText("at the end").waitFor();
  assert.ok((await fromEnd(ada)) < 2, "the end was followed");
  await scrollTo(ada, 700);
  await ada.by("jump").waitFor();
  const before = await ada.by("message-list").evaluate((list) => list.scrollTop);
  await say("far below");
  await ada.page.getByRole("button", { name: "1 new message" }).waitFor();
  assert.equal(await ada.by("message-list").evaluate((list) => list.scrollTop), before);
  await ada.by("jump").click();
  await ada.by("message-list").getByText("far below").waitFor();
  await waitUntil(async () => (await fromEnd(ada)) < 2, "the end");
  // Writers are taken to what they have written.
  await scrollTo(ada, 0);
  await ada.by("jump").waitFor();
  await ada.say("mine");
  await ada.by("message-list").getByText("mine").waitFor();
  await waitUntil(async () => (await fromEnd(ada)) < 2, "the writer's message");
  await close();
});

test("a row that grows moves nothing that is read", async () => {
  const { ada, close } = await longRoom("Growing", 80);
  await scrollTo(ada, 1500);
  await ada.by("jump").waitFor();
  const grown = await ada.page.evaluate(() => {
    const list = document.querySelector(".messages")?.getBoundingClientRect().top ?? 0;
    const all = [...document.querySelectorAll("[data-seq]")];
    const first = all.findIndex((m) => m.getBoundingClientRect().top > list + 5);
    const [above, read] = [all[first - 3], all[first + 2]];
    if (!above || !read) throw new Error("no such messages");
    const at = read.getBoundingClientRect().top;
    const picture = document.createElement("div"); // as a picture that has just come
    picture.style.height = "230px";
    above.append(picture);
    return { seq: read.getAttribute("data-seq") ?? "", at };
  });
  await waitUntil(async () => Math.abs(((await places(ada))[grown.seq] ?? 1e9) - grown.at) < 1.5, "the same place");
  // And at the end, the end stays.
  await ada.by("jump").click();
  await waitUntil(async () => (await fromEnd(ada)) < 2, "the end");
  await ada
    .by("message")
    .last()
    .evaluate((message) => {
      const picture = document.createElement("div");
      picture.style.height = "230px";
      message.append(picture);
    });
  await waitUntil(async () => (await fromEnd(ada)) < 2, "the end, with the picture");
  await close();
});

test("what is being edited stays, however far one scrolls, and the focus with it", async () => {
  const { ada, say, close } = await longRoom("Editing", 60);
  await ada.say("my owm words");
  const mine = ada.page.locator('[data-seq="61"]');
  await mine.hover();
  await mine.getByTestId("message-menu").click();
  await ada.by("edit").click();
  await ada.by("editor").fill("my own words");
  await scrollTo(ada, 0);
  await ada.page.getByText("number 12\n").first().waitFor({ state: "attached" });
  await say("meanwhile");
  assert.equal(await ada.by("editor").inputValue(), "my own words");
  await ada.page.locator("[data-testid=editor]:focus").waitFor({ state: "attached" });
  await ada.page.keyboard.type("!");
  await waitUntil(async () => (await fromEnd(ada)) < 600, "the editor is shown where one types");
  await ada.page.keyboard.press("Enter");
  await ada.by("message-list").getByText("my own words! (edited)").waitFor();
  await close();
});

test("the keyboard goes from message to message, also past what was in the page", async () => {
  const { ada, close } = await longRoom("Keys", 60);
  const { keyboard } = ada.page;
  await ada.by("composer").focus();
  // Past the buttons beside the field, and what can be done with the last message.
  for (let pressed = 0; pressed < 10 && (await ada.page.locator('[data-seq="60"]:focus').count()) === 0; pressed++) {
    await keyboard.press("Shift+Tab");
  }
  await ada.page.locator('[data-seq="60"]:focus').waitFor();
  for (let seq = 59; seq >= 1; seq--) {
    await ada.page.locator(`[data-seq="${seq}"]`).waitFor({ state: "attached" }); // it may be on the page that is loading
    await keyboard.press(seq % 2 ? "ArrowUp" : "PageUp");
    await ada.page.locator(`[data-seq="${seq}"]:focus`).waitFor();
  }
  await keyboard.press("ArrowUp");
  await keyboard.press("ArrowDown");
  await ada.page.locator('[data-seq="2"]:focus').waitFor();
  assert.equal(await ada.page.locator('[data-seq="2"]').getAttribute("aria-posinset"), "2");
  await close();
});

test("a screen reader is told of what arrives, and not of what is scrolled to", async () => {
  const { ada, say, close } = await longRoom("Listening", 120);
  await scrollTo(ada, 300);
  await ada.page.getByText("number 72", { exact: true }).waitFor({ state: "attached" });
  assert.equal(await ada.by("announcer").textContent(), "");
  await say("something new");
  await ada.by("announcer").getByText("Bob: something new").waitFor({ state: "attached" });
  await Promise.all(["four", "more", "at", "once", "now"].map((text) => say(text)));
  await ada
    .by("announcer")
    .getByText(/^\d new messages$/)
    .waitFor({ state: "attached" });
  await close();
});

test("who is at the end stays there while they write several lines, whatever the room is called", async () => {
  const ada = await openPage(browser, cloud.url, "Ada", { viewport: { width: 360, height: 640 }, hasTouch: true });
  await ada.createRoom("A name that does not fit into the field of a phone");
  for (let i = 1; i <= 20; i++) await ada.say(`Message ${i}`);
  await ada.page.locator('[data-seq="20"]').waitFor();
  assert.ok(((await ada.by("composer").boundingBox())?.height ?? 99) < 50, "the field has one line");
  await ada.by("composer").fill("one\ntwo\nthree\nfour");
  await ada.by("composer").press("End");
  for (const letter of "five") await ada.page.keyboard.type(letter);
  const below = await ada.by("message-list").evaluate((l) => l.scrollHeight - l.scrollTop - l.clientHeight);
  assert.ok(below < 2, `${below} pixels are below`);
  assert.equal(await ada.by("jump").count(), 0);
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

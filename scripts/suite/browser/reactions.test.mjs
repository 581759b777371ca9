// Reactions to messages, and emojis in what one writes: by mouse, by keyboard and by finger.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs } from "../harness.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

/** @typedef {import("./browser.mjs").Visitor} Visitor */

/**
 * A finger on a phone's screen.
 *
 * @param {Visitor} visitor
 */
async function finger({ context, page }) {
  const client = await context.newCDPSession(page);
  /** @param {"touchStart" | "touchMove" | "touchEnd"} type @param {{ x: number, y: number }} [at] */
  const touch = (type, at) => client.send("Input.dispatchTouchEvent", { type, touchPoints: at ? [at] : [] });
  return {
    /** @param {import("playwright-core").Locator} target */
    async down(target) {
      const box = (await target.boundingBox()) ?? assert.fail("there is nothing to touch");
      const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      await touch("touchStart", at);
      return at;
    },
    /** @param {{ x: number, y: number }} at */
    move: (at) => touch("touchMove", at),
    up: () => touch("touchEnd"),
  };
}

/** Where the focus is, by its test id. @param {Visitor} visitor */
const focused = ({ page }) => page.evaluate(() => document.activeElement?.getAttribute("data-testid"));

/** Ada and Bob in a room with a message of Ada's. @param {string} name @param {Parameters<typeof openPage>[3]} [options] of Bob's page */
async function roomOfTwo(name, options) {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, cloud.url, "Bob", options);
  await ada.createRoom(name);
  await bob.joinRoom(name);
  await ada.say("It works");
  await bob.sees(["It works"]);
  return { ada, bob };
}

/** A chip with this label. @param {Visitor} visitor @param {string} label */
const chip = ({ page }, label) => page.locator(`[data-testid=reaction][aria-label="${label}"]`);

test("people react to a message, see who did, and take it back", async () => {
  const { ada, bob } = await roomOfTwo("Reactions");
  await bob.by("message-menu").first().focus();
  await bob.page.keyboard.press("Enter");
  await bob.page.locator("[data-testid=reply]:focus").waitFor();
  await bob.page.keyboard.press("Home");
  await bob.page.locator("[data-testid=quick-reaction]:focus").waitFor();
  await bob.page.keyboard.press("Enter");
  await bob.page.locator('[data-testid=reaction][aria-pressed="true"]').waitFor();
  await chip(ada, "👍 1: Bob").click();
  await chip(bob, "👍 2: You and Ada").click();
  await chip(ada, "👍 1: You").click();
  for (const p of [ada, bob]) await p.by("reaction").waitFor({ state: "detached" });
  assert.deepEqual([ada.errors, bob.errors], [[], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("the picker finds any emoji with the keyboard, and the focus returns", async () => {
  const { ada, bob } = await roomOfTwo("Any emoji");
  /** @type {string[]} */
  const asked = [];
  bob.page.on("request", (request) => asked.push(request.url()));
  await bob.by("message-menu").first().focus();
  await bob.page.keyboard.press("Enter");
  assert.deepEqual(
    asked.filter((url) => url.includes("data-")),
    [],
    "nothing is loaded before it is opened",
  );
  await bob.by("react").click();
  await bob.page.locator("[data-testid=find-emoji]:focus").waitFor();
  assert.equal(await bob.by("emoji").first().textContent(), "👍", "those that are at hand come first");
  await bob.page.keyboard.type("parrot");
  await bob.page.getByRole("option", { name: "parrot" }).waitFor();
  await bob.page.keyboard.press("ArrowDown");
  await bob.page.keyboard.press("Enter");
  await chip(ada, "🦜 1: Bob").waitFor();
  assert.equal(await focused(bob), "message-menu");
  await bob.by("add-reaction").click();
  await bob.page.getByRole("tab", { name: "Animals and nature" }).click();
  await bob.page.getByRole("option", { name: "monkey face" }).focus();
  await bob.page.keyboard.press("ArrowRight");
  assert.equal(await bob.page.evaluate(() => document.activeElement?.textContent), "🐒");
  await bob.page.keyboard.press("Escape");
  await bob.by("emoji-picker").waitFor({ state: "detached" });
  assert.equal(await focused(bob), "add-reaction");
  await bob.by("add-reaction").click();
  assert.equal(await bob.by("emoji").first().textContent(), "🦜", "what was picked comes first the next time");
  assert.deepEqual(
    asked.filter((url) => !url.startsWith(cloud.url) && !url.startsWith(cloud.url.replace("http", "ws"))),
    [],
    "nothing comes from elsewhere",
  );
  assert.deepEqual([ada.errors, bob.errors], [[], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("an emoji is put where the caret is, in its skin tone", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Caret");
  await ada.by("composer").fill("Hello world");
  await ada.page.keyboard.press("Home");
  for (let i = 0; i < 6; i++) await ada.page.keyboard.press("ArrowRight");
  await ada.by("composer-emoji").click();
  await ada.by("skin-tone").selectOption("3");
  await ada.by("find-emoji").fill("waving hand");
  await ada.page.getByRole("option", { name: "waving hand" }).click();
  await ada.page.locator("[data-testid=composer]:focus").waitFor();
  await ada.page.keyboard.type("!");
  assert.equal(await ada.by("composer").inputValue(), "Hello 👋🏽!world");
  await ada.by("composer-emoji").click();
  await ada.by("find-emoji").fill("no such thing");
  await ada.page.getByText("No emoji is called so.").waitFor();
  await ada.page.keyboard.press("Enter");
  assert.equal(await ada.by("message").count(), 0, "nothing is sent by it");
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

test("emojis that did not come are asked for again", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Again");
  await ada.page.route("**/assets/data-*", (route) => route.abort());
  await ada.by("composer-emoji").click();
  await ada.page.getByText("The emojis could not be loaded.").waitFor();
  await ada.page.unroute("**/assets/data-*");
  await ada.page.getByRole("button", { name: "Try again" }).click();
  await ada.by("emoji").first().waitFor();
  await ada.context.close();
});

test("a long press opens the actions of a message, and scrolling does not", async () => {
  const { ada, bob } = await roomOfTwo("Fingers", phone);
  for (let i = 1; i < 30; i++) await ada.say(`Message ${i}`);
  await bob.by("message").filter({ hasText: "Message 29" }).waitFor();
  const hand = await finger(bob);
  const text = bob.by("message").filter({ hasText: "Message 27" }).locator("div.text");
  const top = () => bob.by("message-list").evaluate((list) => list.scrollTop);

  const before = await top();
  const { x, y } = await hand.down(text);
  for (let i = 1; i <= 15; i++) await hand.move({ x, y: y + 20 * i });
  await bob.page.waitForFunction((was) => (document.querySelector(".messages")?.scrollTop ?? 0) < was - 100, before);
  await bob.page.waitForTimeout(600); // longer than a press
  assert.equal(await bob.page.getByRole("menu").count(), 0, "who scrolls presses nothing");
  await hand.up();

  const seen = bob.by("message").filter({ hasText: "Message 25" }).locator("div.text");
  await seen.scrollIntoViewIfNeeded();
  await hand.down(seen);
  await bob.page.getByRole("menu").waitFor();
  await hand.up();
  assert.equal(await bob.page.evaluate(() => String(getSelection())), "", "nothing is selected");
  await bob.by("copy-text").waitFor();
  await bob.by("quick-reaction").nth(3).tap();
  await chip(ada, "🎉 1: Bob").waitFor();
  await bob.page.getByRole("menu").waitFor({ state: "detached" });

  await hand.down(seen);
  await bob.page.getByRole("menu").waitFor();
  await hand.up();
  await bob.page.touchscreen.tap(180, 20);
  await bob.page.getByRole("menu").waitFor({ state: "detached" });
  await bob.page.getByRole("heading", { name: "Fingers" }).waitFor();

  await hand.down(seen);
  await bob.page.getByRole("menu").waitFor();
  await hand.up();
  await bob.page.goBack();
  await bob.page.getByRole("menu").waitFor({ state: "detached" });
  await bob.page.getByRole("heading", { name: "Fingers" }).waitFor();

  await hand.down(bob.by("reaction"));
  await bob.by("reacted-users").getByText("Bob (you)").waitFor();
  await hand.up();
  await bob.page.getByRole("button", { name: "Close" }).tap();
  await chip(bob, "🎉 1: You").waitFor();
  assert.deepEqual([ada.errors, bob.errors], [[], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("everybody who has reacted is listed by emoji, page by page", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Crowd");
  await ada.say("Who comes?");
  await ada.sees(["Who comes?"]);
  const many = await Promise.all(Array.from({ length: 12 }, (_, i) => connectAs(cloud.url, `Guest ${i}`)));
  const { open } = await many[0].request("listRooms", {});
  const roomId = open.find((r) => r.name === "Crowd")?.id ?? assert.fail("no room");
  for (const guest of many) {
    await guest.request("joinRoom", { roomId });
    await guest.request("react", { roomId, seq: 1, emoji: "👍", on: true });
  }
  await many[0].request("react", { roomId, seq: 1, emoji: "🎉", on: true });
  const thumbs = ada.page.locator('[data-testid=reaction][aria-label^="👍 12: "]');
  await thumbs.waitFor();
  assert.match((await thumbs.getAttribute("aria-label")) ?? "", /Guest \d+ and 2 others$/);
  await thumbs.focus();
  const tip = await thumbs.evaluate((e) => getComputedStyle(e, "::after").content);
  assert.match(tip, /Guest/, "the names are seen with the focus too");
  await ada.page.keyboard.press("Escape");
  assert.equal(await thumbs.evaluate((e) => getComputedStyle(e, "::after").content), "none");

  await thumbs.click({ button: "right" });
  await ada.by("reacted-users").locator("li").nth(11).waitFor();
  await ada.page.getByRole("tab", { name: "🎉 1" }).click();
  await ada.by("reacted-users").locator("li").nth(1).waitFor({ state: "detached" });
  await ada.by("reacted-users").getByText("Guest 0").waitFor();
  await ada.page.keyboard.press("Escape");
  await ada.by("reacted-users").waitFor({ state: "detached" });
  assert.equal(await focused(ada), "reaction");
  await ada.by("message").hover();
  await ada.by("message-menu").click();
  await ada.by("who-reacted").click();
  await ada.by("reacted-users").waitFor();
  assert.deepEqual(ada.errors, []);
  for (const guest of many) guest.close();
  await ada.context.close();
});

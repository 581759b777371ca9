// Mentions: written with "@", shown in messages, counted beside rooms, and listed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs } from "../harness.mjs";
import { openPage, visit } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

/** @typedef {import("./browser.mjs").Visitor} Visitor */

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

/** The message with a text. @param {Visitor} visitor @param {string} text */
const message = ({ by }, text) => by("message").filter({ hasText: text });
/** The people who are offered. @param {Visitor} visitor */
const offered = ({ by }) => by("mention-option").locator(".name").allTextContents();
/** The count beside a room. @param {Visitor} visitor @param {string} room */
const countOf = ({ by }, room) => by("room-item").filter({ hasText: room }).getByTestId("mention-count");

/** Ada and Bob in a room, who know of each other. @param {string} name @param {Parameters<typeof openPage>[3]} [options] of Bob's page */
async function roomOfTwo(name, options = {}) {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, cloud.url, "Bob Ross", options);
  await ada.createRoom(name);
  await bob.joinRoom(name);
  await ada.page.getByText("2 members").waitFor(); // before that, Bob cannot be mentioned
  return { ada, bob };
}

/** A room of its own, so that the other one is not on the screen. @param {Visitor} visitor @param {string} name */
async function elsewhere(visitor, name) {
  await visitor.createRoom(`${name} elsewhere`);
}

test("an @ offers the members, and the chosen one is mentioned", async () => {
  const { ada, bob } = await roomOfTwo("Offer");
  await elsewhere(bob, "Offer");
  const { keyboard } = ada.page;
  await ada.by("composer").focus();
  await keyboard.type("Hello @");
  await ada.by("mentionable").waitFor();
  assert.deepEqual(await offered(ada), ["Bob Ross", "@room"]);
  const active = () => ada.by("composer").getAttribute("aria-activedescendant");
  const first = await active();
  assert.equal(await ada.page.locator(`[id="${first}"]`).getAttribute("aria-selected"), "true");
  await keyboard.press("ArrowDown");
  assert.notEqual(await active(), first);
  await keyboard.press("ArrowDown");
  assert.equal(await active(), first);
  await keyboard.type("ro");
  assert.deepEqual(await offered(ada), ["@room", "Bob Ross"]);
  await keyboard.press("Escape");
  assert.equal(await ada.by("mentionable").count(), 0);
  await keyboard.press("Backspace");
  await keyboard.press("Backspace");
  await keyboard.press("Backspace");
  await keyboard.type("@b");
  assert.deepEqual(await offered(ada), ["Bob Ross"]);
  await keyboard.press("Enter");
  assert.equal(await ada.by("composer").inputValue(), "Hello @Bob Ross ");
  assert.equal(await ada.by("mentionable").count(), 0);
  await keyboard.type("and @ro");
  await keyboard.press("Tab");
  assert.equal(await ada.by("composer").inputValue(), "Hello @Bob Ross and @room ");
  await keyboard.press("Enter");
  await message(ada, "Hello").getByTestId("mention").nth(1).waitFor();
  assert.deepEqual(await message(ada, "Hello").getByTestId("mention").allTextContents(), ["@Bob Ross", "@room"]);
  await countOf(bob, "Offer").getByText("@1").waitFor();
  assert.deepEqual([ada.errors, bob.errors], [[], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("a message that mentions the reader is marked, others, plain names and code are not", async () => {
  const { ada, bob } = await roomOfTwo("Marked");
  await ada.say("First for @Bob Ross");
  await ada.say("mail@Bob Ross, @Bobby and `@Bob Ross`");
  await ada.say("Everybody: **@room** `@Bob Ross`");
  const first = message(bob, "First");
  await first.locator(".mention.me").getByText("@Bob Ross").waitFor();
  await first.getByText("Mentions you").waitFor({ state: "attached" });
  await message(bob, "mail").waitFor();
  assert.equal(await message(bob, "mail").getByTestId("mention").count(), 0);
  assert.equal(await message(bob, "mail").getByText("Mentions you").count(), 0);
  await message(bob, "Everybody").locator(".mention.me").getByText("@room").waitFor();
  assert.equal(await message(bob, "Everybody").getByTestId("mention").count(), 1);
  assert.equal(await ada.page.locator(".to-me").count(), 0);
  await bob.say("Thanks @Ada");
  await message(ada, "Thanks").locator(".mention.me").waitFor();
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("mentions are counted apart, on all devices, until they are read", async () => {
  const { ada, bob } = await roomOfTwo("Counted");
  await elsewhere(bob, "Counted");
  const other = visit(await bob.context.newPage());
  await other.page.goto(cloud.url);
  await other.by("me").waitFor();
  await ada.say("one @Bob Ross");
  await ada.say("two");
  await ada.say("three @room");
  for (const device of [bob, other]) {
    await countOf(device, "Counted").getByText("@2").waitFor();
    await device.by("room-item").filter({ hasText: "Counted" }).first().getByText("3 unread").waitFor();
    await device.by("mentions").getByText("@2").waitFor();
  }
  await other.page.reload(); // it has the server's count then
  await countOf(other, "Counted").getByText("@2").waitFor();
  await message(ada, "one").hover();
  await message(ada, "one").getByTestId("message-menu").click();
  await ada.by("delete").click();
  await ada.by("confirm-delete").click();
  for (const device of [bob, other]) await countOf(device, "Counted").getByText("@1").waitFor();
  await bob.by("room-item").filter({ hasText: "three" }).click();
  await message(bob, "three").waitFor();
  for (const device of [bob, other]) {
    await countOf(device, "Counted").first().waitFor({ state: "detached" });
    await device.by("mentions").getByTestId("mention-count").waitFor({ state: "detached" });
  }
  await message(bob, "two").hover();
  await message(bob, "two").getByTestId("message-menu").click();
  await bob.by("mark-unread").click();
  for (const device of [bob, other]) await countOf(device, "Counted").getByText("@1").waitFor();
  assert.deepEqual([ada.errors, bob.errors, other.errors], [[], [], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("an edit mentions somebody else", async () => {
  const { ada, bob } = await roomOfTwo("Edited");
  await elsewhere(bob, "Edited");
  await ada.say("for @Bob Ross");
  await countOf(bob, "Edited").getByText("@1").waitFor();
  const edit = async () => {
    await message(ada, "for").hover();
    await message(ada, "for").getByTestId("message-menu").click();
    await ada.by("edit").click();
  };
  await edit();
  await ada.by("editor").fill("for nobody");
  await ada.by("editor").press("Enter");
  await countOf(bob, "Edited").waitFor({ state: "detached" });
  await edit();
  await ada.by("editor").fill("");
  await ada.by("editor").pressSequentially("for @bo");
  await ada.by("mention-option").getByText("Bob Ross").click();
  await ada.by("editor").press("Enter");
  await countOf(bob, "Edited").getByText("@1").waitFor();
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("on a phone, a member is chosen by touch, in a room and in a thread, and the list leads there", async () => {
  const { ada, bob } = await roomOfTwo("Phone", phone);
  await bob.by("composer").tap();
  await bob.page.keyboard.type("Where? @a");
  const option = bob.by("mention-option").first();
  const box = await option.boundingBox();
  assert.ok((box?.height ?? 0) >= 44, `${box?.height} px high`);
  await option.tap();
  assert.equal(await bob.by("composer").inputValue(), "Where? @Ada ");
  assert.equal(await bob.page.evaluate(() => document.activeElement?.getAttribute("data-testid")), "composer");
  await bob.by("send").tap();
  await message(ada, "Where?").locator(".mention.me").waitFor();
  await message(ada, "Where?").hover();
  await message(ada, "Where?").getByTestId("message-menu").click();
  await ada.by("reply-in-thread").click();
  await ada.by("thread").getByTestId("composer").pressSequentially("There @bob");
  await ada.by("thread").getByTestId("mention-option").click();
  await ada.by("thread").getByTestId("composer").press("Enter");
  await ada.by("close-thread").click();
  await message(bob, "Where?").getByTestId("replies").waitFor();
  await bob.page.getByRole("button", { name: "Back to the rooms" }).tap();
  await bob.by("mentions").tap();
  const found = bob.by("found-message").filter({ hasText: "There" });
  await found.getByText("Phone").waitFor();
  await found.tap();
  await bob.by("thread").locator(".to-me").getByText("There").waitFor();
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("the list of mentions comes in pages, leads to the messages, and follows what happens", async () => {
  const bob = await openPage(browser, cloud.url, "Bob");
  const ada = await connectAs(cloud.url, "Ada");
  await bob.createRoom("Listed");
  const { open } = await ada.request("listRooms", {});
  const roomId = open.find((r) => r.name === "Listed")?.id ?? assert.fail("no room");
  await ada.request("joinRoom", { roomId });
  await bob.by("mentions").click();
  await bob.by("mentions-state").getByText("Nobody has mentioned you").waitFor();
  const user = await bob.page.evaluate(() => JSON.parse(localStorage.getItem("confab.session") ?? "{}").user.id);
  /** @param {number} n */
  const say = (n) =>
    ada.request("sendMessage", { roomId, text: `@Bob number ${n}`, tempId: `t${n}`, mentions: [user] });
  for (let n = 1; n <= 60; n++) await say(n);
  await bob.by("mentions-state").getByText("60 messages").waitFor(); // live
  await bob.page.goto("about:blank"); // else the dialog's way back may come after the reload
  await bob.page.goto(cloud.url);
  await bob.by("mentions").click();
  await bob.by("mentions-state").getByText("50 messages so far").waitFor();
  await bob.by("more-mentions").click();
  await bob.by("mentions-state").getByText("60 messages", { exact: true }).waitFor();
  await ada.request("deleteMessage", { roomId, seq: 60 });
  await bob.by("mentions-state").getByText("59 messages").waitFor();
  await bob.by("found-message").filter({ hasText: "number 3" }).last().click();
  await bob.page.locator('[data-seq="3"]:focus').waitFor();
  assert.deepEqual(bob.errors, []);
  ada.close();
  await bob.context.close();
});

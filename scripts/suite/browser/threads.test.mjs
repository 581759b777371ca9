// Threads beside a room: on a desk, on a phone, and by keyboard.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startProxy } from "../proxy.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

/** @typedef {import("./browser.mjs").Visitor} Visitor */

/** The row of a message of the room. @param {Visitor} visitor @param {number} seq */
const row = ({ page }, seq) => page.locator(`main [data-testid="message"][data-seq="${seq}"]`);
/** @param {Visitor} visitor */
const thread = ({ by }) => by("thread");

/** Opens the thread below a message by its menu. @param {Visitor} visitor @param {number} seq */
async function openThread(visitor, seq) {
  await row(visitor, seq).hover();
  await row(visitor, seq).getByTestId("message-menu").click();
  await visitor.by("reply-in-thread").click();
  await thread(visitor).waitFor();
}

/** @param {Visitor} visitor @param {string} text */
async function reply(visitor, text) {
  await thread(visitor).getByTestId("composer").fill(text);
  await thread(visitor).getByTestId("composer").press("Enter");
}

/** Waits until the thread shows these replies, all sent. @param {Visitor} visitor @param {string[]} texts */
async function seesReplies(visitor, texts) {
  const replies = thread(visitor).locator('[data-testid="message"][data-state="sent"] div.text');
  if (texts.length > 0) await replies.nth(texts.length - 1).waitFor();
  assert.deepEqual(
    (await replies.allTextContents()).map((t) => t.trim()),
    texts,
  );
}

/** Ada and Bob in a room with a message of Ada's. @param {string} name @param {Parameters<typeof openPage>[3]} [options] of Bob's page @param {string} [bobsAddress] */
async function roomOfTwo(name, options = {}, bobsAddress = cloud.url) {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, bobsAddress, "Bob", options);
  await ada.createRoom(name);
  await bob.joinRoom(name);
  await ada.say("Where do we meet?");
  await bob.sees(["Where do we meet?"]);
  return { ada, bob };
}

test("a thread stands beside the room, and its first message tells of the replies", async () => {
  const { ada, bob } = await roomOfTwo("Beside");
  await openThread(bob, 1);
  await thread(bob).getByTestId("thread-first").getByText("Where do we meet?").waitFor();
  await reply(bob, "At the station");
  await seesReplies(bob, ["At the station"]);
  const told = row(ada, 1).getByTestId("replies");
  await told.getByText("1 reply").waitFor();
  await told.getByText("1 unread").waitFor();
  await ada.sees(["Where do we meet?"]);
  const item = ada.by("thread-item");
  await item.getByText("1 unread").waitFor();
  await told.click();
  await seesReplies(ada, ["At the station"]);
  await item.getByText("unread").waitFor({ state: "detached" });
  await reply(ada, "At noon?");
  await seesReplies(bob, ["At the station", "At noon?"]);
  await row(bob, 1).getByTestId("replies").getByText("2 replies").waitFor();
  assert.equal(await bob.by("thread-item").getByText("unread").count(), 0, "Bob has seen it");
  await ada.page.reload();
  await ada.by("room-item").first().click();
  await row(ada, 1).getByTestId("replies").click();
  await seesReplies(ada, ["At the station", "At noon?"]);
  assert.deepEqual([ada.errors, bob.errors], [[], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("replies are edited, deleted and quoted in the thread", async () => {
  const { ada, bob } = await roomOfTwo("Changes");
  await openThread(bob, 1);
  await reply(bob, "At teh station");
  await row(ada, 1).getByTestId("replies").click();
  await seesReplies(ada, ["At teh station"]);
  const ofBob = thread(bob).locator('[data-seq="1"]');
  await ofBob.hover();
  await ofBob.getByTestId("message-menu").click();
  await bob.by("edit").click();
  await bob.by("editor").fill("At the station");
  await bob.by("editor").press("Enter");
  await thread(ada).getByText("At the station (edited)").waitFor();
  const ofAda = thread(ada).locator('[data-seq="1"]');
  await ofAda.hover();
  await ofAda.getByTestId("message-menu").click();
  await ada.by("reply").click();
  await reply(ada, "Which one?");
  await thread(bob).getByTestId("original").getByText("At the station").waitFor();
  await ofBob.hover();
  await ofBob.getByTestId("message-menu").click();
  await bob.by("delete").click();
  await bob.by("confirm-delete").click();
  await thread(ada).locator('[data-seq="1"]').getByText("This message was deleted.").waitFor();
  await ada.sees(["Where do we meet?", "This message was deleted.", "Which one?"]); // the room and the thread
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("a thread fills a phone's screen, and Back closes it", async () => {
  const { ada, bob } = await roomOfTwo("Phone", { viewport: { width: 390, height: 844 }, hasTouch: true });
  await row(bob, 1).getByTestId("message-menu").tap();
  await bob.by("reply-in-thread").tap();
  await thread(bob).waitFor();
  const box = await thread(bob).boundingBox();
  assert.deepEqual([box?.x, box?.width, Math.round(box?.height ?? 0)], [0, 390, 844]);
  await reply(bob, "Here");
  await seesReplies(bob, ["Here"]);
  await bob.page.goBack();
  await thread(bob).waitFor({ state: "detached" });
  await row(bob, 1).getByTestId("replies").tap();
  await seesReplies(bob, ["Here"]);
  await bob.page.goBack();
  await thread(bob).waitFor({ state: "detached" });
  await bob.page.goBack();
  await bob.by("thread-item").tap();
  await seesReplies(bob, ["Here"]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("a thread is opened, written and closed with the keyboard", async () => {
  const { ada, bob } = await roomOfTwo("Keyboard");
  const { keyboard } = bob.page;
  await row(bob, 1).getByTestId("message-menu").focus();
  await keyboard.press("Enter");
  await bob.page.locator("[data-testid=reply]:focus").waitFor();
  await keyboard.press("ArrowDown");
  await bob.page.locator("[data-testid=reply-in-thread]:focus").waitFor();
  await keyboard.press("Enter");
  await bob.page.locator("[data-testid=thread] [data-testid=composer]:focus").waitFor();
  await keyboard.type("By hand");
  await keyboard.press("Enter");
  await seesReplies(bob, ["By hand"]);
  await keyboard.press("Escape");
  await thread(bob).waitFor({ state: "detached" });
  await bob.page.locator("[data-testid=message-menu]:focus").waitFor();
  assert.equal(await bob.by("thread-item").count(), 1);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("a reply without a connection is sent later, and replies that were missed are there", async () => {
  const proxy = await startProxy(cloud.url);
  const { ada, bob } = await roomOfTwo("Gap", {}, proxy.url);
  await openThread(bob, 1);
  await reply(bob, "one");
  await row(ada, 1).getByTestId("replies").click();
  await seesReplies(ada, ["one"]);
  proxy.cut();
  await bob.page.locator('[data-testid="connection-banner"][data-state="lost"]').waitFor();
  await reply(bob, "mine");
  await thread(bob).locator('[data-state="pending"]').getByText("mine").waitFor();
  await reply(ada, "yours");
  await seesReplies(ada, ["one", "yours"]);
  proxy.mend();
  for (const p of [ada, bob]) await seesReplies(p, ["one", "yours", "mine"]);
  await row(bob, 1).getByTestId("replies").getByText("3 replies").waitFor();
  await Promise.all([ada.context.close(), bob.context.close()]);
  proxy.close();
});

test("who follows a thread is told of it on all devices, until they stop", async () => {
  const { ada, bob } = await roomOfTwo("Follow");
  const cy = await openPage(browser, cloud.url, "Cy");
  await cy.joinRoom("Follow");
  await openThread(bob, 1);
  await reply(bob, "one");
  await row(cy, 1).getByTestId("replies").click();
  await seesReplies(cy, ["one"]);
  assert.equal(await cy.by("thread-item").count(), 0);
  await cy.by("follow").click();
  await cy.by("thread-item").waitFor();
  await cy.by("close-thread").click();
  await reply(bob, "two");
  await cy.by("thread-item").getByText("1 unread").waitFor();
  await cy.page.reload();
  await cy.by("thread-item").getByText("1 unread").waitFor();
  await cy.by("thread-item").click();
  await seesReplies(cy, ["one", "two"]);
  await cy.by("follow").click();
  await cy.by("thread-item").waitFor({ state: "detached" });
  await Promise.all([ada, bob, cy].map((p) => p.context.close()));
});

// Drafts are on all devices of their user.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs, waitUntil } from "../harness.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** Opens the page of the same user in another browser. @param {import("playwright-core").Page} page @param {string} hash */
async function onAnotherDevice(page, hash, options = {}) {
  const session = await page.evaluate(() => localStorage.getItem("confab.session"));
  const context = await browser.newContext(options);
  await context.addInitScript((session) => localStorage.setItem("confab.session", session ?? ""), session);
  const other = await context.newPage();
  await other.goto(`${cloud.url}/${hash}`);
  return other;
}

/** @param {import("playwright-core").Page} page @param {string} text */
const waitForField = (page, text) =>
  page.waitForFunction((text) => document.querySelector("textarea")?.value === text, text);

test("what is typed on a desk is on the phone, also on one that comes later, and gone when it is sent", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Elsewhere");
  await ada.createRoom("Letters");
  const roomId = await ada.page.evaluate(() => location.hash.slice(2));
  const bob = await connectAs(cloud.url, "Bob");
  await bob.request("joinRoom", { roomId });
  const open = await onAnotherDevice(ada.page, `#/${roomId}`, phone);
  await open.getByTestId("composer").waitFor();
  await ada.by("composer").fill("Dear Bob");
  await waitForField(open, "Dear Bob");

  const later = await onAnotherDevice(ada.page, "", phone);
  await later.getByTestId("room-item").filter({ hasText: "Draft: Dear Bob" }).waitFor();
  await later.getByTestId("room-item").filter({ hasText: "Letters" }).click();
  await waitForField(later, "Dear Bob");

  // Leaving the room saves at once.
  await ada.by("composer").fill("Dear Bob,");
  await ada.by("room-item").filter({ hasText: "Elsewhere" }).click();
  await ada.by("room-item").filter({ hasText: "Draft: Dear Bob," }).waitFor();
  await waitForField(open, "Dear Bob,");

  await open.getByTestId("composer").fill("Dear Bob, hello");
  await open.getByTestId("send").click();
  await bob.events.first("newMessage", (m) => m.text === "Dear Bob, hello");
  await waitForField(later, "");
  await waitUntil(async () => (await ada.page.getByText("Draft:").count()) === 0, "no draft is listed");
  assert.equal(await open.getByTestId("composer").inputValue(), "");
  bob.close();
  for (const page of [ada.page, open, later]) await page.context().close();
});

test("what is typed on two devices at once is not overwritten while one types", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Two hands");
  const hash = await ada.page.evaluate(() => location.hash);
  const other = await onAnotherDevice(ada.page, hash);
  await other.getByTestId("composer").fill("from the other");
  await ada.by("composer").fill("from the first");
  await ada.by("composer").blur();
  await other.getByTestId("composer").press("End");
  await other.getByTestId("composer").pressSequentially(", still");
  assert.equal(await other.getByTestId("composer").inputValue(), "from the other, still");
  await other.getByTestId("composer").blur();
  await waitForField(ada.page, "from the other, still");
  for (const page of [ada.page, other]) await page.context().close();
});

test("a draft in a thread is on the other device when the thread is opened there", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Threads");
  await ada.say("first");
  const hash = await ada.page.evaluate(() => location.hash);
  /** @param {import("playwright-core").Page} page */
  const openThread = async (page) => {
    await page.locator('[data-seq="1"]').getByTestId("message-menu").click();
    await page.getByTestId("reply-in-thread").click();
    return page.getByTestId("thread").getByTestId("composer");
  };
  const field = await openThread(ada.page);
  await field.fill("well");
  await field.blur();
  const other = await onAnotherDevice(ada.page, hash);
  const there = await openThread(other);
  await waitUntil(async () => (await there.inputValue()) === "well", "the draft is there");
  for (const page of [ada.page, other]) await page.context().close();
});

// Rooms that the visitor is not in: invitations, links, and channels beyond the list.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs } from "../harness.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

/**
 * Returns the id of who is signed in on a page.
 *
 * @param {import("./browser.mjs").Visitor} visitor
 * @returns {Promise<string>}
 */
const userOf = (visitor) =>
  visitor.page.evaluate(() => JSON.parse(localStorage.getItem("confab.session") ?? "{}").user.id);

/** @param {import("./browser.mjs").Visitor} visitor @param {string} text */
const focused = (visitor, text) =>
  visitor.page.waitForFunction((wanted) => {
    const focus = document.activeElement;
    return (focus?.getAttribute("aria-label") ?? focus?.textContent) === wanted;
  }, text);

test("an invitation appears live, is accepted with the keyboard, and opens the room", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  const grace = await connectAs(cloud.url, "Grace");
  const members = [await userOf(ada)];
  const { room } = await grace.request("createRoom", { name: "Launch", kind: "private", members });
  await grace.request("sendMessage", { roomId: room.id, text: "before", tempId: "1" });
  await ada.by("invitation").waitFor();
  // A screen reader says so, and knows what the buttons answer.
  await ada.page.getByRole("status").filter({ hasText: "Grace invites you to Launch." }).waitFor();
  assert.equal(await ada.page.getByRole("heading", { name: "Invitations" }).count(), 1);
  assert.equal(await ada.by("room-item").count(), 0);
  await ada.page.getByRole("button", { name: "Accept: Grace invites you to Launch" }).focus();
  await ada.page.keyboard.press("Enter");
  await ada.page.getByRole("heading", { name: "Launch" }).waitFor();
  await ada.sees(["before"]);
  await grace.request("sendMessage", { roomId: room.id, text: "after", tempId: "2" });
  await ada.sees(["before", "after"]);
  assert.equal(await ada.by("invitation").count(), 0);
  assert.deepEqual(ada.errors, []);
  grace.close();
  await ada.context.close();
});

test("an invitation is declined on both devices, and the room is never heard", async () => {
  const desk = await openPage(browser, cloud.url, "Ada");
  const members = [await userOf(desk)];
  const [grace, linus] = await Promise.all([connectAs(cloud.url, "Grace"), connectAs(cloud.url, "Linus")]);
  await grace.request("createRoom", { name: "Later", kind: "private", members });
  const { room } = await linus.request("createRoom", { kind: "direct", members });
  await desk.by("invitation").filter({ hasText: "wants to talk with you" }).waitFor();
  const phone = await openPage(browser, cloud.url, null, {
    viewport: { width: 390, height: 844 },
    storageState: await desk.context.storageState(),
  });
  await phone.by("invitation").nth(1).waitFor();
  await desk.page.getByRole("button", { name: "Decline: Linus wants to talk with you" }).press("Enter");
  await phone.page.waitForFunction(() => document.querySelectorAll('[data-testid="invitation"]').length === 1);
  await focused(desk, "Accept: Grace invites you to Later");
  await desk.page.getByRole("button", { name: "Decline: Grace invites you to Later" }).press("Space");
  for (const device of [desk, phone]) await device.by("invitations").waitFor({ state: "detached" });
  await linus.request("sendMessage", { roomId: room.id, text: "Hello?", tempId: "1" });
  await desk.page.reload();
  await desk.page.getByText("You are in no room yet.").waitFor();
  for (const device of [desk, phone]) {
    assert.equal(await device.by("room-item").count(), 0);
    assert.deepEqual(device.errors, []);
    await device.context.close();
  }
  for (const person of [grace, linus]) person.close();
});

test("the link of a channel that one is not in offers to join it", async () => {
  const grace = await connectAs(cloud.url, "Grace");
  const { room } = await grace.request("createRoom", { name: "Half-typed", kind: "channel" });
  const ada = await openPage(browser, `${cloud.url}/#/${room.id}`, "Ada");
  await ada.by("outside").getByText("Half-typed").waitFor();
  await ada.by("join-outside").press("Enter");
  await ada.page.getByRole("heading", { name: "Half-typed" }).waitFor();
  await ada.say("Here I am");
  await ada.sees(["Here I am"]);
  await ada.page.goto(`${cloud.url}/#/r_unknown`);
  await ada.by("join-outside").click();
  await ada.page.getByText("This room does not exist.").waitFor();
  await ada.page.getByRole("button", { name: "Back to your rooms" }).click();
  await ada.page.getByText("Pick a room, or create one.").waitFor();
  grace.close();
  await ada.context.close();
});

test("a channel is found by its name among hundreds, of which one person makes a bounded number", async () => {
  const grace = await connectAs(cloud.url, "Grace");
  await grace.request("createRoom", { name: "Old harbour", kind: "channel" });
  for (let person = 0; person < 5; person++) {
    const maker = await connectAs(cloud.url, `Maker ${person}`);
    for (let i = 0; i < 50; i++) await maker.request("createRoom", { name: `Noise ${person}.${i}`, kind: "channel" });
    const answer = await maker.emitWithAck("createRoom", { name: "One more", kind: "channel" });
    assert.equal(answer.error.code, "too_many_rooms");
    maker.close();
  }
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.by("browse").click();
  await ada.page.getByText("These are the newest channels.").waitFor();
  assert.equal(await ada.page.getByRole("button", { name: "Join Old harbour" }).count(), 0);
  await ada.page.getByRole("searchbox", { name: "Find a channel" }).fill("HARBOUR");
  await ada.page.getByRole("button", { name: "Join Old harbour" }).click();
  await ada.page.getByRole("heading", { name: "Old harbour" }).waitFor();
  assert.deepEqual(ada.errors, []);
  grace.close();
  await ada.context.close();
});

// What is read: the same on every device of a person, and in a browser that has never been here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs, waitUntil } from "../harness.mjs";
import { startProxy } from "../proxy.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

/** @typedef {import("./browser.mjs").Visitor} Visitor */

useCloudAndBrowser();

/** @param {Visitor} visitor @param {string} name */
const item = ({ page }, name) => page.getByTestId("room-item").filter({ hasText: name });

/** What the list says is unread in a room: "" if nothing is. @param {Visitor} visitor @param {string} name */
const unread = async (visitor, name) =>
  (await item(visitor, name).locator(".count > .spoken").allTextContents())[0]?.split(" ")[0] ?? "";

/** @param {Visitor} visitor @param {string} name @param {string} count */
async function waitForUnread(visitor, name, count) {
  let last = "";
  const is = async () => {
    last = await unread(visitor, name);
    return last === count;
  };
  await waitUntil(is, `unread in ${name}`, 20_000).catch(() => assert.equal(last, count, `unread in ${name}`));
}

/** @param {Visitor} visitor @param {number} seq */
const row = ({ page }, seq) => page.locator(`[data-testid="message"][data-seq="${seq}"]`);

/** Whether a message is in the part of the list that its reader sees. @param {Visitor} visitor @param {number} seq */
const inView = (visitor, seq) =>
  row(visitor, seq).evaluate((element) => {
    const list = /** @type {Element} */ (element.closest("[data-testid=message-list]")).getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    return top >= list.top && bottom <= list.bottom;
  });

/**
 * Ada's page, with a room in which Bob has said nothing yet, and another one that is open.
 *
 * @param {string} name
 */
async function setUp(name) {
  const desk = await openPage(browser, cloud.url, "Ada");
  const bob = await connectAs(cloud.url, "Bob");
  await desk.createRoom(name);
  await desk.createRoom("Elsewhere");
  const { open } = await bob.request("listRooms", {});
  const roomId = open.find((r) => r.name === name)?.id ?? assert.fail("no room");
  await bob.request("joinRoom", { roomId });
  const say = async (/** @type {number} */ count, from = 1) => {
    for (let i = from; i < from + count; i++) {
      await bob.request("sendMessage", { roomId, text: `number ${i}`, tempId: `${i}` });
    }
  };
  /** @param {string} [url] */
  const another = async (url = cloud.url) => {
    const { origins } = await desk.context.storageState();
    const session = origins[0]?.localStorage.filter((e) => e.name === "confab.session") ?? [];
    const storageState = { cookies: [], origins: [{ origin: new URL(url).origin, localStorage: session }] };
    const device = await openPage(browser, url, null, { storageState });
    await device.by("room-item").first().waitFor();
    return device;
  };
  return { desk, bob, roomId, say, another };
}

test("a room opens at the first of 120 unread messages, and what is seen is read on every device", async () => {
  const { desk, bob, say, another } = await setUp("Harbour");
  const phone = await another();
  await say(120);
  for (const device of [desk, phone, await another()]) await waitForUnread(device, "Harbour", "120");
  await item(desk, "Harbour").click();
  await row(desk, 1).waitFor();
  await waitUntil(() => inView(desk, 1), "the first unread message is in view");
  assert.equal(await desk.page.getByText("New", { exact: true }).isVisible(), true);
  // Only what is on the screen is read.
  const rest = async () => Number(await unread(phone, "Harbour"));
  await waitUntil(async () => (await rest()) < 120, "the phone hears");
  assert.ok((await rest()) > 50, `${await rest()} are unread`);
  const fresh = await another();
  await waitForUnread(fresh, "Harbour", await unread(desk, "Harbour"));
  await desk.by("jump").getByText("new messages").waitFor();
  await desk.by("jump").click();
  await row(desk, 120).waitFor();
  for (const device of [desk, phone, fresh, await another()]) await waitForUnread(device, "Harbour", "");
  // Back to where the unread messages began, by the keyboard.
  await desk.page.getByRole("button", { name: "Go to the first of 120 unread messages" }).press("Enter");
  await desk.page.locator('[data-seq="1"]:focus').waitFor();
  assert.deepEqual([desk.errors, phone.errors, fresh.errors], [[], [], []]);
  bob.close();
  await Promise.all([desk.context.close(), phone.context.close(), fresh.context.close()]);
});

test("messages are marked as unread, and stay so on both devices until the room is opened again", async () => {
  const { desk, bob, say, another } = await setUp("Mole");
  const phone = await another();
  await say(4);
  await item(desk, "Mole").click();
  await row(desk, 4).waitFor();
  await waitForUnread(phone, "Mole", "");
  await row(desk, 3).hover();
  await row(desk, 3).getByTestId("message-menu").click();
  await desk.by("mark-unread").click();
  for (const device of [desk, phone, await another()]) await waitForUnread(device, "Mole", "2");
  await desk.page.locator('.row:has([data-seq="3"])').getByText("New", { exact: true }).waitFor();
  await say(1, 5); // it comes onto the screen, and does not make the others read
  await row(desk, 5).waitFor();
  for (const device of [desk, phone]) await waitForUnread(device, "Mole", "3");
  await item(desk, "Elsewhere").click();
  await item(desk, "Mole").click();
  for (const device of [desk, phone]) await waitForUnread(device, "Mole", "");
  bob.close();
  await Promise.all([desk.context.close(), phone.context.close()]);
});

test("all rooms are marked as read at once", async () => {
  const { desk, bob, say, another } = await setUp("Quay");
  const phone = await another();
  await say(3);
  await waitForUnread(phone, "Quay", "3");
  await desk.page.getByRole("button", { name: "Mark all as read" }).click();
  for (const device of [desk, phone, await another()]) {
    await waitForUnread(device, "Quay", "");
    assert.equal(await device.by("mark-all-read").count(), 0);
  }
  bob.close();
  await Promise.all([desk.context.close(), phone.context.close()]);
});

test("what is read without a connection is told when it is back", async () => {
  const { desk, bob, say, another } = await setUp("Pier");
  const proxy = await startProxy(cloud.url);
  const phone = await another(proxy.url);
  await say(3);
  await waitForUnread(phone, "Pier", "3");
  await item(phone, "Elsewhere").click();
  proxy.cut();
  await phone.page.locator('[data-testid="connection-banner"][data-state="lost"]').waitFor();
  await phone.by("mark-all-read").click();
  await waitForUnread(phone, "Pier", "");
  await waitForUnread(desk, "Pier", "3");
  proxy.mend();
  for (const device of [desk, phone]) await waitForUnread(device, "Pier", "");
  bob.close();
  await Promise.all([desk.context.close(), phone.context.close()]);
  proxy.close();
});

test("a message shows who has seen it, in small rooms and live in direct ones", async () => {
  const { desk, bob, roomId } = await setUp("Buoy");
  const cy = await connectAs(cloud.url, "Cy");
  await cy.request("joinRoom", { roomId });
  await item(desk, "Buoy").click();
  await desk.say("Anybody there?");
  const { seq } = await bob.events.first("newMessage", (m) => m.text === "Anybody there?");
  await bob.request("markRead", { roomId, seq });
  await desk.by("seen-by").getByText("Seen by Bob", { exact: true }).waitFor();
  await cy.request("markRead", { roomId, seq });
  await desk.by("seen-by").getByText("Seen by everyone").waitFor();
  await desk.by("members-toggle").click();
  await desk.page.getByTestId("member").filter({ hasText: "Bob" }).getByRole("button").first().click();
  await desk.page.getByRole("heading", { name: "Bob" }).waitFor();
  await desk.say("Only you");
  const direct = await bob.events.first("newMessage", (m) => m.text === "Only you");
  await bob.request("markRead", { roomId: direct.roomId, seq: direct.seq });
  await desk.by("seen-by").getByText("Seen", { exact: true }).waitFor();
  bob.close();
  cy.close();
  await desk.context.close();
});

test("a message that comes where its reader looks is never shown as unread", async () => {
  const { desk, bob, say } = await setUp("Pier");
  await item(desk, "Pier").click();
  await desk.by("message-list").waitFor();
  const shown = await item(desk, "Pier").evaluateHandle((element) => {
    const seen = { unread: 0 };
    const count = (/** @type {MutationRecord[]} */ changes) => {
      for (const { addedNodes } of changes)
        for (const node of addedNodes) if (/** @type {Element} */ (node).className === "count") seen.unread++;
    };
    new MutationObserver(count).observe(element, { subtree: true, childList: true });
    return seen;
  });
  await say(5);
  await row(desk, 5).waitFor();
  assert.deepEqual(await shown.jsonValue(), { unread: 0 });
  await bob.close();
  await desk.context.close();
});

// The way to a room: the list by recency, its filter, and Ctrl-K.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs } from "../harness.mjs";
import { openPage, visit } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

/**
 * Opens the page as somebody who is in rooms with Bob, in each of which something was said.
 *
 * @param {string[]} names the first was used last
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
async function openRooms(names, options) {
  const [ada, bob] = await Promise.all([connectAs(cloud.url, "Ada"), connectAs(cloud.url, "Bob")]);
  /** @type {Record<string, string>} */
  const ids = {};
  for (const name of [...names].reverse()) {
    const { room } = await bob.request("createRoom", { name, kind: "group" });
    ids[name] = room.id;
    await ada.request("joinRoom", { roomId: room.id });
    await bob.request("sendMessage", { roomId: room.id, text: `said in ${name}`, tempId: room.id });
  }
  const { context } = await openPage(browser, cloud.url, null, options);
  const session = JSON.stringify({ token: ada.token, user: ada.user });
  await context.addInitScript((s) => localStorage.setItem("confab.session", s), session);
  const page = await context.newPage();
  const visitor = visit(page);
  await page.goto(cloud.url);
  await visitor.by("me").waitFor();
  ada.close();
  const close = () => Promise.all([bob.close(), context.close()]);
  return { ...visitor, bob, ids, close };
}

/** Waits until the list shows rooms with these names first. @param {import("playwright-core").Page} page @param {string[]} names */
const listStarts = (page, names) =>
  page.waitForFunction(
    (names) =>
      [...document.querySelectorAll('[data-testid="room-item"] .name')]
        .slice(0, names.length)
        .map((n) => n.textContent)
        .join() === names.join(),
    names,
  );

for (const [device, options] of /** @type {const} */ ([
  ["desk", undefined],
  ["phone", phone],
])) {
  test(`the room in which something was said last comes first, and every room shows it, on a ${device}`, async () => {
    const names = Array.from({ length: 46 }, (_, i) => `${device} room ${String(i).padStart(2, "0")}`);
    const { page, by, bob, ids, errors, close } = await openRooms(names, options);
    await listStarts(page, names.slice(0, 3));
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll(".preview")].filter((p) => p.textContent?.startsWith("Bob: said in")).length ===
        46,
    );
    assert.equal(await page.locator('[data-testid="room-item"] time').count(), 46);
    const last = names[45] ?? "";
    const unread = names[5] ?? "";
    for (const name of [unread, last])
      await bob.request("sendMessage", {
        roomId: ids[name] ?? "",
        text: "again",
        tempId: `again in ${name}`.replaceAll(" ", "-"),
      });
    await listStarts(page, [last, unread, names[0] ?? ""]);
    await by("filter").fill("ROOM 07");
    await listStarts(page, [`${device} room 07`]);
    assert.equal(await by("room-item").count(), 1);
    await by("filter").fill("");
    // The rooms with unread messages come first if that is wanted, also at the next visit.
    await by("room-item").first().click();
    await page.locator('[data-testid="room-item"][aria-current] .count').waitFor({ state: "detached" });
    if (device === "phone") await page.getByRole("button", { name: "Back to the rooms" }).click();
    await by("unread-first").click();
    await listStarts(page, [unread]);
    await page.reload();
    await listStarts(page, [unread]);
    await by("unread-first").click();
    await listStarts(page, [last, unread, names[0] ?? ""]);
    assert.deepEqual(errors, []);
    await close();
  });
}

test("Ctrl-K leads to a room, a person and an open channel, with the keyboard alone", async () => {
  const { page, by, bob, errors, close } = await openRooms(["Alpha", "Beta", "Beta two"]);
  await bob.request("createRoom", { name: "Open channel", kind: "channel" });
  const { keyboard } = page;
  await page.getByText("Bob: said in Beta two").waitFor();
  await keyboard.press("Control+k");
  await page.locator("[data-testid=go-to-search]:focus").waitFor();
  const selected = page.locator('[role="option"][aria-selected="true"]');
  assert.equal(await selected.locator(".name").textContent(), "Alpha");
  await keyboard.type("bet");
  assert.deepEqual(await page.locator('[role="option"] .name').allTextContents(), [
    "Beta",
    "Beta two",
    "Find messages",
  ]);
  await keyboard.press("ArrowDown");
  await page.locator('[role="option"][aria-selected="true"]').getByText("Beta two").waitFor();
  const search = by("go-to-search");
  assert.equal(await search.getAttribute("aria-activedescendant"), await selected.getAttribute("id"));
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown"); // round to the first
  await selected.getByText("Beta", { exact: true }).waitFor();
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Beta two" }).waitFor();
  await page.locator("[data-testid=composer]:focus").waitFor();
  await keyboard.press("Control+k");
  await keyboard.type("bob");
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Bob" }).waitFor();
  await keyboard.press("Meta+k");
  await keyboard.type("open ch");
  await selected.getByText("Open channel").waitFor();
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Open channel" }).waitFor();
  await keyboard.press("Control+k");
  await keyboard.type("nobody of this name");
  await page.getByText("No room and nobody you have met has this name.").waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  assert.deepEqual(errors, []);
  await close();
});

test("on a phone, a button opens the same, and a tap leads there", async () => {
  const { page, by, close } = await openRooms(["Alpha", "Beta"], phone);
  await page.getByText("Bob: said in Beta").waitFor();
  await by("go-to").tap();
  await by("go-to-search").fill("beta");
  await by("go-to-place").first().tap();
  await page.getByRole("heading", { name: "Beta" }).waitFor();
  await close();
});

test("the page follows the font size of the browser", async () => {
  const { page, close } = await openRooms(["Alpha"]);
  const size = () => page.evaluate(() => getComputedStyle(document.body).fontSize);
  assert.equal(await size(), "15px");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setFontSizes", { fontSizes: { standard: 24 } });
  await page.waitForFunction(() => getComputedStyle(document.body).fontSize === "22.5px");
  await close();
});

for (const [device, options] of /** @type {const} */ ([
  ["desk", undefined],
  ["phone", phone],
])) {
  test(`Back closes what is open, one thing after the other, on a ${device}`, async () => {
    const { page, by, errors, close } = await openRooms(["Alpha", "Beta"], options);
    await by("room-item").filter({ hasText: "Alpha" }).click();
    await by("members-toggle").click();
    await by("leave").click();
    await page.getByRole("dialog").waitFor();
    await page.goBack();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await by("members").waitFor();
    await page.goBack();
    await by("members").waitFor({ state: "hidden" });
    await page.getByRole("heading", { name: "Alpha" }).waitFor();
    // What is closed by hand needs no Back.
    await by("members-toggle").click();
    await page.getByRole("button", { name: "Close the members" }).click();
    await by("members").waitFor({ state: "hidden" });
    await page.waitForFunction(() => !history.state?.layer);
    await page.goBack();
    await page.getByRole("heading", { name: "Alpha" }).waitFor({ state: "hidden" });
    assert.equal(await by("room-item").filter({ hasText: "Beta" }).isVisible(), true);
    await by("new-room").click();
    await page.getByRole("dialog").waitFor();
    await page.goBack();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await by("room-item").filter({ hasText: "Beta" }).click();
    await page.getByRole("heading", { name: "Beta" }).waitFor();
    assert.deepEqual(errors, []);
    await close();
  });
}

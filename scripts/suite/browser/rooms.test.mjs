// Rooms, as they are there after a reload.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs, http, signIn, waitUntil } from "../harness.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

test("a room of 252 says so after a reload, and lists all of them", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Festival");
  const grace = await connectAs(cloud.url, "Grace");
  const { open } = await grace.request("listRooms", {});
  const roomId = open.find((r) => r.name === "Festival")?.id ?? assert.fail("no room");
  await grace.request("joinRoom", { roomId });
  for (let i = 1; i <= 250; i++) {
    const { token } = await signIn(cloud.url, `Guest ${i}`);
    const { status } = await http(cloud.url, "POST", `/api/rooms/${roomId}/join`, { token });
    assert.equal(status, 200);
  }
  await ada.page.reload();
  await ada.by("room-item").first().click();
  await ada.page.getByText("252 members", { exact: true }).waitFor();
  await ada.page.getByRole("button", { name: "Members", exact: true }).click();
  await ada.page.waitForFunction(() => document.querySelectorAll('[data-testid="member"]').length === 252);
  const names = await ada.by("member").locator(".name").allTextContents();
  assert.deepEqual(new Set(names.map((name) => name.trim())).size, 252);
  assert.deepEqual(ada.errors, []);
  grace.close();
  await ada.context.close();
});

test("one request after a connect shows all rooms in their order, with what was said last", async () => {
  const [ada, grace] = [await openPage(browser, cloud.url, "Ada"), await connectAs(cloud.url, "Grace")];
  const names = Array.from({ length: 9 }, (_, i) => `Talk ${i + 1}`);
  /** @type {string[]} */
  const ids = [];
  for (const name of names) ids.push((await grace.request("createRoom", { name, kind: "channel" })).room.id);
  for (const name of names) await ada.joinRoom(name);
  /** @param {string} roomId @param {string} text */
  const say = (roomId, text) => grace.request("sendMessage", { roomId, text, tempId: text.replace(" ", "-") });
  for (const [i, roomId] of ids.entries()) await say(roomId, `words ${i + 1}`);
  /** @type {string[]} */
  const asked = [];
  ada.page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => asked.push(...(String(payload).match(/(?<=^42\d+\[")\w+/) ?? []))),
  );
  const shown = () => ada.by("room-item").locator(".preview").allTextContents();
  const wanted = names.map((_, i) => `Grace: words ${9 - i}`);
  const inOrder = async () => JSON.stringify((await shown()).map((text) => text.trim())) === JSON.stringify(wanted);
  await ada.page.reload();
  await waitUntil(inOrder, "all rooms with their last messages");
  const catchingUp = asked.filter((event) =>
    ["sync", "listRooms", "history", "changes", "joinRoom", "watch"].includes(event),
  );
  assert.deepEqual(catchingUp, ["sync"]);
  grace.close();
  await ada.context.close();
});

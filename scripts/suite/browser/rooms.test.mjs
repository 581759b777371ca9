// Rooms, as they are there after a reload.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs, http, signIn } from "../harness.mjs";
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

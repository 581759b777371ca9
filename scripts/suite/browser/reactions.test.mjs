// Reactions to messages, by mouse and by keyboard.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

test("people react to a message, see who did, and take it back", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, cloud.url, "Bob");
  await ada.createRoom("Reactions");
  await bob.joinRoom("Reactions");
  await ada.say("It works");
  await bob.sees(["It works"]);
  await bob.by("message-menu").first().focus();
  await bob.page.keyboard.press("Enter");
  await bob.by("react").click();
  await bob.page.locator("[data-testid=quick-reaction]:focus").waitFor();
  await bob.page.keyboard.press("Enter");
  await bob.page.locator('[data-testid=reaction][aria-pressed="true"]').waitFor();
  const chip = ada.page.locator('[data-testid=reaction][aria-pressed="false"]');
  assert.equal(await chip.getAttribute("title"), "Bob");
  assert.equal(await chip.getAttribute("aria-label"), "👍 1: Bob");
  await chip.click();
  await bob.page.locator('[data-testid=reaction][title="You and Ada"]').waitFor();
  await bob.by("reaction").click();
  await ada.page.locator('[data-testid=reaction][title="You"]').waitFor();
  await ada.by("reaction").click();
  for (const p of [ada, bob]) await p.by("reaction").waitFor({ state: "detached" });
  assert.deepEqual([ada.errors, bob.errors], [[], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

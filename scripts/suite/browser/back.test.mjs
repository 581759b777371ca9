// What opens over the room has an entry of the browser's history. Whoever is quick must not be led out of the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

test("dialogs that open and close as quickly as one can type never lead out of the page", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  const { page } = ada;
  const entered = page.url();
  for (let round = 0; round < 30; round++) {
    await ada.by("browse").click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.waitForTimeout(round % 8);
    await page.keyboard.press("Control+k");
    await page.waitForTimeout((round * 3) % 20);
    await page.keyboard.press("Escape");
  }
  assert.equal(page.url(), entered);
  await ada.by("browse").waitFor();
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

// Files in the page: chosen, pasted, cancelled and tried again; pictures that open large.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

/** @typedef {import("./browser.mjs").Visitor} Visitor */

/** A file of the tests. @param {string} name */
const text = (name) => ({ name, mimeType: "text/plain", buffer: Buffer.from("what is in it") });

/** A picture of 1000 by 500 pixels, drawn in the page. @param {Visitor} visitor */
async function drawPicture({ page }) {
  const url = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 1000;
    canvas.height = 500;
    canvas.getContext("2d")?.fillRect(0, 0, 1000, 500);
    return canvas.toDataURL("image/png");
  });
  return { name: "wide.png", mimeType: "image/png", buffer: Buffer.from(url.split(",")[1] ?? "", "base64") };
}

/** @param {Visitor} visitor @param {string} state @param {number} [count] */
const inTray = ({ page }, state, count = 1) =>
  page.locator(`[data-testid=tray-file][data-state=${state}] >> nth=${count - 1}`).waitFor();

/** @param {Visitor[]} visitors */
async function noErrors(...visitors) {
  assert.deepEqual(
    visitors.flatMap((v) => v.errors),
    [],
  );
  await Promise.all(visitors.map((v) => v.context.close()));
}

test("a picture with a caption comes with its thumbnail, and opens large until Escape or Back", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, cloud.url, "Bob");
  await ada.createRoom("Pictures");
  await bob.joinRoom("Pictures");
  await ada.by("attach").waitFor();
  await ada.by("file-input").setInputFiles(await drawPicture(ada));
  await inTray(ada, "done");
  await ada.say("look");
  for (const who of [ada, bob]) {
    const picture = who.by("picture").locator("img");
    await picture.waitFor();
    assert.equal(await picture.getAttribute("alt"), "wide.png");
    await who.page.waitForFunction(() => {
      const img = /** @type {HTMLImageElement | null} */ (document.querySelector("[data-testid=picture] img"));
      return img?.naturalWidth === 640; // the thumbnail, not the picture
    });
    assert.deepEqual([await picture.getAttribute("width"), await picture.getAttribute("height")], ["320", "160"]);
  }
  for (const close of [() => bob.page.keyboard.press("Escape"), () => bob.page.goBack()]) {
    await bob.by("picture").focus();
    await bob.page.keyboard.press("Enter");
    await bob.page.waitForFunction(() => {
      const img = /** @type {HTMLImageElement | null} */ (document.querySelector("[data-testid=lightbox] img"));
      return img?.naturalWidth === 1000;
    });
    await close();
    await bob.by("lightbox").waitFor({ state: "detached" });
  }
  await noErrors(ada, bob);
});

test("several files go without a text, one is taken away before, and what is left is downloaded", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Papers");
  await ada.by("attach").waitFor();
  await ada.by("file-input").setInputFiles([text("a.txt"), text("b.txt"), text("c.txt")]);
  await inTray(ada, "done", 3);
  await ada.by("remove-file").nth(1).click();
  await ada.by("send").click();
  await ada.page.locator("[data-testid=message][data-seq='1'] [data-testid=attachment] >> nth=1").waitFor();
  assert.deepEqual(await ada.by("download").locator(".name").allTextContents(), ["a.txt", "c.txt"]);
  const [download] = await Promise.all([ada.page.waitForEvent("download"), ada.by("download").first().click()]);
  assert.equal(download.suggestedFilename(), "a.txt");
  await noErrors(ada);
});

test("an upload that failed is tried again, and until then nothing is sent", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Trouble");
  await ada.by("attach").waitFor();
  let refuse = true;
  await ada.page.route(
    (url) => url.origin !== new URL(cloud.url).origin,
    (route) =>
      refuse ? route.fulfill({ status: 503, headers: { "access-control-allow-origin": "*" } }) : route.continue(),
  );
  await ada.by("file-input").setInputFiles(text("a.txt"));
  await inTray(ada, "failed");
  assert.equal(await ada.by("send").isDisabled(), true);
  refuse = false;
  await ada.by("retry-upload").click();
  await inTray(ada, "done");
  await ada.by("send").click();
  await ada.page.locator("[data-testid=message][data-seq='1'] [data-testid=attachment]").waitFor();
  await ada.context.close();
});

test("a file is pasted into the field, and dropped on it", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Paste");
  await ada.by("attach").waitFor();
  await ada.by("composer").evaluate((field) => {
    for (const kind of ["paste", "drop"]) {
      const data = new DataTransfer();
      data.items.add(new File(["x"], `${kind}.txt`, { type: "text/plain" }));
      const options = { bubbles: true, cancelable: true };
      field.dispatchEvent(
        kind === "paste"
          ? new ClipboardEvent("paste", { ...options, clipboardData: data })
          : new DragEvent("drop", { ...options, dataTransfer: data }),
      );
    }
  });
  await inTray(ada, "done", 2);
  await noErrors(ada);
});

test("a voice note is recorded, thrown away, and recorded again, and the others hear it", async () => {
  const ada = await openPage(browser, cloud.url, "Ada", { permissions: ["microphone"] });
  const bob = await openPage(browser, cloud.url, "Bob");
  await ada.createRoom("Voices");
  await bob.joinRoom("Voices");
  await ada.by("record").click();
  await ada.by("recording").waitFor();
  await ada.page.keyboard.press("Escape");
  await ada.by("composer").waitFor();
  assert.equal(await ada.by("tray-file").count(), 0);

  await ada.by("record").click();
  await ada.page.waitForFunction(() => document.querySelector("[data-testid=recorded]")?.textContent === "0:01");
  await ada.by("end-recording").click();
  await inTray(ada, "done");
  await ada.by("send").click();
  await bob.by("sound").waitFor();
  await bob.page.waitForFunction(() => {
    const sound = /** @type {HTMLAudioElement | null} */ (document.querySelector("[data-testid=sound]"));
    return sound?.src;
  });
  await bob.by("sound").evaluate(async (/** @type {HTMLAudioElement} */ sound) => {
    sound.muted = true;
    await sound.play();
  });
  assert.match((await bob.by("attachment").textContent()) ?? "", /^0:0[12]$/);
  assert.match((await bob.by("room-item").textContent()) ?? "", /Ada: Sound/);
  await noErrors(ada, bob);
});

test("who refuses the microphone is told how to allow it", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Quiet");
  await ada.page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
  });
  await ada.by("record").click();
  await ada.page.getByText("The microphone cannot be used.").waitFor();
  assert.equal(await ada.by("composer").isVisible(), true);
  await noErrors(ada);
});

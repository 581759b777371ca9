// What is typed is not lost, whatever happens to the line, the tab and the browser; and it is
// nobody else's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs, waitUntil } from "../harness.mjs";
import { startProxy } from "../proxy.mjs";
import { openPage, visit } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

/**
 * Opens the page as Ada, in a room with Bob, behind a line that can be cut.
 *
 * @param {string} name
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
async function openRoom(name, options) {
  const proxy = await startProxy(cloud.url);
  const ada = await openPage(browser, proxy.url, "Ada", options);
  await ada.createRoom(name);
  const roomId = await ada.page.evaluate(() => location.hash.slice(2));
  const bob = await connectAs(cloud.url, "Bob");
  await bob.request("joinRoom", { roomId });
  const lose = async () => {
    proxy.cut();
    await ada.page.locator('[data-testid="connection-banner"][data-state="lost"]').waitFor();
  };
  const texts = async () => (await bob.request("history", { roomId })).messages.map((m) => [m.text, m.tempId]);
  return {
    proxy,
    ada,
    bob,
    roomId,
    lose,
    texts,
    async close() {
      bob.close();
      await ada.context.close();
      proxy.close();
    },
  };
}

/** The tempIds of the unsent messages on a page. @param {import("playwright-core").Page} page */
const pending = (page) =>
  page.$$eval('[data-state="pending"]', (all) => all.map((m) => m.getAttribute("data-temp-id")));

/** How many unsent messages and drafts the browser keeps. @param {import("playwright-core").Page} page */
const kept = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("confab");
        opening.onerror = reject;
        opening.onsuccess = () => {
          const transaction = opening.result.transaction(["outbox", "drafts"]);
          const counts = ["outbox", "drafts"].map((name) => transaction.objectStore(name).count());
          transaction.oncomplete = () => {
            opening.result.close();
            resolve(counts.map((c) => c.result));
          };
        };
      }),
  );

for (const [device, options] of /** @type {const} */ ([
  ["desk", undefined],
  ["phone", phone],
])) {
  test(`a message that was written offline is sent once by the next visit, on a ${device}`, async () => {
    const { proxy, ada, bob, lose, texts, close } = await openRoom(`Later on a ${device}`, options);
    await lose();
    await ada.say("from the train");
    await ada.page.locator('[data-state="pending"]').waitFor();
    const [tempId] = await pending(ada.page);
    await waitUntil(async () => String(await kept(ada.page)) === "1,0", "the message is kept");
    await ada.page.close();
    proxy.mend();
    const again = await ada.context.newPage();
    await again.goto(proxy.url);
    const sent = await bob.events.first("newMessage", (m) => m.text === "from the train");
    assert.equal(sent.tempId, tempId);
    await waitUntil(async () => String(await kept(again)) === "0,0", "nothing is kept any more");
    assert.deepEqual(await texts(), [["from the train", tempId]]);
    await close();
  });
}

test("a draft is there after the tab was closed, in every tab, and gone when it is sent", async () => {
  const { proxy, ada, bob, roomId, close } = await openRoom("Drafts");
  await ada.by("composer").fill("half a thought");
  await waitUntil(async () => String(await kept(ada.page)) === "0,1", "the draft is kept");
  await ada.page.close();
  const [first, second] = [await ada.context.newPage(), await ada.context.newPage()];
  for (const page of [first, second]) {
    await page.goto(`${proxy.url}/#/${roomId}`);
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "half a thought");
  }
  await second.getByTestId("composer").fill("a whole thought");
  await second.getByTestId("composer").press("Enter");
  await bob.events.first("newMessage", (m) => m.text === "a whole thought");
  await waitUntil(async () => String(await kept(first)) === "0,0", "the draft is gone");
  await first.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await first.waitForFunction(() => document.querySelector("textarea")?.value === "");
  await close();
});

test("what a closed tab leaves is sent by another tab that is open, and not before", async () => {
  const { proxy, ada, bob, roomId, lose, texts, close } = await openRoom("Two tabs");
  const second = await ada.context.newPage();
  await second.goto(`${proxy.url}/#/${roomId}`);
  await second.getByTestId("composer").waitFor();
  await lose();
  await ada.say("one");
  await ada.say("two");
  await waitUntil(async () => String(await kept(second)) === "2,0", "both are kept");
  assert.deepEqual(await pending(second), [], "they are the first tab's");
  await ada.page.locator('[data-state="pending"]').nth(1).waitFor();
  const tempIds = await pending(ada.page);
  await ada.page.close();
  await waitUntil(async () => (await pending(second)).length === 2, "the second tab takes them over");
  proxy.mend();
  await bob.events.first("newMessage", (m) => m.text === "two");
  assert.deepEqual(await texts(), [
    ["one", tempIds[0]],
    ["two", tempIds[1]],
  ]);
  await close();
});

test("signing out forgets what was typed, and the next user neither sees nor sends it", async () => {
  const { proxy, ada, bob, lose, texts, close } = await openRoom("Shared computer");
  await lose();
  await ada.say("a secret of Ada");
  await ada.by("composer").fill("another one");
  await waitUntil(async () => String(await kept(ada.page)) === "1,1", "both are kept");
  await ada.by("sign-out").click();
  await ada.by("sign-out-confirm").click();
  await ada.by("sign-in-name").waitFor();
  await waitUntil(async () => String(await kept(ada.page)) === "0,0", "nothing is kept");
  proxy.mend();
  await ada.by("sign-in-name").fill("Eve");
  await ada.by("sign-in-submit").click();
  await ada.joinRoom("Shared computer");
  assert.equal(await ada.by("composer").inputValue(), "");
  await ada.say("I am Eve");
  await bob.events.first("newMessage", (m) => m.text === "I am Eve");
  assert.deepEqual(
    (await texts()).map(([text]) => text),
    ["I am Eve"],
  );
  await close();
});

test("a session that has ended keeps what was typed for its user alone", async () => {
  const { proxy, ada, bob, lose, texts, close } = await openRoom("Two users");
  await lose();
  await ada.say("Ada's own");
  await waitUntil(async () => String(await kept(ada.page)) === "1,0", "it is kept");
  const session = await ada.page.evaluate(() => localStorage.getItem("confab.session"));
  await ada.page.evaluate(() => localStorage.removeItem("confab.session"));
  proxy.mend();
  await ada.page.reload();
  await ada.by("sign-in-name").fill("Eve");
  await ada.by("sign-in-submit").click();
  await ada.joinRoom("Two users");
  await ada.say("I am Eve");
  await bob.events.first("newMessage", (m) => m.text === "I am Eve");
  await waitUntil(async () => String(await kept(ada.page)) === "1,0", "only Ada's message waits, for her");
  assert.deepEqual(
    (await texts()).map(([text]) => text),
    ["I am Eve"],
  );
  await ada.page.evaluate((session) => localStorage.setItem("confab.session", session ?? ""), session);
  await ada.page.reload();
  await bob.events.first("newMessage", (m) => m.text === "Ada's own" && m.sender.name === "Ada");
  await close();
});

test("where the browser keeps nothing it says so once, and sends all the same", async () => {
  const { context } = await openPage(browser, cloud.url, null);
  const page = await context.newPage();
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("refused", "SecurityError");
    };
  });
  const ada = visit(page);
  await page.goto(cloud.url);
  await ada.by("sign-in-name").fill("Ada");
  await ada.by("sign-in-submit").click();
  await page.getByText("This browser keeps nothing for the page").waitFor();
  await page.getByRole("button", { name: "Dismiss" }).click();
  await ada.createRoom("Private window");
  await ada.say("one");
  await ada.sees(["one"]);
  await ada.by("composer").fill("kept while the page lives");
  await ada.createRoom("Elsewhere");
  await ada.by("room-item").filter({ hasText: "Private window" }).click();
  await page.waitForFunction(() => document.querySelector("textarea")?.value === "kept while the page lives");
  assert.equal(await page.getByText("This browser keeps nothing for the page").count(), 0);
  await context.close();
});

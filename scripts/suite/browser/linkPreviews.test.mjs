// Cards of what links lead to, on the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { reachesHere } from "../pages.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, pages, useCloudAndBrowser, usePages } from "./stage.mjs";

useCloudAndBrowser(reachesHere);

usePages((path, response) =>
  response.end(
    `<title>Page ${path} <img src=x onerror=alert(1)></title><meta property="og:site_name" content="A site">` +
      `<meta property="og:image" content="http://${pages.host}/picture.png"><meta name=description content="${"What it is about. ".repeat(9)}">`,
  ),
);

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

/** @typedef {import("./browser.mjs").Visitor} Visitor */

/** The cards that somebody sees. @param {Visitor} visitor */
const cards = ({ by }) => by("link-preview");

/** How far a list is from its end, in pixels. @param {Visitor} visitor */
const belowTheEnd = ({ by }) =>
  by("message-list").evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight);

/** Ada, and Bob on a phone, in a room. @param {string} name */
async function roomOfTwo(name) {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, cloud.url, "Bob", { ...phone, colorScheme: "dark" });
  await ada.createRoom(name);
  await bob.joinRoom(name);
  return { ada, bob };
}

test("a link of one's own gets a card, which everybody sees as text and its author takes away", async () => {
  const { ada, bob } = await roomOfTwo("Cards");
  /** @type {string[]} */
  const elsewhere = [];
  for (const { page } of [ada, bob])
    page.on("request", (request) => {
      if (request.url().includes(pages.host)) elsewhere.push(request.url());
    });
  await ada.say(`Read **http://${pages.host}/a**, please`);
  for (const visitor of [ada, bob]) {
    await cards(visitor).waitFor();
    const link = cards(visitor).getByRole("link");
    assert.equal(await link.getAttribute("href"), `http://${pages.host}/a`);
    assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow");
    assert.equal(await link.getByRole("strong").textContent(), "Page /a <img src=x onerror=alert(1)>");
    assert.match((await link.textContent()) ?? "", new RegExp(`A site.*${pages.host}.*What it is about`));
    assert.equal(await cards(visitor).locator("img").count(), 0);
    assert.ok((await belowTheEnd(visitor)) < 2, "the list stays at its end");
  }
  assert.deepEqual(elsewhere, [], "readers ask for nothing there");
  assert.deepEqual(pages.asked, { "/a": 1 });
  const { width = 0 } = (await cards(bob).boundingBox()) ?? {};
  assert.ok(width > 200 && width <= 360, `the card is ${width} pixels wide`);
  assert.equal(await bob.by("remove-preview").count(), 0);
  const remove = ada.by("remove-preview");
  await remove.focus();
  await ada.page.keyboard.press("Enter");
  for (const visitor of [ada, bob]) await cards(visitor).waitFor({ state: "detached" });
  assert.deepEqual([ada.errors, bob.errors], [[], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("a card follows an edit, and does not move what somebody reads above", async () => {
  const { ada, bob } = await roomOfTwo("Edits");
  for (let i = 0; i < 30; i++) await ada.say(`Line ${i}`);
  await ada.say("A link will come here");
  await bob.by("message").filter({ hasText: "A link will come here" }).waitFor();
  await bob.by("message-list").evaluate((list) => {
    list.scrollTop -= 600;
  });
  const line = bob.by("message").filter({ hasText: "Line 18" });
  await line.waitFor();
  const top = async () => Math.round((await line.boundingBox())?.y ?? 0);
  const before = await top();
  const edit = async (/** @type {string} */ text) => {
    const last = ada.by("message").last();
    await last.hover();
    await last.getByTestId("message-menu").click();
    await ada.by("edit").click();
    await ada.by("editor").fill(text);
    await ada.page.keyboard.press("Enter");
  };
  await edit(`See http://${pages.host}/first`);
  await cards(ada).getByText("Page /first").waitFor();
  assert.equal(await top(), before);
  await edit(`See http://${pages.host}/second`);
  await cards(ada).getByText("Page /second").waitFor();
  await edit("No link");
  await cards(ada).waitFor({ state: "detached" });
  assert.equal(await top(), before);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("a link in code gets no card, and a reply in a thread does", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Threads");
  await ada.say(`\`http://${pages.host}/code\``);
  await ada.sees([`http://${pages.host}/code`]);
  const first = ada.by("message").first();
  await first.hover();
  await first.getByTestId("message-menu").click();
  await ada.by("reply-in-thread").click();
  const thread = ada.page.getByTestId("thread");
  await thread.getByRole("textbox").fill(`http://${pages.host}/reply`);
  await ada.page.keyboard.press("Enter");
  await thread.getByTestId("link-preview").waitFor();
  assert.equal(pages.asked["/code"], undefined);
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

// What one does with a message, by mouse, by keyboard and on a phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAs } from "../harness.mjs";
import { startProxy } from "../proxy.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

/** @param {import("./browser.mjs").Visitor} visitor @param {number} seq */
const row = ({ page }, seq) => page.locator(`[data-testid="message"][data-seq="${seq}"]`);

test("an author edits a message with the mouse, and everybody sees it", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, cloud.url, "Bob");
  await ada.createRoom("Letters");
  await bob.joinRoom("Letters");
  await ada.say("teh letter");
  await bob.sees(["teh letter"]);
  await row(ada, 1).hover();
  await row(ada, 1).getByTestId("message-menu").click();
  await ada.by("edit").click();
  await ada.by("editor").fill("the letter");
  await ada.by("save").click();
  for (const p of [ada, bob]) await p.sees(["the letter (edited)"]);
  await bob.page.reload();
  await bob.by("room-item").first().click();
  await bob.sees(["the letter (edited)"]);
  await row(bob, 1).getByTestId("message-menu").click();
  await bob.by("reply").waitFor();
  assert.equal((await bob.by("edit").count()) + (await bob.by("delete").count()), 0, "Bob may not change it");
  assert.deepEqual([ada.errors, bob.errors], [[], []]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("a message is edited and deleted with the keyboard", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Keyboard");
  await ada.say("one");
  await ada.sees(["one"]);
  const { keyboard } = ada.page;
  await row(ada, 1).getByTestId("message-menu").focus();
  await keyboard.press("Enter");
  await ada.page.locator("[data-testid=reply]:focus").waitFor();
  await keyboard.press("ArrowDown");
  await ada.page.locator("[data-testid=reply-in-thread]:focus").waitFor();
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown");
  await ada.page.locator("[data-testid=edit]:focus").waitFor();
  await keyboard.press("Escape");
  await ada.page.locator("[data-testid=message-menu]:focus").waitFor();
  await keyboard.press("Enter");
  await ada.page.locator("[data-testid=reply]:focus").waitFor();
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown");
  await ada.page.locator("[data-testid=edit]:focus").waitFor();
  await keyboard.press("Enter");
  await ada.page.locator("[data-testid=editor]:focus").waitFor();
  await keyboard.type(" more");
  await keyboard.press("Escape");
  await ada.sees(["one"]);
  await row(ada, 1).getByTestId("message-menu").focus();
  await keyboard.press("Enter");
  await ada.page.locator("[data-testid=reply]:focus").waitFor();
  await keyboard.press("ArrowUp");
  await ada.page.locator("[data-testid=quick-reaction]:focus").waitFor();
  await keyboard.press("End");
  await ada.page.locator("[data-testid=delete]:focus").waitFor();
  await keyboard.press("Enter");
  await ada.page.getByRole("dialog").waitFor();
  await ada.by("confirm-delete").focus();
  await keyboard.press("Enter");
  await ada.sees(["This message was deleted."]);
  await ada.context.close();
});

test("the creator of a room deletes what others wrote, on a phone", async () => {
  const ada = await openPage(browser, cloud.url, "Ada", { viewport: { width: 390, height: 844 }, hasTouch: true });
  const bob = await openPage(browser, cloud.url, "Bob");
  await ada.createRoom("House rules");
  await bob.joinRoom("House rules");
  await bob.say("rude");
  await ada.sees(["rude"]);
  await row(ada, 1).getByTestId("message-menu").tap();
  await ada.by("delete").waitFor();
  assert.equal(await ada.by("edit").count(), 0, "nobody edits what others wrote");
  await ada.by("delete").tap();
  await ada.by("confirm-delete").tap();
  for (const p of [ada, bob]) await p.sees(["This message was deleted."]);
  assert.equal(await row(bob, 1).getByTestId("message-menu").count(), 0, "nothing can be done with it");
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("changes that were made while the line was down are there afterwards", async () => {
  const proxy = await startProxy(cloud.url);
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await openPage(browser, proxy.url, "Bob");
  await ada.createRoom("Gap");
  await bob.joinRoom("Gap");
  for (const text of ["one", "two", "three"]) await ada.say(text);
  await bob.sees(["one", "two", "three"]);
  proxy.cut();
  await bob.page.locator('[data-testid="connection-banner"][data-state="lost"]').waitFor();
  await row(ada, 1).hover();
  await row(ada, 1).getByTestId("message-menu").click();
  await ada.by("edit").click();
  await ada.by("editor").fill("uno");
  await ada.by("editor").press("Enter");
  await ada.sees(["uno (edited)", "two", "three"]);
  await row(ada, 2).hover();
  await row(ada, 2).getByTestId("message-menu").click();
  await ada.by("delete").click();
  await ada.by("confirm-delete").click();
  const all = ["uno (edited)", "This message was deleted.", "three"];
  await ada.sees(all);
  proxy.mend();
  await bob.sees(all);
  await Promise.all([ada.context.close(), bob.context.close()]);
  proxy.close();
});

test("what was typed into an edit stays when the server refuses it", async () => {
  const desk = await openPage(browser, cloud.url, "Ada");
  await desk.createRoom("Two devices");
  await desk.say("first");
  await desk.sees(["first"]);
  const phone = await openPage(browser, cloud.url, null, { storageState: await desk.context.storageState() });
  await phone.by("room-item").first().click();
  await phone.sees(["first"]);
  for (const p of [desk, phone]) {
    await row(p, 1).hover();
    await row(p, 1).getByTestId("message-menu").click();
    await p.by("edit").click();
  }
  await desk.by("editor").fill("by the desk");
  await desk.by("save").click();
  await desk.sees(["by the desk (edited)"]);
  await phone.by("editor").fill("by the phone");
  await phone.by("save").click();
  await phone.page.getByText("This message was changed meanwhile. Load it again.").waitFor();
  assert.equal(await phone.by("editor").inputValue(), "by the phone");
  await Promise.all([desk.context.close(), phone.context.close()]);
});

test("a reply shows what it answers, and leads to it, however long ago it was", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  const bob = await connectAs(cloud.url, "Bob");
  await ada.createRoom("Replies");
  const { open } = await bob.request("listRooms", {});
  const roomId = open.find((r) => r.name === "Replies")?.id ?? assert.fail("no room");
  await bob.request("joinRoom", { roomId });
  await bob.request("sendMessage", { roomId, text: "Shall we start?", tempId: "first" });
  await ada.sees(["Shall we start?"]);
  await row(ada, 1).hover();
  await row(ada, 1).getByTestId("message-menu").click();
  await ada.by("reply").click();
  await ada.by("answering").getByText("Shall we start?").waitFor();
  await ada.page.keyboard.press("Escape");
  await ada.by("answering").waitFor({ state: "hidden" });
  for (let i = 2; i <= 130; i++) await bob.request("sendMessage", { roomId, text: `${i}`, tempId: `${i}` });
  await bob.request("sendMessage", { roomId, text: "Done, then", tempId: "last", replyTo: 1 });
  await row(ada, 131).waitFor(); // and Ada has read them all
  await ada.page.reload();
  await ada.by("room-item").first().click();
  const original = row(ada, 131).getByTestId("original");
  await original.getByText("Shall we start?").waitFor();
  assert.equal(await row(ada, 1).count(), 0, "the first message is not loaded");
  await original.click();
  await ada.page.locator('[data-testid="message"][data-seq="1"]:focus').waitFor();
  assert.equal(await row(ada, 1).isVisible(), true);
  await row(ada, 1).getByTestId("message-menu").click();
  await ada.by("reply").click();
  await ada.say("We did");
  await row(ada, 132).getByTestId("original").getByText("Shall we start?").waitFor();
  const message = await bob.events.first("newMessage", (m) => m.text === "We did");
  assert.equal(message.replyTo, 1);
  assert.deepEqual(ada.errors, []);
  bob.close();
  await ada.context.close();
});

test("Markdown is shown with its format, and HTML as text", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.createRoom("Formats");
  await ada
    .by("composer")
    .fill(
      [
        "**bold** and `code`, <b>no HTML</b>",
        "- one",
        "- [two](https://example.com)",
        "",
        "```go",
        "func main() {}",
        "```",
        "> quoted",
        "",
        "[no](javascript:alert(1))",
      ].join("\n"),
    );
  await ada.by("composer").press("Enter");
  const text = row(ada, 1).locator("div.text");
  assert.equal(await text.locator("strong").textContent(), "bold");
  assert.equal(await text.locator("b").count(), 0);
  assert.equal(await text.getByText("<b>no HTML</b>").count(), 1);
  assert.equal(await text.locator("ul > li").count(), 2);
  assert.equal(await text.locator("blockquote").textContent(), "quoted");
  await text.locator("pre .hljs-keyword").getByText("func").waitFor();
  assert.deepEqual(await text.locator("a").evaluateAll((all) => all.map((a) => a.getAttribute("href"))), [
    "https://example.com",
  ]);
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

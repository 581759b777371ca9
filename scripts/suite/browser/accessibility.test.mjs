// Everything that the page shows, read by axe: on a desk and a phone, in both colour schemes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { connectAs } from "../harness.mjs";
import { reachesHere } from "../pages.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, pages, useCloudAndBrowser, usePages } from "./stage.mjs";

useCloudAndBrowser(reachesHere);

usePages((_, response) => response.end("<title>A page</title><meta name=description content=About>"));

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const devices = {
  desk: {},
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

/** @typedef {import("./browser.mjs").Visitor} Visitor */
/** @typedef {import("../harness.mjs").Client} Client */

/**
 * Returns what collects the violations on a page: call it on every screen.
 *
 * @param {Visitor} visitor
 */
function inspector({ page }) {
  /** @type {string[]} */
  const found = [];
  /** @param {string} screen */
  const inspect = async (screen) => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
    for (const { id, help, nodes } of /** @type {import("axe-core").Result[]} */ (violations))
      for (const { html, failureSummary } of nodes)
        found.push(`${screen}: ${id}: ${help}\n  ${html.slice(0, 200)}\n  ${failureSummary}`);
  };
  return { found, inspect };
}

/**
 * Says something of every kind in a room of Ada's and Bob's.
 *
 * @param {Visitor} ada @param {Client} bob @param {string} roomId @param {string} me Ada's id
 */
async function talk(ada, bob, roomId, me) {
  let n = 0;
  /** @param {string} text @param {object} [more] */
  const say = (text, more) =>
    bob.request("sendMessage", { roomId, text, tempId: `${roomId}-${++n}`.slice(-60), ...more });
  await say("Look at **this**, *that* and `these`: https://example.com/a-page");
  await say("> quoted\n\n- one\n- two\n\n```js\nconst answer = 42; // a comment\n```");
  await say("🎉");
  await say("I said something else before");
  await bob.request("editMessage", { roomId, seq: 4, text: "I said this" });
  await say("Gone soon");
  await bob.request("deleteMessage", { roomId, seq: 5 });
  await ada.say("An answer");
  await ada.page.locator('[data-state="sent"]').filter({ hasText: "An answer" }).waitFor();
  await say("An answer to it", { replyTo: 6 });
  await say("@Ada, and @Bob in @room", { mentions: [me, bob.user.id, "@room"] });
  await say("It goes on in a thread", { threadOf: 1 });
  await ada.by("message").filter({ hasText: "An answer to it" }).waitFor();
  await ada.by("replies").getByText("1 reply").waitFor();
  await ada.say(`http://${pages.host}/`);
  await ada.by("remove-preview").waitFor();
}

/**
 * Makes a thread of more replies than are loaded at first.
 *
 * @param {Client} bob @param {string} roomId @param {string} tempId
 */
async function thread(bob, roomId, tempId) {
  for (let i = 0; i <= 50; i++)
    await bob.request("sendMessage", { roomId, text: `Reply ${i}`, tempId: `${tempId}-${i}`, threadOf: 4 });
}

for (const colorScheme of /** @type {const} */ (["light", "dark"]))
  for (const [device, options] of Object.entries(devices))
    test(`axe finds nothing on any screen of a ${device}, in ${colorScheme} colours`, async () => {
      const phone = device === "phone";
      const ada = await openPage(browser, cloud.url, null, { ...options, colorScheme, reducedMotion: "reduce" });
      const [bob, stranger] = await Promise.all([connectAs(cloud.url, "Bob"), connectAs(cloud.url, "Grace")]);
      const { page, by } = ada;
      const { found, inspect } = inspector(ada);
      const name = `${device} ${colorScheme}`;
      await by("sign-in-name").waitFor();
      await inspect("the sign-in");
      await by("sign-in-name").fill("Ada");
      await by("sign-in-submit").click();
      await by("me").waitFor();
      await page.getByText("You are in no room yet").waitFor();
      await inspect("no rooms");
      await by("new-room").click();
      await by("room-name").waitFor();
      await inspect("the new room dialog");
      await page.keyboard.press("Escape");
      await ada.createRoom(name);
      await inspect("an empty room");

      const { open } = await bob.request("listRooms", {});
      const room = open.find((r) => r.name === name) ?? assert.fail("no room");
      const me = await page.evaluate(() => JSON.parse(localStorage.getItem("confab.session") ?? "{}").user.id);
      await bob.request("joinRoom", { roomId: room.id });
      await talk(ada, bob, room.id, me);
      await inspect("a conversation");
      const message = (/** @type {string} */ text) => by("message").filter({ hasText: text }).first();
      const openMenu = async (/** @type {string} */ text) => {
        await message(text).hover();
        await message(text).getByTestId("message-menu").click();
        await page.getByRole("menu").waitFor();
      };
      await openMenu("An answer");
      await inspect("the menu of a message");
      await page.keyboard.press("Escape");
      await bob.request("react", { roomId: room.id, seq: 6, emoji: "🎉", on: true });
      await by("reaction").waitFor();
      await by("reaction").focus();
      await inspect("who reacted, at the reaction");
      await openMenu("An answer");
      await by("who-reacted").click();
      await by("reacted-users").getByText("Bob").waitFor();
      await inspect("all who reacted");
      await page.keyboard.press("Escape");
      await by("add-reaction").click();
      await by("emoji").first().waitFor();
      await inspect("the emoji picker");
      await by("find-emoji").fill("cat");
      await page.getByRole("option", { name: "cat face" }).waitFor();
      await inspect("emojis that were found");
      await by("find-emoji").fill("");
      await page.keyboard.press("Escape");
      await by("emoji-picker").waitFor({ state: "detached" });
      await openMenu("An answer");
      await by("edit").click();
      await by("editor").waitFor();
      await inspect("an editor");
      await page.keyboard.press("Escape");
      await openMenu("An answer");
      await by("delete").click();
      await by("confirm-delete").waitFor();
      await inspect("the question before a deletion");
      await page.keyboard.press("Escape");
      await openMenu("An answer");
      await by("reply").click();
      await by("cancel-reply").waitFor();
      await inspect("a reply being written");
      await by("cancel-reply").click();
      await by("composer").pressSequentially("@");
      await by("mentionable").waitFor();
      await inspect("somebody being mentioned");
      await by("composer").fill("");
      await bob.request("pin", { roomId: room.id, seq: 1, on: true });
      await by("pinned").waitFor();
      await inspect("a pinned message");
      await by("find-in-room").click();
      await by("found-message").waitFor();
      await inspect("the pinned messages");
      await by("find").fill("answer");
      await by("find-state").getByText("3 messages").waitFor();
      await inspect("found messages");
      await page.keyboard.press("Escape"); // empties the field
      await page.keyboard.press("Escape");
      await by("find").waitFor({ state: "detached" });
      bob.socket.emit("typing", { roomId: room.id, on: true });
      await page.getByText("Bob is typing …").waitFor();
      await inspect("somebody typing");
      await by("replies").click();
      await by("thread").getByText("It goes on in a thread").waitFor();
      await inspect("a thread");
      await by("close-thread").click();
      await thread(bob, room.id, `${device}-${colorScheme}`);
      await openMenu("I said this");
      await by("reply-in-thread").click();
      await by("thread").getByRole("button", { name: "Earlier replies" }).waitFor();
      await inspect("the end of a long thread");
      await by("close-thread").click();
      await by("members-toggle").click();
      await by("member").first().waitFor();
      await inspect("the members");
      await by("leave").click();
      await page.getByRole("dialog").waitFor();
      await inspect("the question before leaving");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Close the members" }).click();

      const toTheList = async () => {
        await page.getByRole("button", { name: "Back to the rooms" }).click();
        await by("new-room").waitFor();
      };
      if (phone) await toTheList();
      await stranger.request("createRoom", { name: `${name} invites`, kind: "private", members: [me] });
      await by("invitation").waitFor();
      for (let i = 0; i < 9; i++) {
        await ada.createRoom(`${name} ${i}`);
        if (phone) await toTheList();
      }
      await by("room-item")
        .filter({ hasText: `${name} 3` })
        .click();
      await by("composer").fill("Half a thought");
      if (phone) await toTheList();
      else
        await by("room-item")
          .filter({ hasText: `${name} 4` })
          .click();
      await by("room-item").filter({ hasText: "Draft:" }).waitFor();
      const unread = {
        roomId: room.id,
        text: "Unread @Ada",
        tempId: `unread-${device}-${colorScheme}`,
        mentions: [me],
      };
      await bob.request("sendMessage", unread);
      await by("room-item").filter({ hasText: "Unread" }).getByTestId("mention-count").waitFor();
      await by("filter").waitFor();
      await inspect("the list of rooms");
      await by("mentions").click();
      await by("found-message").first().waitFor();
      await inspect("the mentions");
      await page.keyboard.press("Escape");
      await by("browse").click();
      await page.getByRole("dialog", { name: "Open channels" }).waitFor();
      await inspect("the channels");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").getByRole("combobox").fill(device);
      await inspect("the way to a room");
      await page.keyboard.press("Escape");
      await by("sign-out").click();
      await by("sign-out-confirm").waitFor();
      await inspect("the question before signing out");
      await page.keyboard.press("Escape");

      const { room: other } = await stranger.request("createRoom", { name: `${name} outside`, kind: "channel" });
      await page.goto("about:blank"); // else the dialog's way back may come after it
      await page.goto(`${cloud.url}/#/${other.id}`);
      await by("outside").waitFor();
      await inspect("a link to another's room");
      await page.routeWebSocket(/socket\.io/, () => {}); // no answer comes
      await page.reload();
      await by("messages-to-come").waitFor();
      await inspect("a room that is on its way");
      assert.deepEqual(found, []);
      for (const client of [bob, stranger]) client.close();
      await ada.context.close();
    });

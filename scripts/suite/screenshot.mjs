// Takes the pictures of the documentation: node screenshot.mjs [folder]
import assert from "node:assert/strict";
import { launch, openPage } from "./browser/browser.mjs";
import { connectAs, startCloud } from "./harness.mjs";

const folder = process.argv[2] ?? new URL("../../docs/images", import.meta.url).pathname;
const [cloud, browser] = await Promise.all([startCloud(["-port", "0"]), launch()]);
const ada = await openPage(browser, cloud.url, "Ada");
const [grace, linus] = await Promise.all([connectAs(cloud.url, "Grace"), connectAs(cloud.url, "Linus")]);
for (const name of ["Launch", "Rocketry", "Coffee"]) await ada.createRoom(name);
await ada.page.getByRole("button", { name: /Launch/ }).click();
const { open } = await grace.request("listRooms", {});
/** @param {string} name */
const roomNamed = (name) => open.find((r) => r.name === name) ?? assert.fail(`no room ${name}`);
const room = roomNamed("Launch");
for (const p of [grace, linus]) for (const r of open) await p.request("joinRoom", { roomId: r.id });
let n = 0;
/** @param {import("./harness.mjs").Client} p @param {string} text */
const say = (p, text, r = room) => p.request("sendMessage", { roomId: r.id, text, tempId: `m${++n}` });
await say(grace, "Morning! The stack is up in the new account.");
await ada.say("And nothing runs while we sleep?");
await ada.by("message-list").getByText("And nothing runs").waitFor();
await say(grace, "Nothing at all. Functions and a table.");
await say(linus, "I pulled the cable in the middle of a send, twice. Every message is there, once.");
await ada.say("Then let us ship it. Numbers are in https://example.com/launch");
await ada.by("message-list").getByText("Then let us ship").waitFor();
await say(linus, "Ready when you are.");
await say(grace, "Bring beans", roomNamed("Coffee"));
grace.socket.emit("typing", { roomId: room.id, on: true });
await ada.page.getByText("Grace is typing …").waitFor();
await ada.page.getByRole("button", { name: "Members", exact: true }).click();
await ada.page.waitForTimeout(300);
await ada.page.screenshot({ path: `${folder}/chat.png` });
await ada.page.emulateMedia({ colorScheme: "dark" });
await ada.page.waitForTimeout(500); // colours change gradually
await ada.page.screenshot({ path: `${folder}/chat-dark.png` });
const phone = await openPage(browser, cloud.url, null, {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  storageState: await ada.context.storageState(),
});
await phone.by("room-item").filter({ hasText: "Launch" }).click();
await phone.by("message").last().waitFor();
await phone.page.waitForTimeout(300);
await phone.page.screenshot({ path: `${folder}/phone.png` });
await phone.page.getByRole("button", { name: "Back to the rooms" }).click();
await phone.page.screenshot({ path: `${folder}/phone-rooms.png` });
const signInPage = await openPage(browser, cloud.url, null);
await signInPage.page.screenshot({ path: `${folder}/sign-in.png` });
await browser.close();
for (const p of [grace, linus]) p.close();
await cloud.stop();

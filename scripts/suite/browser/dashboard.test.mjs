// The dashboard of the local cloud: a developer looks at what happens, emits, and lets calls fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { connect, connectAs, signIn } from "../harness.mjs";
import { browser, cloud, useCloudAndBrowser } from "./stage.mjs";

useCloudAndBrowser();

/** @param {"light" | "dark"} colorScheme */
async function openDashboard(colorScheme = "light") {
  const context = await browser.newContext({ colorScheme });
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(`${cloud.url}/_local/`);
  await page.locator("#totals", { hasText: "sockets" }).waitFor();
  return { context, page, errors };
}

test("the dashboard shows who is connected, what they say with its content, and what is stored", async () => {
  const { context, page, errors } = await openDashboard();
  const ada = await connectAs(cloud.url, "Ada");
  const { room } = await ada.request("createRoom", { name: "Seen from inside", kind: "channel" });
  await ada.request("sendMessage", { roomId: room.id, tempId: "t", text: "Hello there" });
  await page.locator("#entries li.client", { hasText: "Hello there" }).waitFor();
  await page.locator("#entries li", { hasText: "message" }).filter({ hasText: "ms" }).first().waitFor();
  await page.locator("#sockets tr", { hasText: ada.socket.id }).waitFor();
  const [first] = await page.locator("#table option").allTextContents();
  await page.locator("#table").selectOption(String(first));
  await page.locator("#reload").click();
  await page.locator("#items tr", { hasText: "Seen from inside" }).first().waitFor();
  await page.locator("#search").fill("nothing has this");
  await page.locator("#clear").click();
  await ada.request("sendMessage", { roomId: room.id, tempId: "u", text: "Hidden" });
  assert.equal(await page.locator("#entries li").count(), 0);
  assert.deepEqual(errors, []);
  ada.close();
  await context.close();
});

test("it emits as a client and as the server, by the keyboard alone", async () => {
  const { context, page } = await openDashboard();
  const { token } = await signIn(cloud.url, "Ada");
  const socket = await connect(cloud.url, { auth: { token } });
  const heard = new Promise((resolve) => socket.once("shout", resolve));
  await page.locator("#emit-as").focus();
  await page.keyboard.type("the server");
  await page.locator("#emit-event").fill("shout");
  await page.locator("#emit-args").fill('{"loud": true}');
  await page.keyboard.press("Enter");
  assert.deepEqual(await heard, { loud: true });
  await page.locator("#emit-as").selectOption("client");
  await page.locator("#emit-auth").fill(JSON.stringify({ token }));
  await page.locator("#emit-event").fill("listRooms");
  await page.locator("#emit-args").fill("{}");
  await page.keyboard.press("Enter");
  await page.locator("#answer", { hasText: '"ok": true' }).waitFor();
  socket.disconnect();
  await context.close();
});

test("its dials let calls fail, and the chat heals", async () => {
  const { context, page } = await openDashboard();
  const ada = await connectAs(cloud.url, "Ada");
  const { room } = await ada.request("createRoom", { name: "Faults", kind: "channel" });
  const dial = async (/** @type {number} */ percent) => {
    const isSet = page.waitForResponse((response) => response.request().method() === "PUT");
    await page.locator("#fault-dynamodb").fill(`${percent}`);
    assert.ok((await isSet).ok());
  };
  await dial(20);
  for (let i = 0; i < 10; i++) {
    const message = { roomId: room.id, tempId: `f${i}`, text: `${i}` };
    while (!(await ada.emitWithAck("sendMessage", message)).ok); // as a client repeats it
  }
  await dial(0);
  await page
    .locator("#calls tr", { hasText: "dynamodb" })
    .locator("td:nth-child(4)", { hasText: /[1-9]/ })
    .first()
    .waitFor();
  ada.close();
  await context.close();
});

for (const scheme of /** @type {const} */ (["light", "dark"]))
  test(`axe finds nothing on the dashboard in ${scheme} colours`, async () => {
    const { context, page } = await openDashboard(scheme);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
    assert.deepEqual(
      violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html).join(" ")}`),
      [],
    );
    await page.screenshot({
      path: fileURLToPath(new URL(`../../../build/screens/dashboard-${scheme}.png`, import.meta.url)),
      fullPage: true,
    });
    await context.close();
  });

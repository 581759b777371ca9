// Two people with two devices each, a desk and a phone, do everything that the chat has. After each
// step the other devices must show what came of it. The pictures are in build/screens/evening, in light and in
// dark colours.
import assert from "node:assert/strict";
import { test } from "node:test";
import { reachesHere } from "../pages.mjs";
import { startProxy } from "../proxy.mjs";
import { openPage } from "./browser.mjs";
import { startRecording } from "./recording.mjs";
import { browser, cloud, pages, useCloudAndBrowser, usePages } from "./stage.mjs";

useCloudAndBrowser(reachesHere);

usePages((_, response) =>
  response.end('<title>Leek soup</title><meta name="description" content="Six leeks, and an hour of patience.">'),
);

/** @typedef {import("./browser.mjs").Visitor & { name: string, phone: boolean }} Device */
/** @typedef {Awaited<ReturnType<typeof begin>>} Evening */

const desk = { viewport: { width: 1180, height: 760 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/**
 * Signs a person in on a desk and a phone.
 *
 * @param {string} name
 * @param {string} [phonesUrl]
 * @returns {Promise<{ desk: Device, phone: Device }>}
 */
async function signInTwice(name, phonesUrl = cloud.url) {
  const permissions = ["clipboard-read", "clipboard-write", "microphone"];
  const first = await openPage(browser, cloud.url, name, { ...desk, permissions });
  const { origins } = await first.context.storageState();
  const storageState = { cookies: [], origins: origins.map((o) => ({ ...o, origin: new URL(phonesUrl).origin })) };
  const second = await openPage(browser, phonesUrl, null, { ...phone, permissions, storageState });
  await second.by("me").waitFor();
  return {
    desk: { ...first, name: `${name}-desk`, phone: false },
    phone: { ...second, name: `${name}-phone`, phone: true },
  };
}

async function begin() {
  const line = await startProxy(cloud.url);
  const [ada, bob] = await Promise.all([signInTwice("Ada"), signInTwice("Bob", line.url)]);
  const all = [ada.desk, ada.phone, bob.desk, bob.phone];
  const recording = await startRecording("evening", all);
  /** @param {(device: Device) => Promise<unknown>} look */
  const everywhere = (look) => Promise.all(all.map(look));
  return { ada, bob, line, all, everywhere, ...recording };
}

/** @param {Device} device @param {string | RegExp} text */
const message = ({ page }, text) => page.locator("main").getByTestId("message").filter({ hasText: text }).last();
/** @param {Device} device @param {string} name */
const room = ({ by }, name) => by("room-item").filter({ hasText: name });
/** @param {Device} device @param {string} name */
const unread = (device, name) => room(device, name).locator(".count > .spoken").filter({ hasText: "unread" });

/** Presses, with a finger on a phone. @param {Device} device @param {import("playwright-core").Locator} target */
const press = ({ phone }, target) => (phone ? target.tap() : target.click());

/** @param {Device} device @param {import("playwright-core").Locator} row @param {string} action */
async function act(device, row, action) {
  if (!device.phone) await row.hover();
  await press(device, row.getByTestId("message-menu"));
  await press(device, device.by(action).first());
}

/** @param {Device} device @param {string} name */
async function open(device, name) {
  await press(device, room(device, name));
  await device.page.getByRole("heading", { name }).waitFor();
}

/** @param {Device} device */
const toTheRooms = (device) => press(device, device.page.getByRole("button", { name: "Back to the rooms" }));

/** @param {Device} device @param {string} text */
async function write(device, text, within = device.page.locator("main")) {
  await within.getByTestId("composer").fill(text);
  await press(device, within.getByTestId("send"));
}

/** @param {Evening} evening */
async function gather({ ada, bob, step, everywhere }) {
  await step("Ada makes two rooms", async () => {
    await ada.desk.createRoom("Elsewhere");
    await ada.desk.createRoom("Supper");
    await room(ada.phone, "Supper").waitFor();
  });
  await step("Bob finds one among the channels", async () => {
    await bob.desk.joinRoom("Supper");
    await room(bob.phone, "Supper").waitFor();
    await ada.desk.page.getByText("2 members, 2 online").waitFor();
  });
  await step("all devices open it", async () => {
    await Promise.all([open(ada.phone, "Supper"), open(bob.phone, "Supper")]);
    await everywhere(({ by }) => by("composer").waitFor());
  });
}

/** @param {Evening} evening */
async function talk({ ada, bob, step, everywhere }) {
  await step("Ada types", async () => {
    await ada.desk.by("composer").pressSequentially("Who coo");
    for (const device of [bob.desk, bob.phone]) await device.page.getByText("Ada is typing …").waitFor();
  });
  await step("Ada sends, and Bob answers", async () => {
    await write(ada.desk, "Who cooks on Friday? See https://example.com/menu");
    await everywhere((device) => message(device, "Who cooks").waitFor());
    await write(bob.phone, "I do. And *soup* is `ready`:");
    await write(
      bob.phone,
      "- leeks\n- potatoes\n- **no** meat\n\n```js\nconst guests = 4; // or five\n```\n> Bring wine",
    );
    await write(bob.phone, "🎉");
    await everywhere((device) => message(device, "🎉").waitFor());
  });
  await step("Ada edits on her phone", async () => {
    await write(ada.phone, "I bring teh wine");
    await act(ada.phone, message(ada.phone, "teh wine"), "edit");
    await ada.phone.by("editor").fill("I bring the wine");
    await press(ada.phone, ada.phone.by("save"));
    await everywhere((device) => message(device, "I bring the wine (edited)").waitFor());
  });
  await step("Bob deletes", async () => {
    await write(bob.desk, "Wrong room, sorry");
    await everywhere((device) => message(device, "Wrong room").waitFor());
    await act(bob.desk, message(bob.desk, "Wrong room"), "delete");
    await press(bob.desk, bob.desk.by("confirm-delete"));
    await everywhere(async (device) => {
      await message(device, "This message was deleted.").waitFor();
      assert.equal(await message(device, "Wrong room").count(), 0);
    });
  });
  await step("Bob replies on his phone", async () => {
    await act(bob.phone, message(bob.phone, "the wine"), "reply");
    await write(bob.phone, "Red or white?");
    await everywhere((device) =>
      message(device, "Red or white?").getByTestId("original").getByText("I bring the wine").waitFor(),
    );
  });
  await step("both react", async () => {
    await act(ada.desk, message(ada.desk, "🎉"), "quick-reaction");
    await everywhere((device) => message(device, "🎉").getByTestId("reaction").getByText("1").waitFor());
    await press(bob.phone, message(bob.phone, "🎉").getByTestId("reaction"));
    await everywhere((device) =>
      message(device, "🎉").locator('[data-testid=reaction][aria-pressed="true"]').getByText("2").waitFor(),
    );
  });
  await step("Bob looks for another emoji on his phone", async () => {
    await act(bob.phone, message(bob.phone, "🎉"), "react");
    await bob.phone.by("find-emoji").fill("parrot");
    await bob.phone.page.getByRole("option", { name: "parrot" }).waitFor();
  });
  await step("Ada sees who has reacted", async () => {
    await press(bob.phone, bob.phone.page.getByRole("option", { name: "parrot" }));
    await everywhere((device) => message(device, "🎉").getByTestId("reaction").getByText("🦜 1").waitFor());
    for (const device of [ada.desk, ada.phone]) {
      await act(device, message(device, "🎉"), "who-reacted");
      await device.by("reacted-users").getByText("Bob").waitFor();
    }
  });
  await step("Ada closes the list", async () => {
    for (const device of [ada.desk, ada.phone]) {
      await press(device, device.page.getByRole("button", { name: "Close" }));
      await device.by("reacted-users").waitFor({ state: "detached" });
    }
  });
}

/** @param {Evening} evening */
async function mention({ ada, bob, step, everywhere }) {
  const his = [bob.desk, bob.phone];
  await step("both are offered the members", async () => {
    for (const [device, text, name] of /** @type {const} */ ([
      [ada.desk, "Taste it, @b", "Bob"],
      [bob.phone, "@", "Ada"],
    ])) {
      await device.by("composer").focus();
      await device.page.keyboard.type(text);
      await device.by("mention-option").getByText(name).waitFor();
    }
  });
  await step("Ada mentions Bob", async () => {
    await bob.phone.by("composer").fill("");
    await press(ada.desk, ada.desk.by("mention-option").first());
    await press(ada.desk, ada.desk.by("send"));
    await everywhere((device) => message(device, "Taste it").getByTestId("mention").getByText("@Bob").waitFor());
    for (const device of his) await message(device, "Taste it").locator(".mention.me").waitFor();
  });
}

/** @param {Evening} evening */
async function sendFiles({ ada, bob, step, everywhere }) {
  await step("Bob chooses a picture and a file on his phone", async () => {
    await bob.phone.by("file-input").setInputFiles([
      { name: "menu.png", mimeType: "image/png", buffer: await drawPicture(bob.phone) },
      { name: "recipe.txt", mimeType: "text/plain", buffer: Buffer.from("Leeks, potatoes, salt.") },
    ]);
    await bob.phone.page.locator("[data-testid=tray-file][data-state=done] >> nth=1").waitFor();
  });
  await step("he sends them with a caption", async () => {
    await write(bob.phone, "The menu, and how I make it");
    await everywhere(async (device) => {
      const sent = message(device, "The menu");
      await sent.getByTestId("download").getByText("recipe.txt").waitFor();
      await sent.getByTestId("picture").scrollIntoViewIfNeeded();
      await device.page.waitForFunction(() => {
        const img = /** @type {HTMLImageElement | null} */ (document.querySelector("[data-testid=picture] img"));
        return (img?.naturalWidth ?? 0) > 0;
      });
    });
  });
  await step("Ada opens the picture", async () => {
    for (const device of [ada.desk, ada.phone]) {
      await press(device, device.by("picture"));
      await device.page.waitForFunction(() => {
        const img = /** @type {HTMLImageElement | null} */ (document.querySelector("[data-testid=lightbox] img"));
        return img?.naturalWidth === 800;
      });
    }
  });
  await step("Ada goes back from it", async () => {
    for (const device of [ada.desk, ada.phone]) {
      await device.page.goBack();
      await device.by("lightbox").waitFor({ state: "detached" });
    }
  });
}

/** @param {Evening} evening */
async function sendVoiceNote({ ada, step, everywhere }) {
  await step("Ada speaks to her phone", async () => {
    await press(ada.phone, ada.phone.by("record"));
    await ada.phone.by("recorded").getByText("0:01").waitFor();
  });
  await step("and sends what she has said", async () => {
    await press(ada.phone, ada.phone.by("end-recording"));
    await ada.phone.page.locator("[data-testid=tray-file][data-state=done]").waitFor();
    await press(ada.phone, ada.phone.by("send"));
    await everywhere((device) => device.by("sound").scrollIntoViewIfNeeded());
  });
}

/** @param {Evening} evening */
async function showLink({ ada, bob, step, everywhere }) {
  await step("what a link leads to is shown below it", async () => {
    await write(bob.desk, `The recipe: http://${pages.host}/soup`);
    await everywhere((device) => device.by("link-preview").getByText("Leek soup").waitFor());
  });
  await step("Bob takes that away", async () => {
    await press(bob.desk, bob.desk.by("remove-preview"));
    await everywhere((device) => device.by("link-preview").waitFor({ state: "detached" }));
  });
  await step("Ada goes to the first message of the day", async () => {
    for (const device of [ada.desk, ada.phone]) {
      await press(device, device.by("find-in-room"));
      const today = await device.page.evaluate(() => new Date().toLocaleDateString("sv"));
      await device.by("day").fill(today);
      await press(device, device.by("go-to-day"));
      await device.page.locator('[data-seq="1"]:focus').waitFor();
    }
  });
}

/** A picture of 800 by 600 pixels, drawn in the page. @param {Device} device */
async function drawPicture({ page }) {
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 800, height: 600 });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const colours = context.createLinearGradient(0, 0, 800, 600);
    colours.addColorStop(0, "gold");
    colours.addColorStop(1, "seagreen");
    context.fillStyle = colours;
    context.fillRect(0, 0, 800, 600);
    return canvas.toDataURL("image/png");
  });
  return Buffer.from(url.split(",")[1] ?? "", "base64");
}

/** @param {Evening} evening */
async function talkInAThread({ ada, bob, step, everywhere }) {
  const thread = (/** @type {Device} */ { by }) => by("thread");
  await step("Bob begins a thread at his desk", async () => {
    await act(bob.desk, message(bob.desk, "Who cooks"), "reply-in-thread");
    await write(bob.desk, "For how many?", thread(bob.desk));
    await everywhere((device) => message(device, "Who cooks").getByTestId("replies").getByText("1 reply").waitFor());
    for (const device of [ada.desk, ada.phone]) await message(device, "Who cooks").getByText("1 unread").waitFor();
  });
  await step("Ada answers in it on her phone", async () => {
    await press(ada.phone, message(ada.phone, "Who cooks").getByTestId("replies"));
    await write(ada.phone, "For four, and a dog", thread(ada.phone));
    await thread(bob.desk).getByText("For four").waitFor();
    await everywhere((device) => message(device, "Who cooks").getByTestId("replies").getByText("2 replies").waitFor());
    await message(ada.desk, "Who cooks").getByText("1 unread").waitFor({ state: "detached" });
  });
  await step("both close it", async () => {
    await press(ada.phone, ada.phone.by("close-thread"));
    await press(bob.desk, bob.desk.by("close-thread"));
    for (const device of [ada.phone, bob.desk]) await thread(device).waitFor({ state: "detached" });
  });
}

/** @param {Evening} evening */
async function findAgain({ ada, bob, step, everywhere }) {
  await step("Ada pins on her phone", async () => {
    await act(ada.phone, message(ada.phone, "leeks"), "pin");
    for (const device of [ada.desk, ada.phone]) await message(device, "leeks").getByText("Pinned by you").waitFor();
    for (const device of [bob.desk, bob.phone]) await message(device, "leeks").getByText("Pinned by Ada").waitFor();
  });
  await step("Bob looks at what is pinned, and searches on his phone", async () => {
    for (const device of [bob.desk, bob.phone]) {
      await press(device, device.by("find-in-room"));
      await device.by("found-message").getByText("leeks").waitFor();
    }
    await bob.phone.by("find").fill("cook fri");
    await bob.phone.by("find-state").getByText("1 message").waitFor();
    assert.deepEqual(await bob.phone.page.locator("mark").allTextContents(), ["cook", "Fri"]);
  });
  await step("what is found leads to the message", async () => {
    await press(bob.phone, bob.phone.by("found-message"));
    await bob.phone.page.locator('[data-seq="1"]:focus').waitFor();
    await bob.desk.page.keyboard.press("Escape");
    await bob.desk.by("find").waitFor({ state: "detached" });
  });
  await step("the link of a message leads to it on another device", async () => {
    await act(ada.desk, message(ada.desk, "Who cooks"), "copy-message-link");
    const link = await ada.desk.page.evaluate(() => navigator.clipboard.readText());
    await toTheRooms(ada.phone);
    await ada.phone.page.evaluate((to) => location.assign(to), link);
    await ada.phone.page.locator('[data-seq="1"]:focus').waitFor();
  });
  await step("Ada unpins", async () => {
    await act(ada.desk, message(ada.desk, "leeks"), "unpin");
    await everywhere(({ by }) => by("pinned").waitFor({ state: "detached" }));
  });
}

/** @param {Evening} evening */
async function read({ ada, bob, step }) {
  const hers = [ada.desk, ada.phone];
  await step("Ada sees that her message was read", async () => {
    await bob.desk.by("message-list").evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await write(ada.desk, "Until Friday, then");
    for (const device of hers) await device.by("seen-by").getByText("Seen").waitFor();
  });
  await step("Bob writes while Ada is elsewhere", async () => {
    await open(ada.desk, "Elsewhere");
    await toTheRooms(ada.phone);
    for (const text of ["One more thing", "Dinner is at eight", "Do not be late, @Ada"]) await write(bob.desk, text);
    for (const device of hers) {
      await unread(device, "Supper").getByText("3 unread").waitFor();
      await room(device, "Supper").getByTestId("mention-count").getByText("@1").waitFor();
    }
  });
  await step("Ada looks at what mentions her", async () => {
    for (const device of hers) {
      await press(device, device.by("mentions"));
      await device.page.getByRole("dialog").getByText("Do not be late").waitFor();
    }
  });
  await step("Ada closes the list of mentions", async () => {
    for (const device of hers) {
      await press(device, device.page.getByRole("dialog").getByRole("button", { name: "Close" }));
      await device.page.getByRole("dialog").waitFor({ state: "detached" });
    }
  });
  await step("her desk begins at what is new, and her phone has nothing unread", async () => {
    await open(ada.desk, "Supper");
    await ada.desk.page.locator('.row:has-text("One more thing")').getByText("New", { exact: true }).waitFor();
    for (const device of hers) await unread(device, "Supper").waitFor({ state: "detached" });
  });
  await step("Ada marks the last one as unread", async () => {
    await act(ada.desk, message(ada.desk, "Do not be late"), "mark-unread");
    for (const device of hers) await unread(device, "Supper").getByText("1 unread").waitFor();
  });
  await step("her phone marks all as read", async () => {
    await press(ada.phone, ada.phone.by("mark-all-read"));
    for (const device of hers) await unread(device, "Supper").waitFor({ state: "detached" });
  });
}

/** @param {Evening} evening */
async function writeLater({ ada, bob, line, step }) {
  await step("what Ada types at her desk is on her phone", async () => {
    await ada.desk.by("composer").fill("Half a thought");
    await room(ada.phone, "Draft: Half a thought").waitFor();
  });
  await step("and gone everywhere when she does not want it", async () => {
    await open(ada.desk, "Elsewhere");
    await open(ada.desk, "Supper");
    assert.equal(await ada.desk.by("composer").inputValue(), "Half a thought");
    await ada.desk.by("composer").fill("");
    await room(ada.phone, "Draft:").waitFor({ state: "detached" });
  });
  await step("Bob's phone loses its line, and he writes", async () => {
    line.cut();
    await bob.phone.by("connection-banner").waitFor();
    await write(bob.phone, "Written in the tunnel");
    await message(bob.phone, "tunnel").and(bob.phone.page.locator('[data-state="pending"]')).waitFor();
  });
  await step("it is sent when the line is back", async () => {
    line.mend();
    for (const device of [ada.desk, bob.desk, bob.phone])
      await message(device, "tunnel").and(device.page.locator('[data-state="sent"]')).waitFor();
    await room(ada.phone, "Written in the tunnel").waitFor();
  });
}

/** @param {Evening} evening */
async function meetAlone({ ada, bob, step }) {
  await step("Bob writes to Ada alone", async () => {
    await press(bob.desk, bob.desk.by("members-toggle"));
    await bob.desk.page.getByTestId("member").filter({ hasText: "Ada" }).getByRole("button").click();
    await bob.desk.page.getByRole("heading", { name: "Ada" }).waitFor();
    await write(bob.desk, "Is it a surprise for Cleo?");
    for (const device of [ada.desk, ada.phone]) await unread(device, "surprise").waitFor();
  });
  await step("Ada goes there with the keyboard and on her phone", async () => {
    await ada.desk.page.keyboard.press("Control+k");
    await ada.desk.by("go-to-search").fill("bob");
    await ada.desk.page.keyboard.press("Enter");
    await press(ada.phone, ada.phone.by("go-to"));
    await ada.phone.by("go-to-search").fill("bob");
    await press(ada.phone, ada.phone.by("go-to-place").first());
    for (const device of [ada.desk, ada.phone]) await message(device, "surprise").waitFor();
    await write(ada.phone, "Yes. Not a word!");
    for (const device of [ada.desk, ada.phone]) await device.by("seen-by").getByText("Seen", { exact: true }).waitFor();
  });
  await step("Ada signs out on her phone, and stays at her desk", async () => {
    await toTheRooms(ada.phone);
    await press(ada.phone, ada.phone.by("sign-out"));
    await press(ada.phone, ada.phone.by("sign-out-confirm"));
    await ada.phone.by("sign-in-name").waitFor();
    await write(ada.desk, "Good night");
    await message(bob.desk, "Good night").waitFor();
  });
}

test("two people with two devices each spend an evening in the chat", async () => {
  const evening = await begin();
  try {
    for (const chapter of [
      gather,
      talk,
      mention,
      sendFiles,
      sendVoiceNote,
      showLink,
      talkInAThread,
      findAgain,
      read,
      writeLater,
      meetAlone,
    ])
      await chapter(evening);
  } finally {
    await evening.finish();
  }
  // Bob's phone tells on its console that it had no line.
  for (const { name, errors } of [evening.ada.desk, evening.ada.phone, evening.bob.desk])
    assert.deepEqual([name, errors], [name, []]);
  await Promise.all(evening.all.map(({ context }) => context.close()));
  evening.line.close();
});

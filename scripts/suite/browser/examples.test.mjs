// The examples, as `confab dev` runs them: what two people see, one of them on a phone in dark colours.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { isInstalled } from "../../npm/install.mjs";
import { launch, visit } from "./browser.mjs";

/** @typedef {import("playwright-core").Page} Page */

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const confab = join(root, "build", "confab");

/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  execFileSync("go", ["build", "-o", confab, "./scripts/confab"], { cwd: root, stdio: "inherit" });
  browser = await launch();
});
after(() => browser?.close());

/** @param {Page} page @param {string} label @param {string} value */
async function fill(page, label, value) {
  await page.getByLabel(label, { exact: true }).fill(value);
}

/** Types into a field of a form and sends it. @param {Page} page @param {string} label @param {string} value */
async function enter(page, label, value) {
  await fill(page, label, value);
  await page.getByLabel(label, { exact: true }).press("Enter");
}

/** @param {Page} page @param {string} text */
const sees = (page, text) => page.getByText(text).first().waitFor();

/**
 * What is done in each example. A test fails that waits for what does not come.
 *
 * @type {Record<string, (ada: Page, bob: Page, url: string) => Promise<unknown>>}
 */
const scenes = {
  async chat(ada, bob) {
    await enter(ada, "Your name", "Ada");
    await sees(ada, "1 person is here");
    await enter(bob, "Your name", "Bob");
    await sees(ada, "Bob joined");
    await fill(bob, "Message", "Hello");
    await sees(ada, "Bob is typing …");
    await enter(bob, "Message", "Hello Ada");
    await sees(ada, "Bob: Hello Ada");
    await bob.close();
    await sees(ada, "Bob left");
    await sees(ada, "1 person is here");
  },
  async crud(ada, bob) {
    await enter(ada, "What is to be done?", "Buy tea");
    await bob.getByLabel("Done: Buy tea").check();
    const done = ada.getByLabel("Done: Buy tea");
    await done.and(ada.locator(":checked")).waitFor();
    await enter(bob, "What is to be done", "Buy milk");
    await ada.getByRole("button", { name: "Delete Buy milk" }).click();
    await bob.getByLabel("Done: Buy milk").waitFor({ state: "detached" });
  },
  async game(ada, bob) {
    await enter(ada, "Your name", "Ada");
    await sees(ada, "You are Ada");
    await enter(bob, "Your name", "Bob");
    await sees(bob, "You are Bob");
    await ada.getByRole("button", { name: "Begin a round" }).click();
    await sees(bob, "Round 1 has begun.");
    for (let [low, high] = [1, 100], found = false; !found; ) {
      const number = Math.floor((low + high) / 2);
      await enter(bob, "A number from 1 to 100", String(number));
      const hint = await ada.getByText(`Bob: ${number} `).textContent();
      if (hint?.endsWith("higher")) low = number + 1;
      else if (hint?.endsWith("lower")) high = number - 1;
      else found = true;
    }
    await sees(ada, "Bob has found");
    await sees(ada, "Bob: 1");
  },
  async "live-dashboard"(ada, bob, url) {
    await sees(ada, "live");
    const body = JSON.stringify([{ name: "orders", value: 42, at: Date.now() }]);
    const headers = { Authorization: `Bearer ${secrets.FEED_TOKEN}` };
    const { status } = await fetch(`${url}/measurements`, { method: "POST", headers, body });
    assert.equal(status, 204);
    await ada.getByRole("row", { name: "orders 42" }).waitFor();
    await bob.reload();
    await bob.getByRole("row", { name: "orders 42" }).waitFor();
  },
  async "private-messaging"(ada, bob) {
    await enter(ada, "Your name", "Ada");
    await sees(ada, "You are Ada.");
    await enter(bob, "Your name", "Bob");
    await sees(bob, "You are Bob.");
    await ada.getByLabel("To").selectOption("Bob");
    await enter(ada, "Message", "Tea?");
    await sees(bob, "Tea?");
    await bob.reload();
    await sees(bob, "Tea?");
    await enter(bob, "Message", "At five.");
    await sees(ada, "At five.");
    await bob.close();
    await ada.getByRole("option", { name: "Bob (away)" }).waitFor({ state: "attached" });
  },
  async "passport-jwt"(ada, bob) {
    await fill(ada, "User name", "john");
    await enter(ada, "Password", "guessed");
    await sees(ada, "That is not the password.");
    await enter(ada, "Password", "changeit");
    await sees(ada, "You are john");
    await ada.reload();
    await sees(ada, "You are john");
    await ada.getByRole("button", { name: "Log out" }).click();
    await sees(ada, "You have logged out.");
    await sees(bob, "Log in as john");
  },
  async recovery(ada, bob) {
    await sees(bob, "connected as");
    /** @param {number} n */
    const ping = async (n) => {
      await ada.getByRole("button", { name: "Ping everybody" }).click();
      await ada
        .getByRole("listitem")
        .nth(n - 1)
        .waitFor();
    };
    await ping(1);
    await bob.getByRole("listitem").first().waitFor(); // its client tells that it heard this
    await bob.getByRole("button", { name: "Cut my line" }).click();
    await sees(bob, "away");
    await ping(2);
    await ping(3);
    await sees(bob, "recovered as");
    assert.equal(await bob.getByRole("listitem").count(), 3);
  },
  async whiteboard(ada, bob) {
    await sees(ada, "on the board “everybody”");
    await sees(bob, "on the board “everybody”");
    const board = await ada.locator("canvas").boundingBox();
    assert.ok(board);
    await ada.mouse.move(board.x + 20, board.y + 20);
    await ada.mouse.down();
    await ada.mouse.move(board.x + 60, board.y + 60, { steps: 5 });
    await ada.mouse.up();
    await bob.waitForFunction(() => {
      const canvas = /** @type {any} */ (globalThis).document.querySelector("canvas");
      return canvas
        .getContext("2d")
        .getImageData(0, 0, 100, 100)
        .data.some((/** @type {number} */ n) => n > 0);
    });
  },
  async yjs(ada, bob) {
    const text = "Text";
    await sees(ada, "You write on “everybody”.");
    await sees(bob, "You write on “everybody”.");
    /** @param {Page} page @param {string} value */
    const shows = (page, value) =>
      page.waitForFunction(
        (/** @type {string} */ expected) =>
          /** @type {any} */ (globalThis).document.querySelector("textarea").value === expected,
        value,
      );
    await fill(ada, text, "Tea 🍵 and milk");
    await shows(bob, "Tea 🍵 and milk");
    await bob.getByLabel(text).press("End");
    await bob.getByLabel(text).pressSequentially(", please");
    await shows(ada, "Tea 🍵 and milk, please");
    await fill(ada, text, "Tea 🍶 and milk, please"); // of whose two units one is the same
    await shows(bob, "Tea 🍶 and milk, please");
    const long = "0123456789".repeat(2000); // more than an update may have
    await fill(bob, text, long);
    await shows(ada, long);
    await fill(ada, text, "");
    await fill(ada, text, "Kept");
    await shows(bob, "Kept");
    await bob.reload();
    await shows(bob, "Kept");
  },
};

/** What else is in the file .env. */
const secrets = { JWT_SECRET: "of the tests, and 32 bytes or more long", FEED_TOKEN: "of-the-tests" };

/** @param {string} example */
async function start(example) {
  const child = spawn(confab, ["dev", "-port", "0", "-fresh", "-quiet"], {
    cwd: join(root, "scripts", "examples", example),
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...secrets },
  });
  const ended = once(child, "exit");
  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ready = /^ready (http:\S+)/.exec(line);
      if (ready) resolve(ready[1]);
    });
    child.once("exit", (code) => reject(new Error(`confab dev ended with ${code}`)));
  });
  const stop = async () => {
    child.kill("SIGINT");
    await ended;
  };
  return { url, stop };
}

/** @param {Page} page */
async function inspect(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
  return violations.map(
    (/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html).join(" ")}`,
  );
}

// Two at a time: each waits for the other half of its time.
describe("the examples", { concurrency: 2 }, () => {
  for (const example of readdirSync(join(root, "scripts", "examples"))) {
    const web = join(root, "scripts", "examples", example, "web");
    const skip =
      existsSync(join(web, "package-lock.json")) && !isInstalled(web) && "its packages are not installed: make browser";
    test(`two people use the example ${example}`, { skip }, async () => {
      const types = join(web, "confab.ts");
      const before = existsSync(types) && readFileSync(types, "utf8");
      const { url, stop } = await start(example);
      try {
        const contexts = await Promise.all([
          browser.newContext(),
          browser.newContext({ colorScheme: "dark", viewport: { width: 390, height: 844 }, hasTouch: true }),
        ]);
        const visitors = await Promise.all(contexts.map(async (context) => visit(await context.newPage())));
        const [ada, bob] = visitors.map(({ page }) => page);
        for (const page of [ada, bob]) await page.goto(url);
        assert.deepEqual((await Promise.all([ada, bob].map(inspect))).flat(), []);
        await scenes[example](ada, bob, url);
        assert.deepEqual(await inspect(ada), []);
        await ada.screenshot({ path: join(root, "build", "screens", `example-${example}.png`) });
        assert.deepEqual(
          visitors.flatMap(({ errors }) => errors.filter((error) => !/status of 401/.test(error))),
          [],
        );
        for (const context of contexts) await context.close();
      } finally {
        await stop();
      }
      if (before) assert.ok(readFileSync(types, "utf8") === before, `${types} was behind: it is brought up to date`);
    });
  }
});

// Starts Chromium, and opens the page in it.
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

/** @typedef {Awaited<ReturnType<typeof openPage>>} Visitor */

/** The path of Chromium. */
export function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // Try the next name.
    }
  }
  throw new Error("Chromium is missing: install it, or set CHROMIUM to its path");
}

export function launch() {
  return chromium.launch({
    executablePath: executable(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-fake-device-for-media-stream", // a microphone that beeps
    ],
  });
}

/**
 * Opens the page in a browser context of its own, and signs in as a guest if a name is given.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {string | null} [name]
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function openPage(browser, url, name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, ...options });
  const page = await context.newPage();
  const visitor = visit(page);
  await page.goto(url);
  if (name) {
    await visitor.by("sign-in-name").fill(name);
    await visitor.by("sign-in-submit").click();
    await visitor.by("me").waitFor();
  }
  return visitor;
}

/**
 * What a visitor does on a page, and the errors that the page reports from now on.
 *
 * @param {import("playwright-core").Page} page
 */
export function visit(page) {
  const context = page.context();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  /** @param {string} id */
  const by = (id) => page.getByTestId(id);
  return {
    page,
    errors,
    by,
    context,
    /** @param {string} room */
    async createRoom(room) {
      await by("new-room").click();
      await by("room-name").fill(room);
      await by("room-create").click();
      await page.getByRole("heading", { name: room }).waitFor();
    },
    /** @param {string} room */
    async joinRoom(room) {
      await by("browse").click();
      await page.getByRole("button", { name: `Join ${room}`, exact: true }).click();
      await page.getByRole("heading", { name: room }).waitFor();
    },
    /** @param {string} text */
    async say(text) {
      await by("composer").fill(text);
      await by("composer").press("Enter");
    },
    /**
     * Waits until the room shows exactly these messages, all sent.
     *
     * @param {string[]} texts
     */
    async sees(texts) {
      const read = (/** @type {Element[]} */ messages) =>
        messages.map((m) => `${m.getAttribute("data-state")}: ${m.querySelector("div.text")?.textContent}`);
      const wanted = JSON.stringify(texts.map((text) => `sent: ${text}`));
      const deadline = Date.now() + 15_000;
      for (;;) {
        const seen = JSON.stringify(await page.$$eval('[data-testid="message"]', read));
        if (seen === wanted) return;
        if (Date.now() > deadline) throw new Error(`wanted ${wanted}, saw ${seen}`);
        await page.waitForTimeout(50);
      }
    },
  };
}

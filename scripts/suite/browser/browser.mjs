// Starts Chromium, and people in it.
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // the next one
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
    ],
  });
}

/** A person with a browser of their own, signed in. */
export async function visit(browser, url, name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(url);
  const by = (id) => page.getByTestId(id);
  if (name) {
    await by("sign-in-name").fill(name);
    await by("sign-in-submit").click();
    await by("me").waitFor();
  }
  return {
    page,
    errors,
    by,
    context,
    async createRoom(room) {
      await by("new-room").click();
      await by("room-name").fill(room);
      await by("room-create").click();
      await page.getByRole("heading", { name: room }).waitFor();
    },
    async joinRoom(room) {
      await by("browse").click();
      await page.getByRole("button", { name: `Join ${room}`, exact: true }).click();
      await page.getByRole("heading", { name: room }).waitFor();
    },
    async say(text) {
      await by("composer").fill(text);
      await by("composer").press("Enter");
    },
    /** Waits until exactly these texts stand in the room, all sent. */
    async sees(texts) {
      await page
        .waitForFunction(
          (wanted) => {
            const lines = [...document.querySelectorAll('[data-testid="message"]')];
            return (
              lines.every((l) => l.dataset.state === "sent") &&
              JSON.stringify(lines.map((l) => l.querySelector("p.text").textContent)) === JSON.stringify(wanted)
            );
          },
          texts,
          { timeout: 15_000 },
        )
        .catch(async (error) => {
          const lines = await page.$$eval('[data-testid="message"]', (all) =>
            all.map((l) => `${l.dataset.state}: ${l.querySelector("p.text").textContent}`),
          );
          throw new Error(`wanted ${JSON.stringify(texts)}, saw ${JSON.stringify(lines)}`, { cause: error });
        });
    },
  };
}

// Lighthouse on the screens of the page, as on a desk and on a phone:
//   node scripts/interop/lighthouse.mjs [folder for the reports]
// It needs `make build/local web/dist/index.html`, and Chromium. The scores of performance are
// made of times, so they are printed, and what they rest on that is counted is asserted.
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { executable } from "../suite/browser/browser.mjs";
import { connectAs, startCloud } from "../suite/harness.mjs";
import { fetchWith, folder, Unavailable } from "./install.mjs";

/** The least that a category may have, of 100. */
const least = 95;

/** What counts in performance, and how much of it a screen may have. */
const most = {
  "cumulative-layout-shift": 0.05,
  "total-byte-weight": 200_000, // with what gzip saves
  "dom-size": 1500, // elements
  "network-requests": 18, // the smallest parts of the page cost little beside others
};

try {
  const installed = await folder("lighthouse", ["package.json", "package-lock.json"], (target) =>
    fetchWith("npm", ["ci", "--loglevel=error", "--no-audit", "--no-fund"], { cwd: target }),
  );
  process.exitCode = await inspect(createRequire(join(installed, "package.json")));
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`skipped: Lighthouse, because ${error.message}`);
}

/**
 * Inspects all screens, and returns the exit code.
 *
 * @param {NodeJS.Require} require of the folder in which Lighthouse is installed
 */
async function inspect(require) {
  const load = (/** @type {string} */ name) => import(pathToFileURL(require.resolve(name)).href);
  const [{ navigation, desktopConfig }, { launch }] = await Promise.all([load("lighthouse"), load("puppeteer-core")]);
  const cloud = await startCloud();
  const browser = await launch({ executablePath: executable(), args: ["--no-sandbox", "--disable-gpu"] });
  /** @type {string[]} */
  const failures = [];
  try {
    const { session, roomId } = await talk(cloud.url);
    for (const [device, config] of [
      ["desk", desktopConfig],
      ["phone", undefined],
    ])
      for (const [screen, path, signedIn] of /** @type {const} */ ([
        ["sign-in", "/", false],
        ["rooms", "/", true],
        ["conversation", `/#/${roomId}`, true],
      ])) {
        const context = await browser.createBrowserContext();
        const page = await context.newPage();
        if (signedIn) {
          await page.goto(`${cloud.url}/mark.svg`);
          await page.evaluate((/** @type {string} */ s) => localStorage.setItem("confab.session", s), session);
        }
        const options = { config, flags: { disableStorageReset: true, logLevel: "error", output: "html" } };
        const { lhr, report } = await navigation(page, `${cloud.url}${path}`, options);
        failures.push(...judge(`${screen} on a ${device}`, lhr));
        await keep(`${screen}-${device}.html`, report);
        await context.close();
      }
  } finally {
    await browser.close();
    await cloud.stop();
  }
  for (const failure of failures) console.error(failure);
  return failures.length > 0 ? 1 : 0;
}

/**
 * Fills a room, and returns it with the session of a member.
 *
 * @param {string} url
 */
async function talk(url) {
  const [ada, bob] = await Promise.all([connectAs(url, "Ada"), connectAs(url, "Bob")]);
  const { room } = await bob.request("createRoom", { name: "Launch", kind: "group" });
  await ada.request("joinRoom", { roomId: room.id });
  for (let i = 1; i <= 60; i++)
    await (i % 3 ? bob : ada).request("sendMessage", {
      roomId: room.id,
      tempId: `m${i}`,
      text: i % 7 ? `Number ${i}: *all* is well.` : "```js\nconst answer = 42;\n```",
      ...(i % 10 === 0 && { replyTo: i - 1 }),
    });
  await bob.request("react", { roomId: room.id, seq: 58, emoji: "🎉", on: true });
  await bob.request("pin", { roomId: room.id, seq: 57, on: true });
  const session = JSON.stringify({ token: ada.token, user: ada.user });
  for (const person of [ada, bob]) person.close();
  return { session, roomId: room.id };
}

/**
 * Prints the scores of a screen, and returns what is wrong with it.
 *
 * @param {string} screen
 * @param {any} result of Lighthouse
 */
function judge(screen, { runtimeError, categories, audits }) {
  if (runtimeError) return [`${screen}: ${runtimeError.message}`];
  const scores = Object.values(categories).map(({ id, title, score }) => ({
    id,
    title,
    score: Math.round(score * 100),
  }));
  const counts = Object.entries(most).map(([id, limit]) => ({ id, limit, value: count(audits[id]) }));
  const figures = [...scores.map((s) => `${s.title} ${s.score}`), ...counts.map((c) => `${c.id} ${c.value}`)];
  console.log(`${screen}: ${figures.join(", ")}`);
  return [
    ...scores
      .filter(({ id, score }) => id !== "performance" && score < least)
      .map(({ id, title, score }) => `${screen}: ${title} is ${score}: ${lost(categories[id], audits)}`),
    ...counts.filter((c) => c.value > c.limit).map((c) => `${screen}: ${c.id} is ${c.value}, more than ${c.limit}`),
  ];
}

/** What an audit has counted. @param {any} audit */
function count(audit) {
  return Math.round((audit.numericValue ?? audit.details.items.length) * 1000) / 1000;
}

/** The audits that cost a category points. @param {any} category @param {any} audits */
function lost(category, audits) {
  return category.auditRefs
    .filter((/** @type {any} */ { id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 1)
    .map((/** @type {any} */ { id }) => audits[id].title)
    .join("; ");
}

/** @param {string} name @param {string} report */
async function keep(name, report) {
  const into = process.argv[2];
  if (!into) return;
  await mkdir(into, { recursive: true });
  await writeFile(join(into, name), report);
}

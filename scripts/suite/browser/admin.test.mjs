// The published Socket.IO Admin UI, filled in as docs/admin.md says.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { after, before, test } from "node:test";
import { connect, startCloud } from "../harness.mjs";
import { launch } from "./browser.mjs";

const password = "correct horse battery";
const hash = "ada:$2a$10$sHCozwFiWuyWE8NL4cq9vOkaZzAecEJwQhk8B8aEH6Zql4EMJAAAK";

/** @type {import("../harness.mjs").Cloud} */
let cloud;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serveUI>>} */
let ui;
before(async () => {
  [cloud, browser, ui] = await Promise.all([startCloud(["-app", "tour", "-admin", hash]), launch(), serveUI()]);
});
after(async () => {
  ui?.close();
  await browser?.close();
  await cloud?.stop();
});

/** Serves the UI from its package, as https://admin.socket.io does. */
async function serveUI() {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve("@socket.io/admin-ui/package.json")),
    "ui",
    "dist",
  );
  /** @type {Record<string, string>} */
  const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = path === "/" ? "/index.html" : path;
    try {
      const content = await readFile(join(folder, file));
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://localhost:${port}`, close: () => server.close() };
}

/** The server's URL that the documentation names, on the port of this cloud. */
async function documentedURL() {
  const page = await readFile(new URL("../../../docs/admin.md", import.meta.url), "utf8");
  const [, url] = /^\| Server URL \| `([^`]+)`/m.exec(page) ?? assert.fail("docs/admin.md names no URL");
  return url.replace("localhost:3000", new URL(cloud.url).host);
}

/** Opens the UI, with a clock that the test can turn, and signs in. */
async function signIn() {
  const context = await browser.newContext({ viewport: { width: 1400, height: 800 } });
  const page = await context.newPage();
  // Its fonts are on other servers.
  await page.route(/^https:/, (route) => route.abort());
  await page.clock.install();
  await page.goto(ui.url);
  await page.getByLabel("Server URL").fill(await documentedURL());
  await page.getByLabel("Username").fill("ada");
  await page.getByLabel("Password").fill(password);
  await page.getByText("Advanced options").click();
  await page.getByText("WebSocket only?").click();
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("connected", { exact: true }).first().waitFor();
  return page;
}

/** @param {import("playwright-core").Page} page @param {string} name */
const open = (page, name) => page.getByRole("link", { name, exact: true }).click();

test("the documented URL signs in, and no server is called unhealthy", async () => {
  const page = await signIn();
  await page.clock.runFor(60_000);
  await open(page, "Servers");
  await page.getByText("No data available").waitFor();
  await page.getByText("UNHEALTHY").waitFor({ state: "detached" }); // it stands in the dashboard, beside a 0
  await page.context().close();
});

test("sockets that come are listed, and those that left are not", async () => {
  const stays = await connect(`${cloud.url}/tour`);
  const page = await signIn();
  await open(page, "Sockets");
  await page.getByText(String(stays.id)).first().waitFor();
  const leaves = await connect(`${cloud.url}/tour`);
  const row = page.getByText(String(leaves.id)).first();
  await row.waitFor();
  leaves.disconnect();
  await row.waitFor({ state: "detached" });
  await page.getByText(String(stays.id)).first().waitFor();
  stays.disconnect();
  await page.context().close();
});

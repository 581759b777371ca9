// What the tests of a file share: a local cloud, a browser, and perhaps an identity provider or pages.
import { after, before } from "node:test";
import { startCloud } from "../harness.mjs";
import { startIssuer } from "../issuer.mjs";
import { servePages } from "../pages.mjs";
import { launch, openPage } from "./browser.mjs";

/** @type {import("../harness.mjs").Cloud} */
export let cloud;
/** @type {import("playwright-core").Browser} */
export let browser;
/** @type {Awaited<ReturnType<typeof startIssuer>>} */
export let issuer;
/** @type {Awaited<ReturnType<typeof servePages>>} */
export let pages;

/** @param {string[]} [flags] of the local cloud */
export function useCloudAndBrowser(flags) {
  before(() => start(flags));
  after(stop);
}

/** Pages of this machine, to which links of messages lead. @param {Parameters<typeof servePages>[0]} answer */
export function usePages(answer) {
  before(async () => {
    pages = await servePages(answer);
  });
  after(() => pages?.close());
}

/** The same with an identity provider on this machine. Sockets whose tokens have expired end soon. */
export function useIssuer() {
  before(async () => {
    issuer = await startIssuer();
    process.env.CONFAB_OIDC_ISSUER = issuer.url;
    process.env.CONFAB_OIDC_AUDIENCE = issuer.clientId;
    await start(["-sweep-every", "250ms"]);
  });
  after(async () => {
    await stop();
    await issuer?.stop();
  });
}

/** @param {string[]} [flags] */
async function start(flags) {
  [cloud, browser] = await Promise.all([startCloud(flags), launch()]);
}

async function stop() {
  await browser?.close();
  await cloud?.stop();
}

/**
 * Opens the page and signs in with the identity provider.
 *
 * @param {string} sub
 * @param {{ name?: string, address?: string } & import("playwright-core").BrowserContextOptions} [options]
 */
export async function signInAs(sub, { name = "Ada", address = cloud.url, ...options } = {}) {
  issuer.person = { sub, name };
  const visitor = await openPage(browser, address, null, options);
  await visitor.by("sign-in-oidc").click();
  await visitor.by("me").waitFor();
  return visitor;
}

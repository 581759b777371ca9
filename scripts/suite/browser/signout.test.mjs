// Signing out, in the page as people use it: here, at the identity provider, and everywhere.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startCloud, waitUntil } from "../harness.mjs";
import { startIssuer } from "../issuer.mjs";
import { launch, openPage } from "./browser.mjs";

/** @type {Awaited<ReturnType<typeof startIssuer>>} */
let issuer;
/** @type {import("../harness.mjs").Cloud} */
let cloud;
/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  issuer = await startIssuer();
  process.env.CONFAB_OIDC_ISSUER = issuer.url;
  process.env.CONFAB_OIDC_AUDIENCE = issuer.clientId;
  cloud = await startCloud(["-sweep-every", "250ms"]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await cloud?.stop();
  await issuer?.stop();
});

/**
 * Opens the page and signs in with the identity provider.
 *
 * @param {string} sub
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
async function signInAs(sub, options) {
  issuer.person = { sub, name: "Ada" };
  const visitor = await openPage(browser, cloud.url, null, options);
  await visitor.by("sign-in-oidc").click();
  await visitor.by("me").waitFor();
  return visitor;
}

test("signing out revokes what the page could renew its sign-in with", async () => {
  const ada = await signInAs("revoked");
  assert.equal(issuer.refreshTokens, 1);
  await ada.by("sign-out").click();
  await ada.by("sign-out-confirm").click();
  await waitUntil(() => issuer.requests.includes("GET /logout"), "the sign-out at the identity provider");
  assert.equal(issuer.refreshTokens, 0);
  await ada.by("sign-in-oidc").waitFor();
  assert.equal(await ada.page.getByRole("alert").textContent(), "");
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

test("an identity provider that does not answer keeps nobody from signing out, and the user is told once", async () => {
  const ada = await signInAs("hanging");
  issuer.revocation = "hangs";
  await ada.by("sign-out").click();
  await ada.by("sign-out-confirm").click();
  await ada.page.getByText("Signing out …").waitFor();
  await ada.page.getByText("The identity provider did not answer").waitFor();
  issuer.revocation = "works";
  assert.equal(await ada.page.evaluate(() => sessionStorage.length), 0, "nothing is left in the tab");
  await ada.page.reload();
  await ada.by("sign-in-oidc").waitFor();
  assert.equal(await ada.page.getByRole("alert").textContent(), "");
  issuer.revoke();
  await ada.context.close();
});

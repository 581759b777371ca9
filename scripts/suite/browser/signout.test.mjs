// Signing out, in the page as people use it: here, at the identity provider, and everywhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "../harness.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, issuer, signInAs, useIssuer } from "./stage.mjs";

useIssuer();

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

/** The phone of these tests. */
const phone = { viewport: { width: 390, height: 780 }, hasTouch: true };

test("an account signs out everywhere by the keyboard, its phone is told, and a new sign-in works", async () => {
  issuer.signedInAt = Math.floor(Date.now() / 1000) - 100; // its cookie is older than the sign-out
  const left = () => issuer.requests.filter((r) => r === "GET /logout").length;
  const before = left();
  const desk = await signInAs("everywhere");
  const there = await signInAs("everywhere", phone);
  await desk.by("sign-out").focus();
  await desk.page.keyboard.press("Enter");
  await desk.by("sign-out-everywhere").focus();
  await desk.page.keyboard.press("Enter");
  await there.page.getByText("You signed out on another device.").waitFor();
  await waitUntil(() => left() > before, "the sign-out of the desk");
  await desk.by("sign-in-oidc").waitFor();
  await waitUntil(() => issuer.refreshTokens === 0, "the revocation of both refresh tokens");
  const kept = () =>
    [...Object.keys(sessionStorage), ...Object.keys(localStorage)].filter((k) => !/^confab.read/.test(k));
  assert.deepEqual(await there.page.evaluate(kept), ["confab.sign-in-anew"]);
  await there.page.reload();
  await there.by("sign-in-oidc").waitFor();
  assert.equal(await there.by("me").count(), 0);

  const second = Math.floor(Date.now() / 1000);
  await waitUntil(() => Math.floor(Date.now() / 1000) > second, "the next second");
  for (const visitor of [there, desk]) {
    await visitor.by("sign-in-oidc").click();
    await visitor.by("me").waitFor();
  }
  assert.deepEqual([desk.errors, there.errors], [[], []]);
  issuer.signedInAt = undefined;
  issuer.revoke();
  await Promise.all([desk.context.close(), there.context.close()]);
});

test("a guest signs out everywhere on a phone, and their other browser leaves", async () => {
  const here = await openPage(browser, cloud.url, "Ada", phone);
  const session = await here.page.evaluate(() => localStorage.getItem("confab.session") ?? "");
  const there = await openPage(browser, cloud.url);
  await there.page.evaluate((value) => localStorage.setItem("confab.session", value), session);
  await there.page.reload();
  await there.by("me").waitFor();
  await here.by("sign-out").click();
  await here.page.getByText("You are a guest.").waitFor();
  const buttons = here.page.getByRole("dialog").getByRole("button");
  for (const button of await buttons.all()) {
    const box = await button.boundingBox();
    assert.ok(box && box.x >= 0 && box.x + box.width <= 390, "each button is on the screen");
  }
  await here.by("sign-out-everywhere").tap();
  await here.by("sign-in-name").waitFor();
  assert.equal(await here.page.getByRole("alert").textContent(), "");
  await there.page.getByText("You signed out on another device.").waitFor();
  assert.equal(await there.page.evaluate(() => localStorage.getItem("confab.session")), null);
  await Promise.all([here.context.close(), there.context.close()]);
});

test("a server that cannot be reached signs nobody out everywhere, and says so", async () => {
  const ada = await openPage(browser, cloud.url, "Ada");
  await ada.page.route("**/api/session/sign-out-everywhere", (route) => route.abort());
  await ada.by("sign-out").click();
  await ada.by("sign-out-everywhere").click();
  await ada.page.getByText("The server cannot be reached.").waitFor();
  await ada.by("me").waitFor();
  await ada.context.close();
});

// Signing in with OpenID Connect, in the page as people use it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "../harness.mjs";
import { openPage } from "./browser.mjs";
import { browser, cloud, issuer, signInAs, useIssuer } from "./stage.mjs";

useIssuer();

const tokenRequests = () => issuer.requests.filter((r) => r === "POST /token").length;

test("a user with an account and a guest talk, and the account survives a reload", async () => {
  const ada = await signInAs("auth0|ada", { name: "Ada Lovelace" });
  assert.equal(new URL(ada.page.url()).search, "", "the code is not left in the address");
  assert.match((await ada.by("me").textContent()) ?? "", /Ada Lovelace/);
  await ada.createRoom("Engines");
  const bob = await openPage(browser, cloud.url, "Bob");
  await bob.joinRoom("Engines");
  await ada.say("hello");
  await bob.sees(["hello"]);
  await ada.page.reload();
  await ada.by("me").waitFor();
  await ada.say("again");
  await bob.sees(["hello", "again"]);
  assert.deepEqual(
    await ada.page.evaluate(() => Object.keys(localStorage).filter((k) => k === "confab.session")),
    [],
    "no token outlives the tab",
  );
  assert.deepEqual([ada.errors, bob.errors], [[], []]);

  await ada.by("sign-out").click();
  await ada.by("sign-out-confirm").click();
  await waitUntil(() => issuer.requests.includes("GET /logout"), "the sign-out at the identity provider");
  await ada.by("sign-in-oidc").waitFor();
  await Promise.all([ada.context.close(), bob.context.close()]);
});

test("a room in the address survives the sign-in", async () => {
  const ada = await signInAs("ada");
  await ada.createRoom("Notes");
  const address = ada.page.url();
  const elsewhere = await signInAs("ada", { address });
  await elsewhere.page.getByRole("heading", { name: "Notes" }).waitFor();
  assert.equal(elsewhere.page.url(), address);
  await Promise.all([ada.context.close(), elsewhere.context.close()]);
});

test("tokens are renewed in time, on the same connection", async () => {
  // The server allows for clocks that differ by a minute. To it, this provider's tokens live
  // for eleven seconds, and the page renews them after four.
  Object.assign(issuer, { lifetime: 5, clockLag: 54 });
  const ada = await signInAs("ada");
  await ada.createRoom("Long");
  let sockets = 0;
  ada.page.on("websocket", () => sockets++);
  const before = tokenRequests();
  await waitUntil(() => tokenRequests() >= before + 3, "three renewals", 40_000);
  await ada.say("still here");
  await ada.sees(["still here"]);
  assert.equal(sockets, 0, "no new connection");
  assert.deepEqual(ada.errors, []);
  Object.assign(issuer, { lifetime: 3600, clockLag: 0 });
  await ada.context.close();
});

test("without a renewal, the user signs in again when the token has ended", async () => {
  issuer.lifetime = 5;
  const ada = await signInAs("ada");
  issuer.lifetime = 3600;
  issuer.revoke();
  await ada.by("sign-in-oidc").waitFor({ timeout: 20_000 });
  assert.match((await ada.page.getByRole("alert").textContent()) ?? "", /ended/);
  await ada.by("sign-in-oidc").click();
  await ada.by("me").waitFor();
  await ada.context.close();
});

test("a refusal is shown, and an answer without a pending sign-in is refused", async () => {
  issuer.refusal = "Not today.";
  const eve = await openPage(browser, cloud.url);
  await eve.by("sign-in-oidc").click();
  await eve.page.getByText("Not today.").waitFor();
  issuer.refusal = "";
  await eve.page.goto(`${cloud.url}/?code=stolen&state=guessed`);
  await eve.page.getByText("This sign-in did not start here.").waitFor();
  assert.equal(await eve.by("me").count(), 0);
  await eve.context.close();
});

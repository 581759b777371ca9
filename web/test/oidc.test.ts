import { calculatePKCECodeChallenge } from "oauth4webapi";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startIssuer } from "../../scripts/suite/issuer.mjs";
import { memoryStorage } from "../client/test/storage";
import {
  beginSignIn,
  type Client,
  finishSignIn,
  isSignInAnswer,
  Refused,
  renew,
  requireNewSignIn,
  revoke,
  signOutAddress,
} from "../src/core/oidc";

let issuer: Awaited<ReturnType<typeof startIssuer>>;
let client: Client;
beforeAll(async () => {
  issuer = await startIssuer();
  client = { issuer: issuer.url, clientId: issuer.clientId, redirectUri: "http://localhost:3000/" };
});
afterAll(() => issuer.stop());
beforeEach(() => Object.assign(issuer, { refusal: "", lifetime: 3600, clockLag: 0 }));

/** Follows the address to the identity provider. Returns the query that it sends the page. */
async function visit(address: string): Promise<string> {
  const response = await fetch(address, { redirect: "manual" });
  const back = new URL(response.headers.get("location") ?? "about:blank");
  expect(`${back.origin}${back.pathname}`).toBe(client.redirectUri);
  return back.search;
}

/** A fetch that changes claims of the ID token. */
const withClaims =
  (changes: object): typeof fetch =>
  async (address, request) => {
    const response = await fetch(address, request);
    if (!String(address).endsWith("/token")) return response;
    const tokens = (await response.json()) as { id_token: string };
    const claims = JSON.parse(atob(tokens.id_token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")));
    return Response.json({ ...tokens, id_token: issuer.token({ ...claims, ...changes }) });
  };

test("a user signs in, renews, and signs out", async () => {
  const tab = memoryStorage();
  const asked = Date.now();
  const back = await visit(await beginSignIn(client, "#/room", tab));
  expect(isSignInAnswer(back)).toBe(true);
  const { tokens, hash } = await finishSignIn(client, back, tab);
  expect(hash).toBe("#/room");
  expect(tab.kept.size).toBe(0);
  expect(tokens).toEqual({
    token: expect.any(String),
    refreshToken: expect.any(String),
    expiresAt: expect.any(Number),
  });
  expect(tokens.expiresAt).toBeGreaterThanOrEqual(asked + 3600_000);
  expect(tokens.expiresAt).toBeLessThanOrEqual(Date.now() + 3600_000);

  const renewed = await renew(client, tokens.refreshToken!);
  expect(renewed.refreshToken).not.toBe(tokens.refreshToken);
  await expect(renew(client, tokens.refreshToken!)).rejects.toThrow(Refused);

  const leave = new URL((await signOutAddress(client, renewed.token))!);
  expect(Object.fromEntries(leave.searchParams)).toEqual({
    id_token_hint: renewed.token,
    client_id: client.clientId,
    post_logout_redirect_uri: client.redirectUri,
    logout_uri: client.redirectUri,
  });
});

test("a revoked refresh token renews nothing", async () => {
  const tab = memoryStorage();
  const { tokens } = await finishSignIn(client, await visit(await beginSignIn(client, "", tab)), tab);
  await revoke(client, tokens.refreshToken!);
  await revoke(client, tokens.refreshToken!); // twice is once
  await expect(renew(client, tokens.refreshToken!)).rejects.toThrow(Refused);
});

test("a provider that fails to revoke has not revoked, and one that cannot is asked nothing", async () => {
  issuer.revocation = "fails";
  await expect(revoke(client, "r")).rejects.toThrow();
  issuer.revocation = "works";
  const asked: string[] = [];
  const cannot: typeof fetch = async (address, request) => {
    asked.push(new URL(String(address)).pathname);
    const { revocation_endpoint: _, ...rest } = await (await fetch(address, request)).json();
    return Response.json(rest);
  };
  await revoke(client, "r", cannot);
  expect(asked).toEqual(["/.well-known/openid-configuration"]);
});

test("the address of the sign-in holds no secret", async () => {
  const tab = memoryStorage();
  const address = new URL(await beginSignIn(client, "", tab));
  const { verifier, state, nonce } = JSON.parse([...tab.kept.values()][0]!);
  expect(Object.fromEntries(address.searchParams)).toEqual({
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: "openid profile email",
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  expect(address.href).not.toContain(verifier);
});

test("after a sign-out everywhere, the provider asks who one is until somebody has signed in", async () => {
  const tab = memoryStorage();
  const prompt = async () => new URL(await beginSignIn(client, "", tab)).searchParams.get("prompt");
  expect(await prompt()).toBeNull();
  requireNewSignIn(tab);
  expect([await prompt(), await prompt()]).toEqual(["login", "login"]);
  await finishSignIn(client, await visit(await beginSignIn(client, "", tab)), tab);
  expect(await prompt()).toBeNull();
});

test("an answer without a pending sign-in is refused, and no tokens are requested", async () => {
  const begun = memoryStorage();
  const back = await visit(await beginSignIn(client, "", begun));
  const before = issuer.requests.filter((r) => r === "POST /token").length;
  await expect(finishSignIn(client, back, memoryStorage())).rejects.toThrow("did not start here");
  const forged = new URLSearchParams(back);
  forged.set("state", "another");
  await expect(finishSignIn(client, `?${forged}`, begun)).rejects.toThrow("did not start here");
  await expect(finishSignIn(client, back, begun), "a second time").rejects.toThrow("did not start here");
  expect(issuer.requests.filter((r) => r === "POST /token").length).toBe(before);
});

test("an answer of another identity provider is refused", async () => {
  for (const iss of ["https://elsewhere.example", null]) {
    const tab = memoryStorage();
    const answer = new URLSearchParams(await visit(await beginSignIn(client, "", tab)));
    if (iss) answer.set("iss", iss);
    else answer.delete("iss");
    await expect(finishSignIn(client, `?${answer}`, tab)).rejects.toThrow("another identity provider");
  }
});

test("a code is refused without the verifier", async () => {
  const tab = memoryStorage();
  const back = await visit(await beginSignIn(client, "", tab));
  for (const [key, value] of tab.kept) tab.kept.set(key, JSON.stringify({ ...JSON.parse(value), verifier: "another" }));
  await expect(finishSignIn(client, back, tab)).rejects.toThrow("invalid_grant");
});

test("a token of another sign-in, client or issuer is refused", async () => {
  const cases: [object, string][] = [
    [{ nonce: "another" }, '"nonce"'],
    [{ nonce: undefined }, '"nonce"'],
    [{ aud: "other" }, '"aud"'],
    [{ iss: "https://elsewhere.example" }, '"iss"'],
    [{ exp: undefined }, '"exp"'],
  ];
  for (const [changes, message] of cases) {
    const tab = memoryStorage();
    const back = await visit(await beginSignIn(client, "", tab));
    await expect(finishSignIn(client, back, tab, withClaims(changes))).rejects.toThrow(message);
  }
});

test("the user is told why the identity provider refuses", async () => {
  issuer.refusal = "Not today.";
  const tab = memoryStorage();
  const back = await visit(await beginSignIn(client, "", tab));
  await expect(finishSignIn(client, back, tab)).rejects.toThrow("Not today.");
});

test("an identity provider that is down has not refused", async () => {
  const down: typeof fetch = async (address, request) =>
    String(address).endsWith("/token") ? new Response("{}", { status: 503 }) : fetch(address, request);
  const error = await renew(client, "r", down).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(Refused);
});

test("an identity provider that cannot be reached has not refused", async () => {
  const away: typeof fetch = async () => Promise.reject(new TypeError("failed to fetch"));
  const error = await renew(client, "r", away).catch((e: unknown) => e);
  expect(error).not.toBeInstanceOf(Refused);
  expect(error).toHaveProperty("message", "The identity provider cannot be reached. Please try again.");
});

test("a refresh token that is not rotated is kept", async () => {
  const still: typeof fetch = async (address, request) =>
    String(address).endsWith("/token")
      ? Response.json({ access_token: "a", token_type: "Bearer", id_token: issuer.token() })
      : fetch(address, request);
  expect((await renew(client, "r", still)).refreshToken).toBe("r");
});

test("only an answer counts as one", () => {
  expect(["", "?x=1", "?code=1", "?state=1", "?code=1&state=2", "?error=x&state=2"].map(isSignInAnswer)).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
  ]);
});

test("a wrong clock of this machine does not matter", async () => {
  issuer.clockLag = 24 * 3600;
  const tab = memoryStorage();
  const asked = Date.now();
  const back = await visit(await beginSignIn(client, "", tab));
  const { tokens } = await finishSignIn(client, back, tab);
  expect(tokens.expiresAt).toBeGreaterThanOrEqual(asked + 3600_000);
});

test("a provider with another issuer URL is refused, and one without tokens in its answer too", async () => {
  const slash = { ...client, issuer: `${client.issuer}/` };
  await expect(beginSignIn(slash, "", memoryStorage())).rejects.toThrow("another issuer URL");
  const empty: typeof fetch = async (address, request) =>
    String(address).endsWith("/token") ? Response.json({}) : fetch(address, request);
  await expect(renew(client, "r", empty)).rejects.toThrow(Refused);
});

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
// @ts-expect-error: plain JavaScript, which the other tests use too
import { startIssuer } from "../../scripts/suite/issuer.mjs";
import { beginSignIn, type Client, finishSignIn, isReturn, Refused, renew, signOutAddress } from "../src/core/oidc";
import { challenge, secret } from "../src/core/pkce";
import { storage } from "./storage";

let issuer: any;
let client: Client;
beforeAll(async () => {
  issuer = await startIssuer();
  client = { issuer: issuer.url, clientId: issuer.clientId, redirectUri: "http://localhost:3000/" };
});
afterAll(() => issuer.stop());
beforeEach(() => Object.assign(issuer, { refuses: "", lifetime: 3600 }));

/** Follows the address to the issuer; returns what it adds to the page's address. */
async function visit(address: string): Promise<string> {
  const response = await fetch(address, { redirect: "manual" });
  const back = new URL(response.headers.get("location") ?? "about:blank");
  expect(`${back.origin}${back.pathname}`).toBe(client.redirectUri);
  return back.search;
}

/** A fetch that changes the ID token's claims on the way. */
const changing =
  (changes: object): typeof fetch =>
  async (address, request) => {
    const response = await fetch(address, request);
    if (!String(address).endsWith("/token")) return response;
    const tokens = (await response.json()) as { id_token: string };
    const claims = JSON.parse(atob(tokens.id_token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")));
    return Response.json({ ...tokens, id_token: issuer.token({ ...claims, ...changes }) });
  };

test("somebody signs in, renews, and signs out", async () => {
  const tab = storage();
  const asked = Date.now();
  const back = await visit(await beginSignIn(client, "#/room", tab));
  expect(isReturn(back)).toBe(true);
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

test("the address of the sign-in gives away no secret", async () => {
  const tab = storage();
  const address = new URL(await beginSignIn(client, "", tab));
  const { verifier, state, nonce } = JSON.parse([...tab.kept.values()][0]!);
  expect(Object.fromEntries(address.searchParams)).toEqual({
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: "openid profile email",
    state,
    nonce,
    code_challenge: await challenge(verifier),
    code_challenge_method: "S256",
  });
  expect(address.href).not.toContain(verifier);
});

test("an answer that nobody asked for is refused, and the issuer is not asked for tokens", async () => {
  const begun = storage();
  const back = await visit(await beginSignIn(client, "", begun));
  const before = issuer.asked.filter((a: string) => a === "POST /token").length;
  await expect(finishSignIn(client, back, storage())).rejects.toThrow("did not begin here");
  const forged = new URLSearchParams(back);
  forged.set("state", secret());
  await expect(finishSignIn(client, `?${forged}`, begun)).rejects.toThrow("did not begin here");
  await expect(finishSignIn(client, back, begun), "a second time").rejects.toThrow("did not begin here");
  expect(issuer.asked.filter((a: string) => a === "POST /token").length).toBe(before);
});

test("an answer of another issuer is refused", async () => {
  for (const iss of ["https://elsewhere.example", null]) {
    const tab = storage();
    const answer = new URLSearchParams(await visit(await beginSignIn(client, "", tab)));
    if (iss) answer.set("iss", iss);
    else answer.delete("iss");
    await expect(finishSignIn(client, `?${answer}`, tab)).rejects.toThrow("Another issuer");
  }
});

test("a code is of no use without the verifier", async () => {
  const tab = storage();
  const back = await visit(await beginSignIn(client, "", tab));
  for (const [key, value] of tab.kept) tab.kept.set(key, JSON.stringify({ ...JSON.parse(value), verifier: secret() }));
  await expect(finishSignIn(client, back, tab)).rejects.toThrow("invalid_grant");
});

test("a token of another sign-in, client or issuer is refused", async () => {
  const cases: [object, string][] = [
    [{ nonce: secret() }, "another sign-in"],
    [{ nonce: undefined }, "another sign-in"],
    [{ aud: "other" }, "somebody else"],
    [{ iss: "https://elsewhere.example" }, "somebody else"],
    [{ exp: undefined }, "never expires"],
  ];
  for (const [changes, message] of cases) {
    const tab = storage();
    const back = await visit(await beginSignIn(client, "", tab));
    await expect(finishSignIn(client, back, tab, changing(changes))).rejects.toThrow(message);
  }
});

test("what the issuer refuses is told", async () => {
  issuer.refuses = "Not today.";
  const tab = storage();
  const back = await visit(await beginSignIn(client, "", tab));
  await expect(finishSignIn(client, back, tab)).rejects.toThrow("Not today.");
});

test("an issuer that is down has not refused", async () => {
  const down: typeof fetch = async (address, request) =>
    String(address).endsWith("/token") ? new Response("{}", { status: 503 }) : fetch(address, request);
  const error = await renew(client, "r", down).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(Refused);
});

test("a refresh token that is not rotated is kept", async () => {
  const still: typeof fetch = async (address, request) =>
    String(address).endsWith("/token") ? Response.json({ id_token: issuer.token() }) : fetch(address, request);
  expect((await renew(client, "r", still)).refreshToken).toBe("r");
});

test("only an answer is taken for one", () => {
  expect(["", "?x=1", "?code=1", "?state=1", "?code=1&state=2", "?error=x&state=2"].map(isReturn)).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
  ]);
});

test("the challenge is that of RFC 7636, appendix B", async () => {
  expect(await challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  );
  expect(secret()).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

import { signInAsGuest } from "@confab/chat";
import { expect, test } from "vitest";
import { memoryStorage } from "../client/test/storage";
import { fetchSignInMethods, loadSession, saveSession, sessionFromTokens } from "../src/core/session";

const stores = () => ({ local: memoryStorage(), tab: memoryStorage() });
const ada = { token: "t", user: { id: "a", name: "Ada" } };
const issued = { ...ada, issued: { refreshToken: "r", expiresAt: 7 } };
const answering =
  (body: string): typeof fetch =>
  async () =>
    new Response(body);

test("a session survives a reload, and is gone after signing out", () => {
  for (const session of [ada, issued]) {
    const s = stores();
    expect(loadSession(s)).toBeNull();
    saveSession(s, session);
    expect(loadSession(s)).toEqual(session);
    saveSession(s, null);
    expect(loadSession(s)).toBeNull();
  }
});

test("an identity provider's tokens stay in their tab, and a guest's is kept", () => {
  const s = stores();
  saveSession(s, issued);
  expect([s.local.kept.size, s.tab.kept.size]).toEqual([0, 1]);
  saveSession(s, ada);
  expect([s.local.kept.size, s.tab.kept.size]).toEqual([1, 0]);
});

test("a stored session that cannot be read is ignored", () => {
  for (const saved of [
    "{",
    "7",
    "null",
    '{"token":"t"}',
    '{"token":1,"user":{"id":"a","name":"Ada"}}',
    '{"token":"t","user":{"id":"a","name":"Ada"},"issued":{}}',
  ]) {
    const s = stores();
    saveSession(s, ada);
    for (const key of s.local.kept.keys()) s.local.kept.set(key, saved);
    expect(loadSession(s)).toBeNull();
  }
});

test("a sign-in returns a session, or rejects with the server's message", async () => {
  expect(await signInAsGuest("Ada", { send: answering(JSON.stringify({ ok: true, ...ada })) })).toEqual(ada);
  expect(await signInAsGuest("Ada", { send: answering(JSON.stringify(ada)) })).toEqual(ada);
  const refusal = { ok: false, error: { code: "bad_request", message: "A name needs a visible character." } };
  await expect(signInAsGuest("", { send: answering(JSON.stringify(refusal)) })).rejects.toThrow(
    "A name needs a visible character.",
  );
});

test("the server says how to sign in", async () => {
  expect(await fetchSignInMethods(answering('{"ok":true,"guests":true}'))).toEqual({ guests: true });
  const oidc = { issuer: "https://id.example.com", clientId: "page" };
  expect(await fetchSignInMethods(answering(JSON.stringify({ ok: true, guests: false, oidc })))).toEqual({
    guests: false,
    oidc,
  });
});

test("the server says who an identity provider's token stands for", async () => {
  const seen: unknown[] = [];
  const get: typeof fetch = async (address, request) => {
    seen.push(address, request?.headers);
    return new Response(JSON.stringify({ ok: true, guests: false, user: ada.user }));
  };
  expect(await sessionFromTokens({ token: "t", refreshToken: "r", expiresAt: 7 }, get)).toEqual(issued);
  expect(seen).toEqual(["/api/session", { authorization: "Bearer t" }]);
});

test("without an answer in JSON the server cannot be reached", async () => {
  const away: typeof fetch = async () => Promise.reject(new TypeError("failed to fetch"));
  for (const post of [away, answering("<html>")])
    await expect(signInAsGuest("Ada", { send: post })).rejects.toThrow("cannot be reached");
});

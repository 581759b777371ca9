import { expect, test } from "vitest";
import { loadSession, requestSession, requestWays, saveSession, sessionOf } from "../src/core/session";
import { storage } from "./storage";

const stores = () => ({ local: storage(), tab: storage() });
const ada = { token: "t", user: { id: "a", name: "Ada" } };
const issued = { ...ada, issued: { refreshToken: "r", expiresAt: 7 } };
const answering =
  (body: string): typeof fetch =>
  async () =>
    new Response(body);

test("who signed in is there after a reload, and nobody after signing out", () => {
  for (const session of [ada, issued]) {
    const s = stores();
    expect(loadSession(s)).toBeNull();
    saveSession(s, session);
    expect(loadSession(s)).toEqual(session);
    saveSession(s, null);
    expect(loadSession(s)).toBeNull();
  }
});

test("an issuer's tokens stay in their tab, and a guest's is kept", () => {
  const s = stores();
  saveSession(s, issued);
  expect([s.local.kept.size, s.tab.kept.size]).toEqual([0, 1]);
  saveSession(s, ada);
  expect([s.local.kept.size, s.tab.kept.size]).toEqual([1, 0]);
});

test("a session that makes no sense is none", () => {
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

test("a sign-in is answered by a session, or by what is wrong", async () => {
  expect(await requestSession("Ada", answering(JSON.stringify({ ok: true, ...ada })))).toEqual(ada);
  expect(await requestSession("Ada", answering(JSON.stringify(ada)))).toEqual(ada);
  const refusal = { ok: false, error: { code: "bad_request", message: "That is no name." } };
  await expect(requestSession("", answering(JSON.stringify(refusal)))).rejects.toThrow("That is no name.");
});

test("the server tells how to sign in", async () => {
  expect(await requestWays(answering('{"ok":true,"guests":true}'))).toEqual({ guests: true });
  const oidc = { issuer: "https://id.example.com", clientId: "page" };
  expect(await requestWays(answering(JSON.stringify({ ok: true, guests: false, oidc })))).toEqual({
    guests: false,
    oidc,
  });
});

test("the server tells whom an issuer's token stands for", async () => {
  const seen: unknown[] = [];
  const get: typeof fetch = async (address, request) => {
    seen.push(address, request?.headers);
    return new Response(JSON.stringify({ ok: true, guests: false, user: ada.user }));
  };
  expect(await sessionOf({ token: "t", refreshToken: "r", expiresAt: 7 }, get)).toEqual(issued);
  expect(seen).toEqual(["/api/session", { authorization: "Bearer t" }]);
});

test("a server that is not there, or says something else, cannot be reached", async () => {
  const away: typeof fetch = async () => Promise.reject(new TypeError("failed to fetch"));
  for (const post of [away, answering("<html>")])
    await expect(requestSession("Ada", post)).rejects.toThrow("cannot be reached");
});

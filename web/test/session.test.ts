import { expect, test } from "vitest";
import { loadSession, requestSession, saveSession } from "../src/core/session";

function storage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (k: string) => kept.get(k) ?? null,
    setItem: (k: string, v: string) => void kept.set(k, v),
    removeItem: (k: string) => void kept.delete(k),
  };
}
const ada = { token: "t", user: { id: "a", name: "Ada" } };
const answering = (body: string): typeof fetch => async () => new Response(body);

test("who signed in is there after a reload, and nobody after signing out", () => {
  const s = storage();
  expect(loadSession(s)).toBeNull();
  saveSession(s, ada);
  expect(loadSession(s)).toEqual(ada);
  saveSession(s, null);
  expect(loadSession(s)).toBeNull();
});

test("a session that makes no sense is none", () => {
  for (const saved of ["{", "7", '{"token":"t"}', '{"token":1,"user":{"id":"a","name":"Ada"}}']) {
    const s = storage();
    saveSession(s, ada);
    for (const key of s.kept.keys()) s.kept.set(key, saved);
    expect(loadSession(s)).toBeNull();
  }
});

test("a sign-in is answered by a session, or by what is wrong", async () => {
  expect(await requestSession("Ada", answering(JSON.stringify({ ok: true, ...ada })))).toEqual(ada);
  expect(await requestSession("Ada", answering(JSON.stringify(ada)))).toEqual(ada);
  const refusal = { ok: false, error: { code: "bad_request", message: "That is no name." } };
  await expect(requestSession("", answering(JSON.stringify(refusal)))).rejects.toThrow("That is no name.");
});

test("a server that is not there, or says something else, cannot be reached", async () => {
  const away: typeof fetch = async () => Promise.reject(new TypeError("failed to fetch"));
  for (const post of [away, answering("<html>")]) await expect(requestSession("Ada", post)).rejects.toThrow("cannot be reached");
});

import { expect, test } from "vitest";
import { RequestError } from "../src/error.js";
import { requestByHTTP, userOf } from "../src/http.js";

/** A server that gives one answer, and what it was asked. */
function answering(body: string, status = 200) {
  const asked: unknown[] = [];
  const send: typeof fetch = async (address, request) => {
    asked.push([request?.method, address, request?.headers, request?.body]);
    return new Response(body, { status });
  };
  return { asked, send };
}

test("fields of the path go there, and the others into the body or the query", async () => {
  const { asked, send } = answering('{"ok":true}');
  const options = { url: "https://chat.example.com/", token: "t", send };
  await requestByHTTP("PUT /api/rooms/{roomId}/messages/{seq}/pin", { roomId: "a b", seq: 7, on: true }, options);
  await requestByHTTP("GET /api/rooms/{roomId}/messages", { roomId: "r", before: 9, limit: 2 }, options);
  await requestByHTTP("GET /api/session", {}, { send });
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  expect(asked).toEqual([
    ["PUT", "https://chat.example.com/api/rooms/a%20b/messages/7/pin", headers, '{"on":true}'],
    ["GET", "https://chat.example.com/api/rooms/r/messages?before=9&limit=2", { authorization: "Bearer t" }, undefined],
    ["GET", "/api/session", {}, undefined],
  ]);
});

test("what goes wrong is an error with a code", async () => {
  const error = (code: string, more = {}) => ({ code, temporary: false, retryAfter: undefined, ...more });
  const refusal = { code: "rate_limited", message: "Too much.", temporary: true, retryAfter: 3 };
  const away: typeof fetch = async () => Promise.reject(new TypeError("failed to fetch"));
  for (const [send, expected] of [
    [answering(JSON.stringify({ ok: false, error: refusal }), 429).send, error("rate_limited", refusal)],
    [answering('{"message":"Unauthorized"}', 401).send, error("unauthorized")],
    [answering("<html>", 502).send, error("no_answer", { temporary: true })],
    [away, error("no_answer", { temporary: true })],
  ] as const) {
    const thrown = await userOf("t", { send }).catch((e: unknown) => e);
    expect(thrown).toBeInstanceOf(RequestError);
    expect(thrown).toMatchObject(expected);
  }
  await expect(userOf("t", { send: answering('{"ok":true,"guests":true}').send })).rejects.toThrow(/accept/);
});

// What a developer does wrong is told in the local cloud's log.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, http, openSocket, startCloud } from "../harness.mjs";

describe("the local cloud's log", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  /** @type {import("socket.io-client").Socket} */
  let socket;
  before(async () => {
    cloud = await startCloud(["-app", "tour", "-v"]);
    socket = await connect(`${cloud.url}/tour`);
  });
  after(async () => {
    socket.disconnect();
    await cloud.stop();
  });

  /**
   * Waits for a line at level WARN with all of these attributes.
   *
   * @param {string[]} attributes
   */
  const warned = async (...attributes) => {
    const line = await cloud.logged(new RegExp(`level=WARN (?=.*${attributes.map(literal).join(")(?=.*")})`));
    assert.match(line, /connection=/);
  };
  /** @param {string} text */
  const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  test("warns of an event without a handler, with what was sent", async () => {
    const answer = await socket.emitWithAck("gret", { name: "Ada" });
    assert.equal(answer.error.code, "unknown_event");
    await warned(
      "event=gret",
      "namespace=/tour",
      "code=unknown_event",
      String.raw`payload="[\"gret\",{\"name\":\"Ada\"}]"`,
    );
  });

  test("warns of an argument of the wrong form", async () => {
    assert.equal((await socket.emitWithAck("greet", { name: 5 })).error.code, "bad_request");
    await warned("event=greet", "namespace=/tour", "code=bad_request", "cause=", "told=");
  });

  test("warns of arguments that the handler does not take", async () => {
    await socket.emitWithAck("greet", { name: "Ada" }, "aloud", 3);
    await warned("event=greet", "namespace=/tour", "dropped=2");
  });

  test("warns of a namespace that does not exist, and of one that refuses", async () => {
    for (const [namespace, code] of [
      ["/nowhere", "invalid_namespace"],
      ["/tour/members", "code=no_ticket"],
    ]) {
      const refused = openSocket(cloud.url + namespace, { reconnection: false });
      await new Promise((resolve) => refused.once("connect_error", resolve));
      refused.disconnect();
      await warned(`namespace=${namespace}`, code);
    }
  });

  test("escapes what a client sends for the terminal", async () => {
    await socket.emitWithAck("\u001b[31mred\u202e", {});
    await warned(String.raw`event="\x1b[31mred\u202e"`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
    assert.doesNotMatch(cloud.stderr, /\u001b|\u202e/);
  });

  test("prints a panic as a readable stack", async () => {
    assert.equal((await socket.emitWithAck("fall", {})).error.code, "internal");
    await cloud.logged(/level=ERROR .*panic: /);
    await cloud.logged(/^ {4}goroutine \d+ \[running\]:$/);
    await cloud.logged(/^ {8}\S*apps\/tour\.go:\d+/);
  });
});

test("the local cloud's log warns of requests that the HTTP API refuses", async () => {
  const cloud = await startCloud();
  const warned = (/** @type {string[]} */ ...all) => cloud.logged(new RegExp(`level=WARN (?=.*${all.join(")(?=.*")})`)); // in any order, which is not the same everywhere
  assert.equal((await http(cloud.url, "POST", "/api/session", { body: { nme: "Ada" } })).status, 400);
  await warned("method=POST", "path=/api/session", "code=bad_request", "told=.*nme.* is not a field");
  assert.equal((await http(cloud.url, "GET", "/api/nothing")).status, 404);
  await warned("method=GET", "path=/api/nothing", "code=not_found");
  assert.equal((await http(cloud.url, "GET", "/api/rooms")).status, 401);
  await warned("method=GET", "path=/api/rooms", "code=unauthorized");
  await cloud.stop();
});

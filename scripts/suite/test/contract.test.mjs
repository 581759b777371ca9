// Each event as the AsyncAPI document describes it, with right and wrong requests made from it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { asyncapi, openapi, wrongRequest } from "../contract.mjs";
import { connectAs, http, startCloud } from "../harness.mjs";

/** @typedef {any} Schema */

const schemas = asyncapi.components.schemas;
/** @param {Schema} schema @returns {Schema} */
const resolve = (schema) => (schema.$ref ? schemas[schema.$ref.split("/").at(-1)] : schema);

/**
 * A value that a schema allows. Known fields have values that are there.
 *
 * @param {Schema} of
 * @param {Record<string, unknown>} known
 * @param {string} [name]
 * @returns {any}
 */
function right(of, known, name = "") {
  const schema = resolve(of);
  if (name in known && schema.type !== "object") return known[name];
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        (schema.required ?? []).map((/** @type {string} */ field) => [
          field,
          right(schema.properties[field], known, field),
        ]),
      );
    case "array":
      return [right(schema.items, known, name.replace(/s$/, ""))];
    case "integer":
      return schema.minimum ?? 0;
    case "boolean":
      return true;
    default:
      return "a";
  }
}

/**
 * Values that a schema refuses.
 *
 * @param {Schema} of
 * @returns {unknown[]}
 */
function wrong(of) {
  const schema = resolve(of);
  const other = schema.type === "string" ? 7 : "x";
  /** @type {unknown[]} */
  const all = [null, other, schema.type === "array" ? [null] : ["x"]];
  if (schema.minimum !== undefined) all.push(schema.minimum - 1);
  if (schema.type === "integer") all.push(1.5);
  if (schema.maximum !== undefined && schema.maximum < 2 ** 53) all.push(schema.maximum + 1);
  if (schema.pattern) all.push("no id: #");
  if (schema.maxLength) all.push("x".repeat(schema.maxLength + 1));
  if (schema.maxItems)
    all.push(Array.from({ length: schema.maxItems + 1 }, (_, i) => right(schema.items, { item: `a${i}` }, "item")));
  if (schema.enum) all.push("neither");
  return all;
}

describe("the events as they are described", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  /** @type {import("../harness.mjs").Client} */
  let ada;
  /** @type {Record<string, unknown>} */
  let known;
  before(async () => {
    cloud = await startCloud();
    ada = await connectAs(cloud.url, "Ada");
    const { room } = await ada.request("createRoom", { name: "Contract", kind: "group" });
    await ada.request("sendMessage", { roomId: room.id, text: "Hello", tempId: "1" });
    const ids = { roomId: room.id, roomIds: [room.id], tell: [room.id], userId: ada.user.id, userIds: [ada.user.id] };
    known = { ...ids, token: ada.token, seq: 1, name: "Contract", emoji: "👍", type: "image/png" };
    known.url = "https://example.com/";
  });
  after(async () => {
    ada.close();
    await cloud.stop();
  });

  /** @type {[string, Schema][]} */
  const events = Object.entries(asyncapi.operations)
    .filter(([, operation]) => operation.action === "receive")
    .map(([event]) => [event, resolve(asyncapi.channels.chat.messages[event].payload)]);

  for (const [event, schema] of events) {
    test(`${event} refuses each wrong field by its name`, async () => {
      const eve = await connectAs(cloud.url, "Eve"); // nobody may ask so often
      for (const [field, of] of Object.entries(schema.properties ?? {})) {
        for (const value of wrong(of)) {
          const request = { ...right(schema, known), [field]: value };
          const shown = JSON.stringify(request).slice(0, 200);
          assert.notEqual(wrongRequest(event, request), "", `the document allows ${shown}`);
          const answer = await eve.emitWithAck(event, request);
          assert.ok(["bad_request", "too_large"].includes(answer.error?.code), `${shown}: ${JSON.stringify(answer)}`);
        }
      }
      for (const field of schema.required ?? []) {
        const { [field]: _, ...request } = right(schema, known);
        const answer = await eve.emitWithAck(event, request);
        assert.match(answer.error?.message ?? "", new RegExp(`^${field} must be `), JSON.stringify(request));
      }
      const answer = await eve.emitWithAck(event, { ...right(schema, known), unknown: 1 });
      assert.match(answer.error?.message ?? "", /^"unknown" is not a field/);
      eve.close();
    });
  }

  test("each takes a right request, and answers as described", async () => {
    // The last ones end what the others need.
    const last = ["deleteMessage", "leaveRoom", "signOutEverywhere"];
    const order = events.toSorted(([a], [b]) => last.indexOf(a) - last.indexOf(b));
    for (const [event, schema] of order) {
      const request = {
        ...right(schema, known),
        ...(event === "createRoom" && { name: "Another" }),
        ...(event === "previewLink" && { on: false }), // they are off
      };
      assert.equal(wrongRequest(event, request), "", event);
      const answer = await ada.emitWithAck(event, request);
      assert.ok(answer.ok, `${event} ${JSON.stringify(request)}: ${JSON.stringify(answer)}`);
    }
  });

  test("both documents are served to everybody, and are the ones that are tested", async () => {
    assert.deepEqual((await http(cloud.url, "GET", "/api/openapi.json")).body, openapi);
    assert.deepEqual((await http(cloud.url, "GET", "/api/asyncapi.json")).body, asyncapi);
  });
});

// What `confab types` makes of an application, as TypeScript's compiler and JSON Schema read it. That it is what is made is
// held by a test beside it, in scripts/types.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import formats from "ajv-formats";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = join(root, "scripts/types/testdata");

/** The schemas of AsyncAPI 3 are those of JSON Schema's draft 7. */
const document = JSON.parse(readFileSync(join(folder, "whiteboard.json"), "utf8"));
const ajv = new Ajv({ strict: false });
formats.default(ajv);
ajv.addSchema(document, "whiteboard.json");

/** @param {string} at @param {unknown} value */
const allowed = (at, value) => ajv.validate({ $ref: `whiteboard.json#${at}` }, value);

const stroke = {
  board: "a",
  id: "1",
  at: "2026-01-02T15:04:05Z",
  points: [[1, 2]],
  colour: "red",
  width: 1.5,
  version: "7",
  weights: null,
  any: null,
  size: { Width: 1, "is-tall": true },
  may: 3,
  fade: 0,
};

describe("the types of an application", () => {
  test("a client of them compiles, and its mistakes do not", async () => {
    const tsc = join(root, "node_modules/.bin/tsc");
    /** @type {string} */
    const said = await new Promise((resolve) => {
      execFile(tsc, ["-p", join(folder, "client")], (error, stdout, stderr) =>
        resolve(`${stdout}${stderr}${error ? error.message : ""}`),
      );
    });
    assert.equal(said, "");
    const mistakes = readFileSync(join(folder, "client/client.ts"), "utf8").match(/@ts-expect-error: /g);
    assert.ok((mistakes?.length ?? 0) >= 20, `${mistakes?.length} mistakes are tried`);
  });

  test("every message has a schema", () => {
    let messages = 0;
    for (const [channel, { messages: all }] of Object.entries(document.channels)) {
      for (const [name, { payload }] of Object.entries(all)) {
        if (payload === undefined) continue;
        messages++;
        allowed(`/channels/${channel}/messages/${encodeURIComponent(name)}/payload`, null);
      }
    }
    assert.ok(messages >= 25, `there are ${messages}`);
  });

  test("the schemas allow what fits, and nothing else", () => {
    const drawn = "/channels/boards/messages/drawnEvent/payload";
    assert.ok(allowed(drawn, stroke), ajv.errorsText());
    assert.ok(allowed(drawn, { ...stroke, children: [stroke], label: null }), ajv.errorsText());
    for (const wrong of [
      { ...stroke, points: [[1, 2, 3]] },
      { ...stroke, colour: "blue" },
      { ...stroke, layer: 2 },
      { ...stroke, version: 7 },
      { ...stroke, at: "yesterday" },
      { ...stroke, children: [{}] },
      { ...stroke, weights: { blue: 1 } },
      { ...stroke, size: undefined },
      null,
    ])
      assert.ok(!allowed(drawn, wrong), JSON.stringify(wrong));
    const answer = "/channels/boards/messages/drawAnswer/payload";
    const refused = { ok: false, error: { code: "full", message: "The board is full." } };
    assert.ok(allowed(answer, stroke), ajv.errorsText());
    assert.ok(allowed(answer, refused), ajv.errorsText());
    assert.ok(!allowed(answer, { ...refused, error: { ...refused.error, code: "fulll" } }));
  });
});

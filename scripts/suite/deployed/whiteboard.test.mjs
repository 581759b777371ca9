// An application of one's own: scripts/examples/whiteboard, as its stack is synthesized, with its binary and permissions.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { connect, readMeter, record, startCloud, waitUntil } from "../harness.mjs";
import { find, functions, ungrant, unset, withChangedTemplate } from "./template.mjs";

const original = process.env.CONFAB_TEMPLATE_OF_WHITEBOARD ?? "";
// Each test names its template. No variable may replace what a template lacks.
for (const name of Object.keys(process.env)) if (/^CONFAB_(?!UNUSED)|^KEEP$/.test(name)) delete process.env[name];

const complaint = /level=ERROR|AccessDenied/;

/** @param {number} n */
const stroke = (n) => ({ board: "plan", id: `stroke-${n}`, colour: "#aa00ff", points: [[n, n]] });

/**
 * Uses all of the application, and fails at an error in its log.
 *
 * @param {string} template
 */
async function draw(template) {
  const cloud = await startCloud(["-template", template]);
  /** @type {import("socket.io-client").Socket[]} */
  const sockets = [];
  const use = async () => {
    const visit = async () => {
      const socket = await connect(`${cloud.url}/boards`);
      sockets.push(socket);
      const events = record(socket);
      return { events, found: await ask(socket, "load", { board: "plan" }), socket };
    };
    /** @param {import("socket.io-client").Socket} socket @param {string} event @param {object} body */
    const ask = (socket, event, body) => socket.timeout(20_000).emitWithAck(event, body);

    const [ada, bob] = [await visit(), await visit()];
    assert.deepEqual([ada.found, bob.found], [0, 0]);
    for (const n of [1, 2]) assert.notEqual((await ask(ada.socket, "draw", stroke(n)))?.ok, false);
    const drawn = await bob.events.allOnce("drawn", (all) => all.length === 2);
    assert.deepEqual(drawn, [[stroke(1)], [stroke(2)]]);
    const refused = await ask(ada.socket, "draw", { ...stroke(3), colour: "red" });
    assert.equal(refused.error.code, "bad_stroke");

    const cleo = await visit();
    assert.equal(cleo.found, 2);
    assert.deepEqual(await cleo.events.first("drawn"), [stroke(1), stroke(2)]);

    const cleared = await fetch(`${cloud.url}/boards/plan/strokes`, { method: "DELETE" });
    assert.equal(cleared.status, 204);
    assert.deepEqual(await cleo.events.first("cleared"), { board: "plan" });
    assert.equal((await visit()).found, 0);

    await ask(ada.socket, "draw", stroke(4));
    const { expire } = await schedules(cloud.url, template);
    await expire();
    await bob.events.allOnce("cleared", (all) => all.length === 2);
    assert.equal((await visit()).found, 0);
    // The board is forgotten after it is cleared.
    await waitUntil(async () => (await readMeter(cloud.url)).calls.some(forgets), "the end of the schedule");
    assert.deepEqual(ada.events.all("drawn"), []);
  };
  /** @type {string[]} */
  const failures = [];
  await Promise.race([use(), cloud.logged(complaint)]).catch((error) => failures.push(error.message));
  for (const socket of sockets) socket.disconnect();
  await cloud.stop();
  failures.unshift(...cloud.stderr.split("\n").filter((line) => complaint.test(line)));
  if (failures.length > 0) throw new Error(failures.join("\n"));
}

/** @param {{ function: string, operation: string, count: number }} call */
const forgets = (call) => /Schedule/.test(call.function) && call.operation === "DeleteItem" && call.count === 2;

/**
 * What runs the schedules of a template now.
 *
 * @param {string} url
 * @param {string} template
 */
async function schedules(url, template) {
  const id = functions(JSON.parse(readFileSync(template, "utf8"))).scheduleexpire;
  return {
    async expire() {
      const { status } = await fetch(`${url}/_local/schedules/${id}`, { method: "POST" });
      assert.equal(status, 202);
    },
  };
}

describe("an application of one's own", () => {
  test("does all that it says, as it is deployed", () => draw(original));

  /** @type {[string, (template: import("./template.mjs").Template) => unknown, RegExp][]} */
  const mistakes = [
    ["the grant to store", (t) => ungrant(t, "dynamodb:PutItem", "message"), /AccessDenied.*PutItem/],
    ["the grant to delete by HTTP", (t) => ungrant(t, "dynamodb:DeleteItem", "api"), /AccessDenied.*DeleteItem/],
    [
      "the grant to delete in a schedule",
      (t) => ungrant(t, "dynamodb:DeleteItem", "scheduleexpire"),
      /AccessDenied.*DeleteItem/,
    ],
    ["the name of a table", (t) => unset(t, "CONFAB_TABLE_STROKES", "message"), /table strokes: .*AccessDenied/],
    ["which function it is", (t) => unset(t, "CONFAB_FUNCTION", "message"), /initialize .* exit status 2/],
    [
      "a table's key under another name",
      (t) => {
        const [id] = find(t, "AWS::DynamoDB::GlobalTable", (_, id) => id === "Tablestrokes");
        t.Resources[id] = JSON.parse(JSON.stringify(t.Resources[id]).replaceAll('"id"', '"name"'));
      },
      /ValidationException/,
    ],
  ];
  for (const [mistake, make, symptom] of mistakes) {
    test(`misses ${mistake}`, () =>
      withChangedTemplate(original, make, (copy) => assert.rejects(draw(copy), { message: symptom })));
  }
});

// Mistakes in the stack. Each is made in a copy of the synthesized template, and a smoke test
// against a local cloud of that copy must fail.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { expectAnyAnswers } from "../contract.mjs";
import {
  http,
  openSocket,
  patience,
  readMeter,
  record,
  shortName,
  signIn,
  startCloud,
  waitUntil,
} from "../harness.mjs";
import { find, remove, ungrant, unset, withChangedTemplate } from "./template.mjs";

const original = process.env.CONFAB_TEMPLATE ?? "";
// Each test names its template. No variable may replace what a template lacks.
for (const name of Object.keys(process.env)) if (name.startsWith("CONFAB_")) delete process.env[name];

expectAnyAnswers();

// How long a mistake's silence is listened to. Nothing comes after it, so it may be short.
const glance = 3000;

const complaint = /level=ERROR|AccessDenied/;

/**
 * Checks what must work, without an error in the log: sign-in, connect, a room, a message
 * and its echo, a heartbeat, and both ways to disconnect. Fails with all errors. The sweep may
 * end a connection before $disconnect does, so it has to be off to see what $disconnect does.
 *
 * @param {string} template
 * @param {object} [options]
 * @param {boolean} [options.sweep] Whether the sweep runs, and a heartbeat comes.
 * @param {RegExp} [options.noticed] The error that reports a mistake in the template. In the log, it ends the check.
 * @param {string} [options.silent] The step that nothing comes of with that mistake.
 */
async function smoke(template, { sweep = true, noticed = complaint, silent } = {}) {
  const pace = sweep ? "100ms" : "1h";
  const cloud = await startCloud([
    "-template",
    template,
    "-sweep-every",
    pace,
    "-heartbeat",
    "ping",
    "-presence-grace",
    "0s",
  ]);
  /** @type {import("socket.io-client").Socket[]} */
  const sockets = [];
  /** @type {string[]} */
  const failures = [];
  await Promise.race([talk(cloud, sockets, sweep, silent), cloud.logged(noticed)]).catch((error) =>
    failures.push(error.message),
  );
  for (const s of sockets) s.disconnect();
  await cloud.stop();
  // A function's error may heal, and is a mistake all the same. It names the cause.
  failures.unshift(...cloud.stderr.split("\n").filter((line) => complaint.test(line)));
  if (failures.length > 0) throw new Error(failures.join("\n"));
}

/**
 * @param {import("../harness.mjs").Cloud} cloud
 * @param {import("socket.io-client").Socket[]} sockets
 * @param {boolean} sweep
 * @param {string} [silent]
 */
async function talk(cloud, sockets, sweep, silent) {
  /**
   * Waits for what a step results in. An error says which functions have never run.
   *
   * @template T
   * @param {string} name
   * @param {(ms: number) => Promise<T>} start
   */
  const step = async (name, start) => {
    const ms = name === silent ? glance : patience;
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const silence = new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    }).then(async () => {
      throw new Error(`${name}: nothing within ${ms} ms; never ran: ${(await neverRan(cloud)).join(", ")}`);
    });
    return /** @type {Promise<T>} */ (Promise.race([start(2 * ms), silence]).finally(() => clearTimeout(timer)));
  };
  /** @param {import("socket.io-client").Socket} socket @param {string} event @param {object} body */
  const ask = (socket, event, body) =>
    step(event, async (ms) => {
      const answer = await socket.timeout(ms).emitWithAck(event, body);
      if (!answer.ok) throw new Error(`${event}: ${answer.error.code}`);
      return answer;
    });
  /** @param {string} name @param {number} count */
  const disconnected = (name, count) =>
    step(name, (ms) => waitUntil(async () => (await runs(cloud)).get("disconnect") === count, name, ms));

  const people = await Promise.all(["Ada", "Bob"].map((name) => signIn(cloud.url, name)));
  for (const { token } of people) sockets.push(openSocket(cloud.url, { auth: { token }, reconnection: false }));
  const [ada, bob] = sockets;
  const pinged = new Promise((resolve) => ada.io.on("ping", () => resolve(undefined)));
  const connected = sockets.map(
    (s) => new Promise((resolve, reject) => s.once("connect", () => resolve(undefined)).once("connect_error", reject)),
  );
  await step("CONNECT", () => Promise.all(connected));
  const events = record(bob);
  const { room } = await ask(ada, "createRoom", { name: "Smoke", kind: "channel" });
  await ask(bob, "joinRoom", { roomId: room.id });
  await ask(bob, "watch", { roomIds: [room.id] });
  await ask(ada, "sendMessage", { roomId: room.id, text: "by event", tempId: "1" });
  const posted = await http(cloud.url, "POST", `/api/rooms/${room.id}/messages`, {
    token: people[0].token,
    body: { text: "by HTTP", tempId: "2" },
  });
  assert.equal(posted.status, 201);
  await step("newMessage", (ms) => events.allOnce("newMessage", (all) => all.length === 2, ms));
  assert.equal((await ask(bob, "history", { roomId: room.id })).messages.length, 2);
  if (sweep) await step("the heartbeat", () => pinged);
  ada.io.engine.close(); // without a DISCONNECT packet, so that only $disconnect tells of it
  await disconnected("$disconnect", 1);
  await step("presence", (ms) =>
    events.first("presence", ({ users }) => users[people[0].user.id]?.online === false, ms),
  );
  bob.io.engine.close();
  await disconnected("the second $disconnect", 2);
}

/**
 * How often each function has run.
 *
 * @param {import("../harness.mjs").Cloud} cloud
 */
const runs = async (cloud) =>
  new Map((await readMeter(cloud.url)).invocations.map((i) => [shortName(i.function), i.count]));

/** @param {import("../harness.mjs").Cloud} cloud */
const neverRan = async (cloud) => {
  const ran = await runs(cloud);
  return ["connect", "message", "disconnect", "sweep", "api"].filter((name) => !ran.has(name));
};

/** @typedef {(template: import("./template.mjs").Template) => unknown} Change */

/** @param {string} key @returns {Change} */
const route = (key) => (t) =>
  remove(
    t,
    find(t, "AWS::ApiGatewayV2::Route", (p) => p.RouteKey === key),
  );
/** @param {string} principal @returns {Change} */
const permission = (principal) => (t) =>
  remove(
    t,
    find(t, "AWS::Lambda::Permission", (p) => p.Principal === principal),
  );

// What is removed from the stack, how, the error that reports it, and the step that nothing
// comes of then.
/** @type {[string, Change, RegExp, string?][]} */
const mistakes = [
  ["the route $connect", route("$connect"), /^CONNECT: nothing .* never ran: connect,/, "CONNECT"],
  ["the route $default", route("$default"), /server error/],
  [
    "the route $disconnect",
    route("$disconnect"),
    /^\$disconnect: nothing .* never ran: disconnect, sweep$/,
    "$disconnect",
  ],
  ["a route of the HTTP API", route("POST /api/{proxy+}"), /sign-in answered 404/],
  [
    "the route response",
    (t) => remove(t, find(t, "AWS::ApiGatewayV2::RouteResponse")),
    /^createRoom: nothing .* never ran: disconnect$/, // the reply to CONNECT is posted
    "createRoom",
  ],
  [
    "a table's sort key",
    (t) => {
      for (const id of find(t, "AWS::DynamoDB::GlobalTable")) {
        const p = t.Resources[id].Properties;
        p.KeySchema = p.KeySchema.filter((/** @type {{ KeyType: string }} */ k) => k.KeyType === "HASH");
      }
    },
    /level=ERROR.*ValidationException/,
  ],
  [
    "a table's key under another name",
    (t) => {
      const [id] = find(t, "AWS::DynamoDB::GlobalTable", (_, id) => /realtime/i.test(id));
      t.Resources[id] = JSON.parse(JSON.stringify(t.Resources[id]).replaceAll('"pk"', '"id"'));
    },
    /level=ERROR.*ValidationException/,
  ],
  [
    "a table's time to live",
    (t) => {
      for (const id of find(t, "AWS::DynamoDB::GlobalTable")) delete t.Resources[id].Properties.TimeToLiveSpecification;
    },
    /would never expire/,
  ],
  [
    "the schedule",
    (t) => {
      permission("events.amazonaws.com")(t);
      remove(t, find(t, "AWS::Events::Rule"));
    },
    /^the heartbeat: nothing .* never ran: disconnect, sweep$/,
    "the heartbeat",
  ],
  [
    "the permission of the schedule to invoke",
    permission("events.amazonaws.com"),
    /^the heartbeat: nothing .* never ran: disconnect, sweep$/,
    "the heartbeat",
  ],
  ["the permission of API Gateway to invoke", permission("apigateway.amazonaws.com"), /sign-in answered 500/],
  [
    "the trust of a role in AWS Lambda",
    (t) => {
      for (const id of find(t, "AWS::IAM::Role")) t.Resources[id].Properties.AssumeRolePolicyDocument.Statement = [];
    },
    /AWS Lambda may not assume it/,
  ],
];

// By function: a grant or a variable of one does not replace another's.
const actions = {
  connect: ["dynamodb:PutItem", "execute-api:ManageConnections"],
  message: ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem", "execute-api:ManageConnections"],
  api: ["dynamodb:Query", "dynamodb:UpdateItem", "execute-api:ManageConnections"],
  disconnect: ["dynamodb:Query", "dynamodb:DeleteItem", "dynamodb:UpdateItem", "execute-api:ManageConnections"],
  sweep: ["dynamodb:Query", "dynamodb:UpdateItem", "execute-api:ManageConnections"],
};
const variables = {
  connect: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT"],
  message: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT", "CONFAB_CHAT_TABLE", "CONFAB_GUEST_SECRET"],
  api: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT", "CONFAB_CHAT_TABLE", "CONFAB_GUEST_SECRET"],
  disconnect: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT", "CONFAB_CHAT_TABLE"],
  sweep: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT"],
};
// A function without the chat's table runs the engine alone, and logs no error.
/** @type {Record<string, [RegExp, string?]>} */
const withoutLog = {
  "CONFAB_CHAT_TABLE of message": [/createRoom: unknown_event/],
  "CONFAB_CHAT_TABLE of disconnect": [/^presence: nothing .* never ran: sweep$/, "presence"],
};

/** @param {string} name @param {string} what */
const logLine = (name, what) =>
  new RegExp(`function=Chat(Realtime)?${name[0].toUpperCase()}${name.slice(1)}[0-9A-F]{8} .*${what}`);
for (const [name, all] of Object.entries(actions)) {
  for (const action of all) {
    mistakes.push([
      `${action} of ${name}`,
      (t) => ungrant(t, action, name),
      logLine(name, `no identity-based policy allows the ${action} action`),
    ]);
  }
}
for (const [name, all] of Object.entries(variables)) {
  for (const variable of all) {
    const mistake = `${variable} of ${name}`;
    mistakes.push([mistake, (t) => unset(t, variable, name), ...(withoutLog[mistake] ?? [logLine(name, variable)])]);
  }
}

describe("the stack as it is synthesized", () => {
  test("works", () => smoke(original));
  test("works without the sweep", () => smoke(original, { sweep: false }));
});

describe("whatever is removed from the stack is missed", { concurrency: 2 }, () => {
  for (const [mistake, make, noticed, silent] of mistakes) {
    test(mistake, () =>
      withChangedTemplate(original, make, (copy) =>
        assert.rejects(smoke(copy, { sweep: !/disconnect$/.test(mistake), noticed, silent }), { message: noticed }),
      ),
    );
  }
});

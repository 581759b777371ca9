// Mistakes in the stack. Each is made in a copy of the synthesized template, and a smoke test
// against a local cloud of that copy must fail.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { http, openSocket, readMeter, record, signIn, sleep, startCloud, waitUntil } from "../harness.mjs";
import { find, remove, ungrant, unset, withChangedTemplate } from "./template.mjs";

const original = process.env.CONFAB_TEMPLATE ?? "";
// Each test names its template. No variable may replace what a template lacks.
for (const name of Object.keys(process.env)) if (name.startsWith("CONFAB_")) delete process.env[name];

/**
 * Checks what must work, without an error in the log: sign-in, connect, a room, a message
 * and its echo, a heartbeat, and both ways to disconnect.
 *
 * @param {string} template
 */
async function smoke(template) {
  const cloud = await startCloud(["-template", template, "-sweep-every", "30ms", "-heartbeat", "ping"]);
  /** @type {import("socket.io-client").Socket[]} */
  const sockets = [];
  let failure;
  try {
    await talk(cloud, sockets);
  } catch (error) {
    failure = error;
  }
  for (const s of sockets) s.disconnect();
  await cloud.stop();
  // A function's error may heal, and is a mistake all the same. It names the cause.
  const [logged] = cloud.stderr.match(/^.*(level=ERROR|AccessDenied).*$/m) ?? [];
  if (logged) throw new Error(logged);
  if (failure) throw failure;
}

/** @param {import("../harness.mjs").Cloud} cloud @param {import("socket.io-client").Socket[]} sockets */
async function talk(cloud, sockets) {
  const people = await Promise.all(["Ada", "Bob"].map((name) => signIn(cloud.url, name)));
  for (const { token } of people) sockets.push(openSocket(cloud.url, { auth: { token }, reconnection: false }));
  const [ada, bob] = sockets;
  const pinged = new Promise((resolve) => ada.io.on("ping", () => resolve(undefined)));
  const connected = sockets.map(
    (s) => new Promise((resolve, reject) => s.once("connect", () => resolve(undefined)).once("connect_error", reject)),
  );
  await Promise.all(connected.map((promise) => within(promise)));
  const events = record(bob);
  const { room } = await ask(ada, "createRoom", { name: "Smoke", kind: "channel" });
  await ask(bob, "joinRoom", { roomId: room.id });
  await ask(ada, "sendMessage", { roomId: room.id, text: "by event", tempId: "1" });
  const posted = await http(cloud.url, "POST", `/api/rooms/${room.id}/messages`, {
    token: people[0].token,
    body: { text: "by HTTP", tempId: "2" },
  });
  assert.equal(posted.status, 200);
  await events.allOnce("newMessage", (all) => all.length === 2, 3000);
  assert.equal((await ask(bob, "history", { roomId: room.id })).messages.length, 2);
  await within(pinged);
  ada.io.engine.close(); // without a DISCONNECT packet, so that only $disconnect tells of it
  // The sweep ends connections too, so the meter must say that $disconnect ran.
  await waitUntil(async () => (await disconnects(cloud)) === 1, "$disconnect", 3000);
  await events.first("userOffline", (offline) => offline.user.id === people[0].user.id, 3000);
  bob.io.engine.close();
  await waitUntil(async () => (await disconnects(cloud)) === 2, "the second $disconnect", 3000);
}

/** @param {import("../harness.mjs").Cloud} cloud */
const disconnects = async (cloud) =>
  (await readMeter(cloud.url)).invocations.find((i) => /disconnect/i.test(i.function))?.count;

/** @param {Promise<unknown>} promise */
const within = (promise, ms = 3000) =>
  Promise.race([
    promise,
    sleep(ms).then(() => {
      throw new Error("not in time");
    }),
  ]);

/** @param {import("socket.io-client").Socket} socket @param {string} event @param {object} body */
async function ask(socket, event, body) {
  const answer = await socket.timeout(3000).emitWithAck(event, body);
  if (!answer.ok) throw new Error(`${event}: ${answer.error.code}`);
  return answer;
}

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

// What is removed from the stack, how, and the error that reports it.
/** @type {[string, Change, RegExp][]} */
const mistakes = [
  ["the route $connect", route("$connect"), /not in time/],
  ["the route $default", route("$default"), /server error/],
  ["the route $disconnect", route("$disconnect"), /\$disconnect: not within/],
  ["a route of the HTTP API", route("POST /api/{proxy+}"), /sign-in answered 404/],
  ["the route response", (t) => remove(t, find(t, "AWS::ApiGatewayV2::RouteResponse")), /operation has timed out/],
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
    /not in time/,
  ],
  ["the permission of the schedule to invoke", permission("events.amazonaws.com"), /not in time/],
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
  message: [
    "dynamodb:ConditionCheckItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "execute-api:ManageConnections",
  ],
  api: ["dynamodb:ConditionCheckItem", "dynamodb:Query", "dynamodb:UpdateItem", "execute-api:ManageConnections"],
  disconnect: ["dynamodb:Query", "dynamodb:DeleteItem", "dynamodb:UpdateItem", "execute-api:ManageConnections"],
  sweep: ["dynamodb:Query", "dynamodb:PutItem", "execute-api:ManageConnections"],
};
const variables = {
  connect: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT"],
  message: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT", "CONFAB_CHAT_TABLE", "CONFAB_GUEST_SECRET"],
  api: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT", "CONFAB_CHAT_TABLE", "CONFAB_GUEST_SECRET"],
  disconnect: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT", "CONFAB_CHAT_TABLE"],
  sweep: ["CONFAB_REALTIME_TABLE", "CONFAB_MANAGEMENT_ENDPOINT"],
};
// A function without the chat's table runs the engine alone, and logs no error.
/** @type {Record<string, RegExp>} */
const withoutLog = {
  "CONFAB_CHAT_TABLE of message": /createRoom: unknown_event/,
  "CONFAB_CHAT_TABLE of disconnect": /event userOffline did not come/,
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
    mistakes.push([mistake, (t) => unset(t, variable, name), withoutLog[mistake] ?? logLine(name, variable)]);
  }
}

describe("the stack as it is synthesized", () => {
  test("works", () => smoke(original));
});

describe("whatever is removed from the stack is missed", { concurrency: 2 }, () => {
  for (const [mistake, make, noticed] of mistakes) {
    test(mistake, () =>
      withChangedTemplate(original, make, (copy) => assert.rejects(smoke(copy), { message: noticed })),
    );
  }
});

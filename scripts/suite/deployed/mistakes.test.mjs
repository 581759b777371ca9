// A mistake in the stack fails here: each is made in a copy of the synthesized template,
// and a smoke check against the local cloud built from it must notice.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { http, listen, open, signIn, sleep, startCloud, until } from "../confab.mjs";
import { changed, find, remove, ungrant, unset } from "./template.mjs";

const original = process.env.CONFAB_TEMPLATE;
// The checks name their template, and nothing may stand in for what it lacks.
for (const name of Object.keys(process.env)) if (name.startsWith("CONFAB_")) delete process.env[name];

/** What must work, without an error in the log: sign-in, connect, a room, a message and its echo, a heartbeat. */
async function smoke(template) {
  const cloud = await startCloud(["-template", template, "-sweep-every", "30ms", "-heartbeat", "ping"]);
  const sockets = [];
  try {
    const people = await Promise.all(["Ada", "Bob"].map((name) => signIn(cloud.url, name)));
    for (const { token } of people) sockets.push(open(cloud.url, { auth: { token }, reconnection: false }));
    const [ada, bob] = sockets;
    const pinged = new Promise((resolve) => ada.io.on("ping", resolve));
    await Promise.all(
      sockets.map((s) => within(new Promise((done, fail) => s.once("connect", done).once("connect_error", fail)))),
    );
    const heard = listen(bob);
    const { room } = await ask(ada, "createRoom", { name: "Smoke", kind: "channel" });
    await ask(bob, "joinRoom", { roomId: room.id });
    await ask(ada, "sendMessage", { roomId: room.id, text: "by event", tempId: "1" });
    const posted = await http(cloud.url, "POST", `/api/rooms/${room.id}/messages`, {
      token: people[0].token,
      body: { text: "by HTTP", tempId: "2" },
    });
    assert.equal(posted.status, 200);
    await heard.until("newMessage", (all) => all.length === 2, 3000);
    assert.equal((await ask(bob, "history", { roomId: room.id })).messages.length, 2);
    await within(pinged);
    ada.io.engine.close(); // with no word, so that all is left to $disconnect
    // Endings heal without $disconnect, by the sweep: whether it ran is on the meter.
    await until(async () => (await disconnects(cloud)) === 1, "$disconnect", 3000);
    await heard.event("userOffline", (offline) => offline.user.id === people[0].user.id, 3000);
    bob.io.engine.close();
    await until(async () => (await disconnects(cloud)) === 2, "the second $disconnect", 3000);
  } finally {
    for (const s of sockets) s.disconnect();
    await cloud.stop();
    // What a function cannot do may heal, and is a mistake all the same.
    const [error] = cloud.said.match(/^.*(level=ERROR|AccessDenied).*$/m) ?? [];
    if (error) throw new Error(error);
  }
}

const disconnects = async (cloud) =>
  (await http(cloud.url, "GET", "/_local/meter")).body.invocations.find((i) => /disconnect/i.test(i.function))?.count;

const within = (promise, ms = 3000) =>
  Promise.race([
    promise,
    sleep(ms).then(() => {
      throw new Error("not in time");
    }),
  ]);

async function ask(socket, event, body) {
  const answer = await socket.timeout(3000).emitWithAck(event, body);
  if (!answer.ok) throw new Error(`${event}: ${answer.error.code}`);
  return answer;
}

const route = (key) => (t) =>
  remove(
    t,
    find(t, "AWS::ApiGatewayV2::Route", (p) => p.RouteKey === key),
  );
const permission = (principal) => (t) =>
  remove(
    t,
    find(t, "AWS::Lambda::Permission", (p) => p.Principal === principal),
  );

// What is taken out of the stack, how, and by what that is noticed.
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
        p.KeySchema = p.KeySchema.filter((k) => k.KeyType === "HASH");
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

// By function, because a grant or a variable of one must not stand in for another's.
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
// A function without the chat's table runs the engine alone.
const silent = {
  "CONFAB_CHAT_TABLE of message": /createRoom: unknown_event/,
  "CONFAB_CHAT_TABLE of disconnect": /event userOffline did not come/,
};

const says = (name, what) =>
  new RegExp(`function=Chat(Realtime)?${name[0].toUpperCase()}${name.slice(1)}[0-9A-F]{8} .*${what}`);
for (const [name, all] of Object.entries(actions)) {
  for (const action of all) {
    mistakes.push([
      `${action} of ${name}`,
      (t) => ungrant(t, action, name),
      says(name, `no identity-based policy allows the ${action} action`),
    ]);
  }
}
for (const [name, all] of Object.entries(variables)) {
  for (const variable of all) {
    const mistake = `${variable} of ${name}`;
    mistakes.push([mistake, (t) => unset(t, variable, name), silent[mistake] ?? says(name, variable)]);
  }
}

describe("the stack as it is synthesized", () => {
  test("works", () => smoke(original));
});

describe("what is taken out of the stack is missed", { concurrency: 2 }, () => {
  for (const [mistake, make, noticed] of mistakes) {
    test(mistake, () => changed(original, make, (copy) => assert.rejects(smoke(copy), { message: noticed })));
  }
});

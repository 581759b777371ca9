// A mistake in the stack fails here: each is made in a copy of the synthesized template,
// and a smoke check against the local cloud built from it must notice.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { http, listen, open, signIn, sleep, startCloud, until } from "../confab.mjs";
import { changed, find, remove, ungrant, unset } from "./template.mjs";

const original = process.env.CONFAB_TEMPLATE;
delete process.env.CONFAB_TEMPLATE; // the check names its own

/** What must work: sign-in, connect, a room, a message and its echo, a heartbeat. */
async function smoke(template) {
  const cloud = await startCloud(["-template", template, "-sweep-every", "30ms", "-heartbeat", "ping"]);
  const sockets = [];
  try {
    const people = await Promise.all(["Ada", "Bob"].map((name) => signIn(cloud.url, name)));
    for (const { token } of people) sockets.push(open(cloud.url, { auth: { token }, reconnection: false }));
    const [ada, bob] = sockets;
    const pinged = new Promise((resolve) => ada.io.on("ping", resolve));
    await Promise.all(sockets.map((s) => within(new Promise((done, fail) => s.once("connect", done).once("connect_error", fail)))));
    const heard = listen(bob);
    const { room } = await ask(ada, "createRoom", { name: "Smoke", kind: "channel" });
    await ask(bob, "joinRoom", { roomId: room.id });
    await ask(ada, "sendMessage", { roomId: room.id, text: "by event", tempId: "1" });
    const posted = await http(cloud.url, "POST", `/api/rooms/${room.id}/messages`, { token: people[0].token, body: { text: "by HTTP", tempId: "2" } });
    assert.equal(posted.status, 200);
    await heard.until("newMessage", (all) => all.length === 2, 3000);
    assert.equal((await ask(bob, "history", { roomId: room.id })).messages.length, 2);
    await within(pinged);
    ada.disconnect();
    // Endings heal without $disconnect, by the sweep: whether it ran is on the meter.
    await until(async () => (await http(cloud.url, "GET", "/_local/meter")).body.invocations.some((i) => /disconnect/i.test(i.function)),
      "$disconnect", 3000);
    await heard.event("userOffline", (offline) => offline.user.id === people[0].user.id, 3000);
  } finally {
    for (const s of sockets) s.disconnect();
    await cloud.stop();
  }
}

const within = (promise, ms = 3000) => Promise.race([promise, sleep(ms).then(() => { throw new Error("not in time"); })]);

async function ask(socket, event, body) {
  const answer = await socket.timeout(3000).emitWithAck(event, body);
  if (!answer.ok) throw new Error(`${event}: ${answer.error.code}`);
  return answer;
}

const mistakes = {
  "a route: $connect": (t) => remove(t, find(t, "AWS::ApiGatewayV2::Route", (p) => p.RouteKey === "$connect")),
  "a route: $default": (t) => remove(t, find(t, "AWS::ApiGatewayV2::Route", (p) => p.RouteKey === "$default")),
  "a route: $disconnect": (t) => remove(t, find(t, "AWS::ApiGatewayV2::Route", (p) => p.RouteKey === "$disconnect")),
  "a route of the HTTP API": (t) => remove(t, find(t, "AWS::ApiGatewayV2::Route", (p) => p.RouteKey === "POST /api/{proxy+}")),
  "the route response": (t) => remove(t, find(t, "AWS::ApiGatewayV2::RouteResponse")),
  "a grant: to post to connections": (t) => ungrant(t, "execute-api:ManageConnections"),
  "a grant: to query": (t) => ungrant(t, "dynamodb:Query"),
  "a grant: to check a condition": (t) => ungrant(t, "dynamodb:ConditionCheckItem"),
  "an environment variable: the realtime table": (t) => unset(t, "CONFAB_REALTIME_TABLE"),
  "an environment variable: the chat table": (t) => unset(t, "CONFAB_CHAT_TABLE"),
  "an environment variable: the management endpoint": (t) => unset(t, "CONFAB_MANAGEMENT_ENDPOINT"),
  "a table's sort key": (t) => {
    for (const id of find(t, "AWS::DynamoDB::GlobalTable")) {
      const p = t.Resources[id].Properties;
      p.KeySchema = p.KeySchema.filter((k) => k.KeyType === "HASH");
    }
  },
  "a table's key under another name": (t) => {
    const [id] = find(t, "AWS::DynamoDB::GlobalTable", (_, id) => /realtime/i.test(id));
    t.Resources[id] = JSON.parse(JSON.stringify(t.Resources[id]).replaceAll('"pk"', '"id"'));
  },
  "the schedule": (t) => {
    remove(t, find(t, "AWS::Lambda::Permission", (p) => p.Principal === "events.amazonaws.com"));
    remove(t, find(t, "AWS::Events::Rule"));
  },
  "the permission of the schedule to invoke": (t) =>
    remove(t, find(t, "AWS::Lambda::Permission", (p) => p.Principal === "events.amazonaws.com")),
  "the permission of API Gateway to invoke": (t) =>
    remove(t, find(t, "AWS::Lambda::Permission", (p) => p.Principal === "apigateway.amazonaws.com")),
};

describe("the stack as it is synthesized", () => {
  test("works", () => smoke(original));
});

describe("what is taken out of the stack is missed", () => {
  for (const [mistake, make] of Object.entries(mistakes)) {
    test(mistake, () =>
      changed(original, make, (copy) =>
        assert.rejects(smoke(copy), (error) => error instanceof Error && !/ReferenceError|TypeError/.test(error.name))));
  }
});

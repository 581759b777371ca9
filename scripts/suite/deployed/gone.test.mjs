// Clients whose connection is gone without $disconnect. Each function that finds one ends it,
// with the permissions that the stack grants. A missing permission would be hidden by the next
// function that finds the client, so the log must be free of errors.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect, connectAs, http, readMeter, record, startCloud, waitUntil } from "../harness.mjs";
import { find, remove, withChangedTemplate } from "./template.mjs";

const original = process.env.CONFAB_TEMPLATE ?? "";
delete process.env.CONFAB_TEMPLATE; // each test names its template

/** @typedef {import("../harness.mjs").Client} Client */
/**
 * @typedef {object} Fixture
 * @property {import("../harness.mjs").Cloud} cloud
 * @property {Client} ada
 * @property {{ id: string }} room
 * @property {(name: string) => Promise<Client>} join
 * @property {() => Promise<import("../harness.mjs").Recorder>} crowd
 */

/**
 * Starts a cloud of a template, with a room that Ada has created.
 *
 * @param {string} template
 * @param {string[]} flags
 * @param {(fixture: Fixture) => Promise<void>} f
 */
async function inRoom(template, flags, f) {
  // Everyone is told at once, so that an ending tells a large room, which is one person's devices.
  const settings = ["-presence", "everyone", "-presence-grace", "0s", "-max-sockets", "1000"];
  const cloud = await startCloud(["-template", template, ...settings, ...flags]);
  const ada = await connectAs(cloud.url, "Ada");
  const sockets = [ada.socket];
  try {
    const { room } = await ada.request("createRoom", { name: "Everybody", kind: "channel" });
    const join = async (/** @type {string} */ name) => {
      const client = await connectAs(cloud.url, name);
      sockets.push(client.socket);
      client.socket.io.reconnection(false);
      await client.request("joinRoom", { roomId: room.id });
      return client;
    };
    // Connects more of Ada's devices than one function delivers to.
    const crowd = async () => {
      for (let n = 0; n < 10; n++) {
        sockets.push(
          ...(await Promise.all(Array.from({ length: 31 }, () => connect(cloud.url, { auth: { token: ada.token } })))),
        );
      }
      return record(sockets[sockets.length - 1]);
    };
    await f({ cloud, ada, room, join, crowd });
    assert.deepEqual((await http(cloud.url, "GET", "/_local/failures")).body, {});
  } finally {
    for (const s of sockets) s.disconnect();
    await cloud.stop();
  }
  assert.doesNotMatch(cloud.stderr, /level=ERROR|AccessDenied/);
}

/** @param {(template: string) => Promise<void>} f */
const withoutDisconnect = (f) =>
  withChangedTemplate(
    original,
    (t) =>
      remove(
        t,
        find(t, "AWS::ApiGatewayV2::Route", (p) => p.RouteKey === "$disconnect"),
      ),
    f,
    "without-disconnect",
  );

/** Ends the connection without a DISCONNECT packet. */
const leave = (/** @type {Client} */ client) => client.socket.io.engine.close();
/** @param {Fixture} fixture @param {string} text */
const post = async ({ cloud, ada, room }, text) => {
  const { status } = await http(cloud.url, "POST", `/api/rooms/${room.id}/messages`, {
    token: ada.token,
    body: { text, tempId: text.replaceAll(" ", "-") },
  });
  assert.equal(status, 201);
};
/** @param {import("../harness.mjs").Recorder} events @param {Client} client */
const offline = (events, client) => events.first("userOffline", ({ user }) => user.id === client.user.id);

describe("a client that is gone", () => {
  test("is ended by the function that finds it, in a large room too", () =>
    withoutDisconnect((template) =>
      inRoom(template, ["-sweep-every", "1h"], async (all) => {
        const { cloud, ada, room, join, crowd } = all;
        const [bob, cleo] = [await join("Bob"), await join("Cleo")];
        leave(bob);
        await post(all, "by the api function");
        await offline(ada.events, bob);
        const { status } = await http(cloud.url, "POST", `/api/rooms/${room.id}/leave`, { token: bob.token });
        assert.equal(status, 200);

        const events = await crowd();
        leave(cleo);
        await post(all, "by the fanout function");
        await offline(events, cleo);
        // The fanout function still has to delete the connection.
        await waitUntil(
          async () =>
            (await readMeter(cloud.url)).calls.some(
              (c) => /fanout/i.test(c.function) && c.operation === "DeleteConnection",
            ),
          "the end of Cleo's connection",
        );
      }),
    ));

  test("is ended by the sweep, which tells a large room", () =>
    withoutDisconnect((template) =>
      inRoom(template, ["-sweep-every", "200ms"], async ({ join, crowd }) => {
        const bob = await join("Bob");
        const events = await crowd();
        leave(bob);
        await offline(events, bob);
      }),
    ));

  test("is ended by $disconnect, which tells a large room", () =>
    inRoom(original, ["-sweep-every", "1h"], async ({ join, crowd }) => {
      const bob = await join("Bob");
      const events = await crowd();
      leave(bob);
      await offline(events, bob);
    }));
});

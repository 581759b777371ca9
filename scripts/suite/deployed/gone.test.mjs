// Clients that went without a word, of whom API Gateway told nobody: each function that finds
// one ends it, under the permissions that the stack gives for it. That the next one would do
// so too hides a missing permission, so the log must be clean.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect, http, listen, person, startCloud, until } from "../confab.mjs";
import { changed, find, remove } from "./template.mjs";

const original = process.env.CONFAB_TEMPLATE;
delete process.env.CONFAB_TEMPLATE; // these name their own

/** Runs a cloud of a template, with a room that Ada has made. */
async function inRoom(template, flags, f) {
  const cloud = await startCloud(["-template", template, ...flags]);
  const ada = await person(cloud.url, "Ada");
  const sockets = [ada.socket];
  try {
    const { room } = await ada.request("createRoom", { name: "Everybody", kind: "channel" });
    const join = async (name) => {
      const one = await person(cloud.url, name);
      sockets.push(one.socket);
      one.socket.io.reconnection(false);
      await one.request("joinRoom", { roomId: room.id });
      return one;
    };
    /** More devices than one function delivers to by itself, all Ada's. */
    const crowd = async () => {
      for (let n = 0; n < 10; n++) {
        sockets.push(
          ...(await Promise.all(Array.from({ length: 31 }, () => connect(cloud.url, { auth: { token: ada.token } })))),
        );
      }
      return listen(sockets.at(-1));
    };
    await f({ cloud, ada, room, join, crowd });
    assert.deepEqual((await http(cloud.url, "GET", "/_local/failures")).body, {});
  } finally {
    for (const s of sockets) s.disconnect();
    await cloud.stop();
  }
  assert.doesNotMatch(cloud.said, /level=ERROR|AccessDenied/);
}

const withoutDisconnect = (f) =>
  changed(
    original,
    (t) =>
      remove(
        t,
        find(t, "AWS::ApiGatewayV2::Route", (p) => p.RouteKey === "$disconnect"),
      ),
    f,
    "without-disconnect",
  );

const leave = (one) => one.socket.io.engine.close();
const post = async ({ cloud, ada, room }, text) => {
  const { status } = await http(cloud.url, "POST", `/api/rooms/${room.id}/messages`, {
    token: ada.token,
    body: { text, tempId: text.replaceAll(" ", "-") },
  });
  assert.equal(status, 200);
};
const offline = (heard, one) => heard.event("userOffline", ({ user }) => user.id === one.user.id);

describe("who went without a word", () => {
  test("is ended by the function that finds it, also in a large room", () =>
    withoutDisconnect((template) =>
      inRoom(template, ["-sweep-every", "1h"], async (all) => {
        const { cloud, ada, room, join, crowd } = all;
        const [bob, cleo] = [await join("Bob"), await join("Cleo")];
        leave(bob);
        await post(all, "by the api function");
        await offline(ada.heard, bob);
        const { status } = await http(cloud.url, "POST", `/api/rooms/${room.id}/leave`, { token: bob.token });
        assert.equal(status, 200);

        const heard = await crowd();
        leave(cleo);
        await post(all, "by the fanout function");
        await offline(heard, cleo);
        // Which is not the last of what there is to do.
        await until(
          async () =>
            (await http(cloud.url, "GET", "/_local/meter")).body.calls.some(
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
        const heard = await crowd();
        leave(bob);
        await offline(heard, bob);
      }),
    ));

  test("is ended by $disconnect, which tells a large room", () =>
    inRoom(original, ["-sweep-every", "1h"], async ({ join, crowd }) => {
      const bob = await join("Bob");
      const heard = await crowd();
      leave(bob);
      await offline(heard, bob);
    }));
});

// What is off in the stack by default, or happens in large rooms only, under the
// permissions that the stack gives for it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect, http, listen, open, person, signIn, startCloud, until } from "../confab.mjs";
import { changed, ungrant, unset } from "./template.mjs";

const template = process.env.CONFAB_TEMPLATE_WITH_OPTIONS;
delete process.env.CONFAB_TEMPLATE; // these name their own

/** Runs a cloud of a template. */
async function inCloud(path, f) {
  const cloud = await startCloud(["-template", path]);
  try {
    await f(cloud.url);
  } finally {
    await cloud.stop();
  }
}

/** A room of more devices than one function delivers to hears a message, by the fanout function. */
async function fanOut(url) {
  const session = await signIn(url, "Ada");
  const ada = await person(url, "Ada", session);
  const { room } = await ada.request("createRoom", { name: "Everybody", kind: "channel" });
  const devices = [];
  while (devices.length < 310) {
    const more = await Promise.all(Array.from({ length: 31 }, () => connect(url, { auth: { token: session.token } })));
    devices.push(...more.map((socket) => ({ socket, heard: listen(socket) })));
  }
  try {
    await ada.request("sendMessage", { roomId: room.id, text: "hello", tempId: "1" });
    await Promise.all(devices.map(({ heard }) => heard.event("newMessage", (m) => m.text === "hello")));
    // Frames arrive before the function that sent them has ended and is counted.
    await until(
      async () =>
        (await http(url, "GET", "/_local/meter")).body.invocations.some(
          (i) => /fanout/i.test(i.function) && i.count >= 2,
        ),
      "two runs of the fanout function",
    );
  } finally {
    ada.close();
    for (const { socket } of devices) socket.disconnect();
  }
}

describe("the stack with its options", () => {
  test("recovers a session with what it missed", () =>
    inCloud(template, async (url) => {
      const [ada, bob] = [await person(url, "Ada"), await person(url, "Bob")];
      const { room } = await ada.request("createRoom", { name: "Tunnel", kind: "channel" });
      await bob.request("joinRoom", { roomId: room.id });
      await ada.request("sendMessage", { roomId: room.id, text: "before", tempId: "1" });
      await bob.heard.event("newMessage", (m) => m.text === "before");
      const { id } = bob.socket;
      bob.socket.io.reconnectionDelay(1000);
      bob.socket.io.engine.close();
      await ada.request("sendMessage", { roomId: room.id, text: "missed", tempId: "2" });
      await bob.heard.event("newMessage", (m) => m.text === "missed");
      await until(() => bob.socket.connected, "reconnect");
      assert.deepEqual([bob.socket.recovered, bob.socket.id], [true, id]);
      ada.close();
      bob.close();
    }));

  test("shows its sockets to the admin, and to nobody else", () =>
    inCloud(template, async (url) => {
      const player = await connect(`${url}/game`);
      await assert.rejects(
        connect(`${url}/admin`, { auth: { username: "ada", password: "wrong" }, reconnection: false }),
        { message: "invalid credentials" },
      );
      const admin = open(`${url}/admin`, { auth: { username: "ada", password: "correct horse battery" } });
      const sockets = await listen(admin).event("all_sockets");
      assert.ok(sockets.some((s) => s.id === player.id));
      admin.emit("_disconnect", "/game", false, player.id);
      await until(() => !player.connected, "the disconnect");
      admin.disconnect();
    }));

  test("lets pages of the allowed origins ask", () =>
    inCloud(template, async (url) => {
      const headers = {
        origin: "https://chat.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      };
      const answer = await fetch(`${url}/api/rooms`, { method: "OPTIONS", headers });
      const allowed = (what) => answer.headers.get(`access-control-allow-${what}`);
      assert.deepEqual([answer.status, allowed("origin")], [204, "*"]);
      assert.match(allowed("methods"), /POST/);
      assert.match(allowed("headers"), /authorization/i);
    }));

  test("hands large rooms to the fanout function", () => inCloud(template, fanOut));

  const mistakes = {
    "the grant to hand them over": (t) => ungrant(t, "lambda:InvokeFunction", "message"),
    "the function to hand them over to": (t) => unset(t, "CONFAB_FANOUT_FUNCTION", "message"),
  };
  for (const [mistake, make] of Object.entries(mistakes)) {
    test(`misses ${mistake}`, () =>
      changed(template, make, (copy) => assert.rejects(inCloud(copy, fanOut), /two runs of the fanout function/)));
  }
});

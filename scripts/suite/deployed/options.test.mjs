// Options of the stack, and what happens in large rooms only, with the permissions that the
// stack grants.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  connect,
  connectAs,
  http,
  openSocket,
  readMeter,
  record,
  shortName,
  signIn,
  startCloud,
  waitUntil,
} from "../harness.mjs";
import { ungrant, unset, withChangedTemplate } from "./template.mjs";

const template = process.env.CONFAB_TEMPLATE_WITH_OPTIONS ?? "";
delete process.env.CONFAB_TEMPLATE; // each test names its template

/**
 * Calls f with the URL of a cloud of a template.
 *
 * @param {string} path
 * @param {(url: string) => Promise<unknown>} f
 */
async function withCloud(path, f) {
  const cloud = await startCloud(["-template", path, "-max-sockets", "1000"]); // a large room is one person's devices
  try {
    await f(cloud.url);
  } finally {
    await cloud.stop();
  }
}

/**
 * Sends a message to more devices than one function delivers to, and waits for the fanout
 * function.
 *
 * @param {string} url
 */
async function fanOut(url) {
  const session = await signIn(url, "Ada");
  const ada = await connectAs(url, "Ada", session);
  const { room } = await ada.request("createRoom", { name: "Everybody", kind: "channel" });
  /** @type {{ socket: import("socket.io-client").Socket, events: import("../harness.mjs").Recorder }[]} */
  const devices = [];
  while (devices.length < 310) {
    const more = await Promise.all(Array.from({ length: 31 }, () => connect(url, { auth: { token: session.token } })));
    devices.push(...more.map((socket) => ({ socket, events: record(socket) })));
  }
  try {
    await ada.request("sendMessage", { roomId: room.id, text: "hello", tempId: "1" });
    await Promise.all(devices.map(({ events }) => events.first("newMessage", (m) => m.text === "hello")));
    // It is acknowledged when the other function has taken over, and calls are counted before their answers.
    const handedOver = (await readMeter(url)).calls
      .filter((c) => c.operation === "SendMessage" && shortName(c.function) === "message")
      .reduce((n, c) => n + c.count - c.failed, 0);
    assert.ok(handedOver >= 2, `handed over ${handedOver} times`);
    // Frames arrive before the function that sends them has ended and is counted.
    await waitUntil(
      async () => (await readMeter(url)).invocations.some((i) => /fanout/i.test(i.function) && i.count >= 2),
      "two runs of the fanout function",
    );
  } finally {
    ada.close();
    for (const { socket } of devices) socket.disconnect();
  }
}

describe("the stack with its options", () => {
  test("recovers a session with what it missed", () =>
    withCloud(template, async (url) => {
      const [ada, bob] = [await connectAs(url, "Ada"), await connectAs(url, "Bob")];
      const { room } = await ada.request("createRoom", { name: "Tunnel", kind: "channel" });
      await bob.request("joinRoom", { roomId: room.id });
      await ada.request("sendMessage", { roomId: room.id, text: "before", tempId: "1" });
      await bob.events.first("newMessage", (m) => m.text === "before");
      const { id } = bob.socket;
      bob.socket.io.reconnectionDelay(1000);
      bob.socket.io.engine.close();
      await ada.request("sendMessage", { roomId: room.id, text: "missed", tempId: "2" });
      await bob.events.first("newMessage", (m) => m.text === "missed");
      await waitUntil(() => bob.socket.connected, "reconnect");
      assert.deepEqual([bob.socket.recovered, bob.socket.id], [true, id]);
      ada.close();
      bob.close();
    }));

  test("shows its sockets to the admin only", () =>
    withCloud(template, async (url) => {
      const ada = await connectAs(url, "Ada");
      await assert.rejects(
        connect(`${url}/admin`, { auth: { username: "ada", password: "wrong" }, reconnection: false }),
        { message: "invalid credentials" },
      );
      const admin = openSocket(`${url}/admin`, { auth: { username: "ada", password: "correct horse battery" } });
      const sockets = await record(admin).first("all_sockets");
      assert.ok(sockets.some((/** @type {{ id: string }} */ s) => s.id === ada.socket.id));
      admin.emit("_disconnect", "/", false, ada.socket.id);
      await waitUntil(() => !ada.socket.connected, "the disconnect");
      admin.disconnect();
    }));

  test("fetches link previews, and reaches nothing inside", () =>
    withCloud(template, async (url) => {
      const ada = await connectAs(url, "Ada");
      assert.equal((await http(url, "GET", "/api/session")).body.linkPreviews, true);
      const { room } = await ada.request("createRoom", { name: "Links", kind: "group" });
      const [byEvent, byHTTP] = [`${url}/?event`, "http://169.254.169.254/latest/meta-data/"];
      const { message } = await ada.request("sendMessage", {
        roomId: room.id,
        text: `${byEvent} ${byHTTP}`,
        tempId: "1",
      });
      const { seq } = message;
      const answer = await ada.request("previewLink", { roomId: room.id, seq, url: byEvent, on: true });
      assert.deepEqual(answer.message, message);
      const { status, body } = await http(url, "PUT", `/api/rooms/${room.id}/messages/${seq}/link-preview`, {
        token: ada.token,
        body: { url: byHTTP, on: true },
      });
      assert.deepEqual([status, body.message], [200, message]);
      const fetched = (await readMeter(url)).invocations.find((i) => shortName(i.function) === "preview");
      assert.equal(fetched?.count, 2);
      ada.close();
    }));

  test("accepts requests of pages from allowed origins", () =>
    withCloud(template, async (url) => {
      const headers = {
        origin: "https://chat.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      };
      const answer = await fetch(`${url}/api/rooms`, { method: "OPTIONS", headers });
      /** @param {string} what */
      const allowed = (what) => answer.headers.get(`access-control-allow-${what}`) ?? "";
      assert.deepEqual([answer.status, allowed("origin")], [204, "*"]);
      assert.match(allowed("methods"), /POST/);
      assert.match(allowed("headers"), /authorization/i);
    }));

  test("uses the fanout function for large rooms", () => withCloud(template, fanOut));

  /** @type {Record<string, (template: import("./template.mjs").Template) => unknown>} */
  const mistakes = {
    "the grant to hand them over": (t) => ungrant(t, "sqs:SendMessage", "message"),
    "the queue to hand them over to": (t) => unset(t, "CONFAB_FANOUT_QUEUE", "message"),
  };
  for (const [mistake, make] of Object.entries(mistakes)) {
    test(`misses ${mistake}`, () =>
      withChangedTemplate(template, make, (copy) =>
        assert.rejects(withCloud(copy, fanOut), /^AssertionError.*: handed over 0 times/),
      ));
  }
});

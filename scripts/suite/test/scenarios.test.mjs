// Three applications as people write them for the reference server. Only the options of
// these clients are Confab's. With CONFAB_REFERENCE, the path of a module, the same tests
// run against the server that its start(app) starts.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { io } from "socket.io-client";
import { patience, startCloud, waitUntil } from "../harness.mjs";
import { startProxy } from "../proxy.mjs";

/** @type {{ start(app: string): Promise<{ url: string, stop(): unknown }> }} */
const { start } = process.env.CONFAB_REFERENCE
  ? await import(process.env.CONFAB_REFERENCE)
  : { start: (app) => startCloud(["-app", app]) };

/** @type {{ url: string, stop(): unknown }} */
let server;
/** @type {{ close(): unknown }[]} */
const opened = [];

/**
 * Closes a socket or proxy after the test.
 *
 * @template {{ close(): unknown }} T
 * @param {T} resource
 */
function closeAfter(resource) {
  opened.push(resource);
  return resource;
}

/**
 * Gives each test a server of its own.
 *
 * @param {string} app
 */
function serve(app) {
  beforeEach(async () => {
    server = await start(app);
  });
  afterEach(async () => {
    for (const resource of opened.splice(0)) resource.close();
    await server.stop();
  });
}

const options = { transports: ["websocket"], forceBase64: true, forceNew: true, reconnectionDelay: 50 };

/**
 * Waits until two values are equal.
 *
 * @param {() => unknown} look
 * @param {unknown} want
 * @param {string} what
 */
const eventuallyEqual = (look, want, what) =>
  waitUntil(() => JSON.stringify(look()) === JSON.stringify(want), what).catch(() =>
    assert.deepEqual(look(), want, what),
  );

describe("a chat", () => {
  serve("chatroom");

  /**
   * What one person sees on the page.
   *
   * @param {string} username
   */
  function openPage(username, url = server.url) {
    const socket = closeAfter(io(url, options));
    /** @type {string[]} */
    const log = [];
    /** @type {Set<string>} */
    const typing = new Set();
    socket.on("connect", () => socket.emit("add user", username));
    socket.on("login", ({ numUsers }) => log.push(`Welcome, ${username}! Here: ${numUsers}`));
    socket.on("user joined", ({ username, numUsers }) => log.push(`${username} joined. Here: ${numUsers}`));
    socket.on("user left", ({ username, numUsers }) => {
      typing.delete(username);
      log.push(`${username} left. Here: ${numUsers}`);
    });
    socket.on("typing", ({ username }) => typing.add(username));
    socket.on("stop typing", ({ username }) => typing.delete(username));
    socket.on("new message", ({ username, message }) => log.push(`${username}: ${message}`));
    socket.on("disconnect", () => log.push("You have been disconnected"));
    return {
      log,
      typing: () => [...typing],
      socket,
      type: () => socket.emit("typing"),
      /** @param {string} message */
      say(message) {
        log.push(`${username}: ${message}`);
        socket.emit("new message", message);
        socket.emit("stop typing");
      },
    };
  }

  test("people join, type, talk and leave, and all see the same", async () => {
    const ada = openPage("Ada");
    await eventuallyEqual(() => ada.log, ["Welcome, Ada! Here: 1"], "Ada is welcome");
    const bob = openPage("Bob");
    await eventuallyEqual(() => bob.log, ["Welcome, Bob! Here: 2"], "Bob is welcome");
    await eventuallyEqual(() => ada.log.at(-1), "Bob joined. Here: 2", "Ada hears of Bob");
    const cleo = openPage("Cléo");
    await eventuallyEqual(() => cleo.log, ["Welcome, Cléo! Here: 3"], "Cléo is welcome");
    for (const p of [ada, bob]) await eventuallyEqual(() => p.log.at(-1), "Cléo joined. Here: 3", "all hear of Cléo");

    ada.type();
    for (const p of [bob, cleo]) await eventuallyEqual(p.typing, ["Ada"], "the others see Ada type");
    assert.deepEqual(ada.typing(), []);
    ada.say("Good morning ☕");
    for (const p of [bob, cleo]) {
      await eventuallyEqual(() => p.log.at(-1), "Ada: Good morning ☕", "the others read Ada");
      await eventuallyEqual(p.typing, [], "Ada types no more");
    }
    bob.say("and to you");
    for (const p of [ada, cleo]) await eventuallyEqual(() => p.log.at(-1), "Bob: and to you", "the others read Bob");

    bob.socket.disconnect();
    for (const p of [ada, cleo])
      await eventuallyEqual(() => p.log.at(-1), "Bob left. Here: 2", "the others see Bob leave");
    cleo.say("bye, Bob");
    await eventuallyEqual(
      () => ada.log,
      [
        "Welcome, Ada! Here: 1",
        "Bob joined. Here: 2",
        "Cléo joined. Here: 3",
        "Ada: Good morning ☕",
        "Bob: and to you",
        "Bob left. Here: 2",
        "Cléo: bye, Bob",
      ],
      "all that Ada saw",
    );
    assert.deepEqual(bob.log, [
      "Welcome, Bob! Here: 2",
      "Cléo joined. Here: 3",
      "Ada: Good morning ☕",
      "Bob: and to you",
      "You have been disconnected",
    ]);
    cleo.socket.disconnect();
    await eventuallyEqual(() => ada.log.at(-1), "Cléo left. Here: 1", "Ada is alone");
  });

  test("a client whose connection is cut leaves, and reconnects by itself", async () => {
    const proxy = closeAfter(await startProxy(server.url));
    const ada = openPage("Ada");
    await eventuallyEqual(() => ada.log, ["Welcome, Ada! Here: 1"], "Ada is welcome");
    const bob = openPage("Bob", proxy.url);
    await eventuallyEqual(() => ada.log.at(-1), "Bob joined. Here: 2", "Ada hears of Bob");
    proxy.cut();
    await eventuallyEqual(() => ada.log.at(-1), "Bob left. Here: 1", "Ada sees Bob leave");
    proxy.mend();
    await eventuallyEqual(() => ada.log.at(-1), "Bob joined. Here: 2", "Ada sees Bob return");
    await eventuallyEqual(
      () => bob.log,
      ["Welcome, Bob! Here: 2", "You have been disconnected", "Welcome, Bob! Here: 2"],
      "Bob is welcome again",
    );
    ada.say("There you are");
    await eventuallyEqual(() => bob.log.at(-1), "Ada: There you are", "Bob hears again");
  });
});

describe("a shared counter", () => {
  serve("counter");

  function display() {
    const socket = closeAfter(io(server.url, options));
    /** @type {{ value: number | null }} */
    const shown = { value: null };
    socket.on("value", (value) => {
      shown.value = value;
    });
    /** @param {number} by */
    const add = (by) => socket.timeout(patience).emitWithAck("increment", by);
    return { socket, shown, add };
  }

  test("a newcomer sees the value, and everybody sees it change", async () => {
    const one = display();
    await eventuallyEqual(() => one.shown.value, 0, "it starts at zero");
    assert.equal(await one.add(5), 5);
    const two = display();
    await eventuallyEqual(() => two.shown.value, 5, "the second sees what the first added");
    assert.equal(await two.add(-2), 3);
    await eventuallyEqual(() => one.shown.value, 3, "the first sees what the second added");
    assert.equal(await one.add(-3), 0);
  });

  test("parallel additions add up, and all see the same value", async () => {
    const displays = Array.from({ length: 5 }, () => display());
    const answers = await Promise.all(displays.flatMap((d) => Array.from({ length: 20 }, () => d.add(1))));
    answers.sort((a, b) => a - b);
    assert.deepEqual(
      answers,
      Array.from({ length: 100 }, (_, i) => i + 1),
      "no two got the same value",
    );
    await eventuallyEqual(() => displays.map((d) => d.shown.value), [100, 100, 100, 100, 100], "the displays");
    const late = display();
    await eventuallyEqual(() => late.shown.value, 100, "a latecomer");
  });
});

describe("a dashboard of two namespaces", () => {
  serve("dashboard");

  const picture = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256));

  function viewer() {
    const socket = closeAfter(io(`${server.url}/public`, options));
    /** @type {{ title: string }[]} */
    const seen = [];
    socket.on("figures", (figures, confirm) => {
      seen.push({ ...figures, picture: Buffer.from(figures.picture) });
      confirm("seen");
    });
    return { socket, seen };
  }

  /** @param {string} password */
  function administrator(password) {
    const socket = closeAfter(io(`${server.url}/admin`, { ...options, auth: { password } }));
    /** @type {Set<string>} */
    const viewers = new Set();
    socket.on("viewers", (ids) => {
      for (const id of ids) viewers.add(id);
    });
    socket.on("viewer joined", (id) => viewers.add(id));
    socket.on("viewer left", (id) => viewers.delete(id));
    socket.on("picture", (answer) => answer(picture));
    return { socket, viewers: () => [...viewers].sort() };
  }

  /** @param {import("socket.io-client").Socket[]} sockets */
  const connected = (...sockets) => waitUntil(() => sockets.every((s) => s.connected), "all are connected");

  test("only administrators enter /admin", async () => {
    const { socket } = administrator("guess");
    const error = await new Promise((resolve) => socket.once("connect_error", resolve));
    assert.deepEqual([error.message, error.data.code], ["Administrators only.", "unauthorized"]);
    const visitor = viewer();
    await connected(visitor.socket);
    assert.equal(socket.connected, false);
  });

  test("administrators see who joins and leaves, and publish figures with a picture to all", async () => {
    const one = viewer();
    await connected(one.socket);
    const admin = administrator("open sesame");
    await eventuallyEqual(admin.viewers, [one.socket.id], "the viewer who was there");
    const two = viewer();
    await connected(two.socket);
    await eventuallyEqual(admin.viewers, [one.socket.id, two.socket.id].sort(), "both");

    const figures = { title: "Visitors", numbers: [1, 2.5, -3], picture };
    assert.equal(await admin.socket.timeout(patience).emitWithAck("publish", figures), 2, "both have confirmed");
    for (const v of [one, two]) assert.deepEqual(v.seen, [figures]);

    two.socket.disconnect();
    await eventuallyEqual(admin.viewers, [one.socket.id], "one has left");
    assert.equal(await admin.socket.timeout(patience).emitWithAck("publish", { ...figures, title: "Again" }), 1);
    assert.deepEqual(
      one.seen.map((f) => f.title),
      ["Visitors", "Again"],
    );
  });

  test("both namespaces share a connection, and a picture goes from one to the other", async () => {
    const admin = administrator("open sesame");
    const here = admin.socket.io.socket("/public");
    await connected(admin.socket, here);
    await eventuallyEqual(admin.viewers, [here.id], "the viewer on the same connection");
    const got = await here.timeout(patience).emitWithAck("picture");
    assert.deepEqual(Buffer.from(got), picture);
    here.disconnect();
    await eventuallyEqual(admin.viewers, [], "it has left the one namespace");
    assert.equal(admin.socket.connected, true, "and stays in the other");
  });
});

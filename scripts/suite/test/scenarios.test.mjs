// Three applications as people write them for the reference server. Nothing in these
// clients knows of Confab but the options that it asks for. With CONFAB_REFERENCE,
// the path of a module, the same runs against what its start(app) starts.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { io } from "socket.io-client";
import { startCloud, until } from "../confab.mjs";
import { line } from "../line.mjs";

const { start } = process.env.CONFAB_REFERENCE
  ? await import(process.env.CONFAB_REFERENCE)
  : { start: (app) => startCloud(["-app", app]) };

/** Gives each test a server of its own, and closes whatever the test opens. */
let server;
const opened = [];
const closing = (thing) => (opened.push(thing), thing);
function serve(app) {
  beforeEach(async () => (server = await start(app)));
  afterEach(async () => {
    opened.splice(0).forEach((thing) => thing.close());
    await server.stop();
  });
}

const options = { transports: ["websocket"], forceBase64: true, forceNew: true, reconnectionDelay: 50 };

const same = (look, want, what) =>
  until(() => JSON.stringify(look()) === JSON.stringify(want), what).catch(() => assert.deepEqual(look(), want, what));

describe("a chat", () => {
  serve("chatroom");

  /** What one person sees on the page. */
  function page(username, url = server.url) {
    const socket = closing(io(url, options));
    const log = [];
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
      say(message) {
        log.push(`${username}: ${message}`);
        socket.emit("new message", message);
        socket.emit("stop typing");
      },
    };
  }

  test("people come, type, talk and leave, and all see the same", async () => {
    const ada = page("Ada");
    await same(() => ada.log, ["Welcome, Ada! Here: 1"], "Ada is welcome");
    const bob = page("Bob");
    await same(() => bob.log, ["Welcome, Bob! Here: 2"], "Bob is welcome");
    await same(() => ada.log.at(-1), "Bob joined. Here: 2", "Ada hears of Bob");
    const cleo = page("Cléo");
    await same(() => cleo.log, ["Welcome, Cléo! Here: 3"], "Cléo is welcome");
    for (const p of [ada, bob]) await same(() => p.log.at(-1), "Cléo joined. Here: 3", "all hear of Cléo");

    ada.type();
    for (const p of [bob, cleo]) await same(p.typing, ["Ada"], "the others see Ada type");
    assert.deepEqual(ada.typing(), []);
    ada.say("Good morning ☕");
    for (const p of [bob, cleo]) {
      await same(() => p.log.at(-1), "Ada: Good morning ☕", "the others read Ada");
      await same(p.typing, [], "Ada types no more");
    }
    bob.say("and to you");
    for (const p of [ada, cleo]) await same(() => p.log.at(-1), "Bob: and to you", "the others read Bob");

    bob.socket.disconnect();
    for (const p of [ada, cleo]) await same(() => p.log.at(-1), "Bob left. Here: 2", "the others see Bob leave");
    cleo.say("bye, Bob");
    await same(
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
    await same(() => ada.log.at(-1), "Cléo left. Here: 1", "Ada is alone");
  });

  test("one whose line is cut leaves, and comes back by itself", async () => {
    const wire = closing(await line(server.url));
    const ada = page("Ada");
    await same(() => ada.log, ["Welcome, Ada! Here: 1"], "Ada is welcome");
    const bob = page("Bob", wire.url);
    await same(() => ada.log.at(-1), "Bob joined. Here: 2", "Ada hears of Bob");
    wire.cut();
    await same(() => ada.log.at(-1), "Bob left. Here: 1", "Ada sees Bob leave");
    wire.mend();
    await same(() => ada.log.at(-1), "Bob joined. Here: 2", "Ada sees Bob come back");
    await same(
      () => bob.log,
      ["Welcome, Bob! Here: 2", "You have been disconnected", "Welcome, Bob! Here: 2"],
      "Bob is welcome again",
    );
    ada.say("There you are");
    await same(() => bob.log.at(-1), "Ada: There you are", "Bob hears again");
  });
});

describe("a shared counter", () => {
  serve("counter");

  function display() {
    const socket = closing(io(server.url, options));
    const shown = { value: null };
    socket.on("value", (value) => (shown.value = value));
    return { socket, shown, add: (by) => socket.timeout(5000).emitWithAck("increment", by) };
  }

  test("who comes sees the value, and everybody sees it change", async () => {
    const one = display();
    await same(() => one.shown.value, 0, "it begins with nothing");
    assert.equal(await one.add(5), 5);
    const two = display();
    await same(() => two.shown.value, 5, "the second sees what the first did");
    assert.equal(await two.add(-2), 3);
    await same(() => one.shown.value, 3, "the first sees what the second did");
    assert.equal(await one.add(-3), 0);
  });

  test("what several add at once adds up, and all end with the same value", async () => {
    const displays = Array.from({ length: 5 }, () => display());
    const answers = await Promise.all(displays.flatMap((d) => Array.from({ length: 20 }, () => d.add(1))));
    answers.sort((a, b) => a - b);
    assert.deepEqual(
      answers,
      Array.from({ length: 100 }, (_, i) => i + 1),
      "no two got the same value",
    );
    await same(() => displays.map((d) => d.shown.value), [100, 100, 100, 100, 100], "the displays");
    const late = display();
    await same(() => late.shown.value, 100, "who comes late");
  });
});

describe("a dashboard of two namespaces", () => {
  serve("dashboard");

  const picture = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256));

  function viewer() {
    const socket = closing(io(`${server.url}/public`, options));
    const seen = [];
    socket.on("figures", (figures, confirm) => {
      seen.push({ ...figures, picture: Buffer.from(figures.picture) });
      confirm("seen");
    });
    return { socket, seen };
  }

  function administrator(password) {
    const socket = closing(io(`${server.url}/admin`, { ...options, auth: { password } }));
    const viewers = new Set();
    socket.on("viewers", (ids) => ids.forEach((id) => viewers.add(id)));
    socket.on("viewer joined", (id) => viewers.add(id));
    socket.on("viewer left", (id) => viewers.delete(id));
    socket.on("picture", (answer) => answer(picture));
    return { socket, viewers: () => [...viewers].sort() };
  }

  const connected = (...sockets) => until(() => sockets.every((s) => s.connected), "all are connected");

  test("only administrators enter /admin", async () => {
    const { socket } = administrator("guess");
    const error = await new Promise((resolve) => socket.once("connect_error", resolve));
    assert.deepEqual([error.message, error.data.code], ["Administrators only.", "unauthorized"]);
    const visitor = viewer();
    await connected(visitor.socket);
    assert.equal(socket.connected, false);
  });

  test("administrators see who comes and goes, and publish figures with a picture to all", async () => {
    const one = viewer();
    await connected(one.socket);
    const admin = administrator("open sesame");
    await same(admin.viewers, [one.socket.id], "the one who was there");
    const two = viewer();
    await connected(two.socket);
    await same(admin.viewers, [one.socket.id, two.socket.id].sort(), "both");

    const figures = { title: "Visitors", numbers: [1, 2.5, -3], picture };
    assert.equal(await admin.socket.timeout(5000).emitWithAck("publish", figures), 2, "both have confirmed");
    for (const v of [one, two]) assert.deepEqual(v.seen, [figures]);

    two.socket.disconnect();
    await same(admin.viewers, [one.socket.id], "one has gone");
    assert.equal(await admin.socket.timeout(5000).emitWithAck("publish", { ...figures, title: "Again" }), 1);
    assert.deepEqual(
      one.seen.map((f) => f.title),
      ["Visitors", "Again"],
    );
  });

  test("both namespaces share a connection, and a picture crosses from one to the other", async () => {
    const admin = administrator("open sesame");
    const here = admin.socket.io.socket("/public");
    await connected(admin.socket, here);
    await same(admin.viewers, [here.id], "the viewer on the same connection");
    const got = await here.timeout(5000).emitWithAck("picture");
    assert.deepEqual(Buffer.from(got), picture);
    here.disconnect();
    await same(admin.viewers, [], "it has left the one namespace");
    assert.equal(admin.socket.connected, true, "and stays in the other");
  });
});

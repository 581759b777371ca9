// Signing out everywhere: by the official client and by HTTP, for guests and for accounts.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, connectAs, http, signIn, startCloud, tryToken, waitUntil } from "../harness.mjs";
import { startIssuer } from "../issuer.mjs";

const path = "/api/session/sign-out-everywhere";

describe("signing out everywhere", () => {
  /** @type {Awaited<ReturnType<typeof startIssuer>>} */
  let issuer;
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => {
    issuer = await startIssuer();
    process.env.CONFAB_OIDC_ISSUER = issuer.url;
    process.env.CONFAB_OIDC_AUDIENCE = issuer.clientId;
    cloud = await startCloud(["-sweep-every", "250ms", "-recovery", "60s"]);
  });
  after(async () => {
    await cloud?.stop();
    await issuer?.stop();
  });

  /** What comes with the next event of this name. @returns {Promise<any>} */
  const once = (/** @type {import("socket.io-client").Socket} */ socket, /** @type {string} */ event) =>
    new Promise((resolve) => socket.once(event, resolve));
  const now = () => Math.floor(Date.now() / 1000);
  /** Tokens have whole seconds: only what comes in a later one is known to be newer. */
  const nextSecond = () => {
    const before = now();
    return waitUntil(() => now() > before, "the next second");
  };
  /** How a token is judged by CONNECT and by requests by HTTP: "admitted", or the codes of the refusals. */
  const judge = async (/** @type {string} */ token) => {
    const codes = [await tryToken(cloud.url, token)];
    for (const [method, to, body] of /** @type {const} */ ([
      ["GET", "/api/rooms", undefined],
      ["GET", "/api/session", undefined],
      ["POST", "/api/rooms", { name: "Room", kind: "channel" }],
    ])) {
      const answer = await http(cloud.url, method, to, { token, ...(body && { body }) });
      codes.push(answer.body.ok ? "admitted" : `${answer.status} ${answer.body.error.code}`);
    }
    return codes.filter((code, i) => codes.indexOf(code) === i).join(", ");
  };
  const refused = "signed_out, 401 signed_out";
  /** Connects two devices with a token. */
  const twoDevices = (/** @type {string} */ token) =>
    Promise.all([1, 2].map(() => connect(cloud.url, { auth: { token }, reconnection: false })));

  test("a guest who signs out everywhere is refused from then on, and their devices end", async () => {
    const { token } = await signIn(cloud.url, "Ada");
    const [here, there] = await twoDevices(token);
    const [ended, last] = [there, here].map((socket) => once(socket, "disconnect"));
    assert.deepEqual(await here.emitWithAck("signOutEverywhere", {}), { ok: true });
    assert.deepEqual(await ended, "io server disconnect");
    assert.equal(await judge(token), refused);
    here.emit("listRooms", {});
    assert.deepEqual(await last, "io server disconnect", "the asking socket ends at its next message, or by the sweep");
    assert.equal(await judge((await signIn(cloud.url, "Ada")).token), "admitted", "another guest");
  });

  test("a guest who stays here gets another token, and the one before is refused", async () => {
    const { token, user } = await signIn(cloud.url, "Ada");
    const [here, there] = await twoDevices(token);
    const ended = once(there, "disconnect");
    const answer = await here.emitWithAck("signOutEverywhere", { exceptThis: true });
    await ended;
    assert.equal(await judge(token), refused);
    assert.equal(await judge(answer.token), "admitted");
    const { body } = await http(cloud.url, "GET", "/api/session", { token: answer.token });
    assert.deepEqual(body.user, user);
    assert.equal((await here.emitWithAck("refreshToken", { token })).error.code, "signed_out");
    assert.equal((await here.emitWithAck("refreshToken", { token: answer.token })).ok, true);
    here.disconnect();
  });

  test("an account signs out by HTTP, and a new sign-in a second later is admitted", async () => {
    const token = issuer.token({ sub: "http" });
    const sockets = await twoDevices(token);
    const ended = Promise.all(sockets.map((s) => once(s, "disconnect")));
    const { status, body } = await http(cloud.url, "POST", path, { token, body: {} });
    assert.deepEqual([status, body], [200, { ok: true }]);
    await ended;
    assert.equal(await judge(token), refused);
    const again = await http(cloud.url, "POST", path, { token, body: {} });
    assert.deepEqual([again.status, again.body.error.code], [401, "signed_out"], "a second time");
    assert.equal(await judge(issuer.token({ sub: "http", iat: now() - 1000 })), refused, "a token of another device");
    await nextSecond();
    assert.equal(await judge(issuer.token({ sub: "http" })), "admitted");
    assert.equal(await judge(issuer.token({ sub: "other", iat: now() - 1000 })), "admitted", "another person's token");
  });

  test("a renewed token of a sign-in before is refused where the issuer tells when one signed in", async () => {
    const auth_time = now() - 100;
    const token = issuer.token({ sub: "renewed", auth_time });
    assert.equal(await judge(token), "admitted");
    await http(cloud.url, "POST", path, { token, body: {} });
    await nextSecond();
    assert.equal(await judge(issuer.token({ sub: "renewed", auth_time })), refused);
    assert.equal(await judge(issuer.token({ sub: "renewed", auth_time: now() })), "admitted");
  });

  test("what has the wrong form ends nothing, and a stranger neither", async () => {
    const ada = await connectAs(cloud.url, "Ada");
    for (const request of [{ exceptThis: 1 }, { exceptThis: null }, { exceptthis: true }, { token: "x" }, []]) {
      const answer = await ada.emitWithAck("signOutEverywhere", /** @type {any} */ (request));
      assert.equal(answer.ok === false && answer.error.code, "bad_request", JSON.stringify(request));
      const { status } = await http(cloud.url, "POST", path, { token: ada.token, body: request });
      assert.equal(status, 400, JSON.stringify(request));
    }
    const { body } = await http(cloud.url, "POST", path, { token: ada.token, body: { exceptThis: true } });
    assert.match(body.error.message, /exceptThis/);
    for (const token of [undefined, "a.b.c"]) {
      assert.equal((await http(cloud.url, "POST", path, { ...(token && { token }), body: {} })).status, 401);
    }
    assert.equal((await http(cloud.url, "GET", path, { token: ada.token })).status, 405);
    assert.equal(await judge(ada.token), "admitted");
    ada.close();
  });

  test("five sign-outs at once end what one ends", async () => {
    const { token } = await signIn(cloud.url, "Ada");
    const sockets = await twoDevices(token);
    const ended = Promise.all(sockets.map((s) => once(s, "disconnect")));
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => http(cloud.url, "POST", path, { token, body: {} })),
    );
    for (const { status } of answers) assert.ok(status === 200 || status === 401, `answered ${status}`);
    assert.ok(answers.some(({ status }) => status === 200));
    await ended;
    assert.equal(await judge(token), refused);
  });

  test("a session whose line was lost is not recovered", async () => {
    const ada = await connectAs(cloud.url, "Ada");
    const { room } = await ada.request("createRoom", { name: "Recovery", kind: "channel" });
    await ada.request("sendMessage", { roomId: room.id, text: "hello", tempId: "1" });
    await ada.events.first("newMessage"); // with an offset
    ada.socket.io.reconnection(false);
    const cut = once(ada.socket, "disconnect");
    ada.socket.io.engine.close();
    await cut;
    await http(cloud.url, "POST", path, { token: ada.token, body: {} });
    const answer = once(ada.socket, "connect_error");
    ada.socket.connect();
    const error = await answer;
    assert.deepEqual([error.message, error.data.code], ["You signed out on another device.", "signed_out"]);
    assert.equal(ada.socket.connected, false);
    ada.close();
  });
});

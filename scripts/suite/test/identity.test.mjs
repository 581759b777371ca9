// Tokens of an OpenID Connect provider, valid and forged: who may connect, and for how long.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, http, patience, record, request, signIn, sleep, startCloud, tryToken } from "../harness.mjs";
import { signToken, startIssuer, unknownKey } from "../issuer.mjs";

/** @param {import("socket.io-client").Socket} socket @returns {Promise<string>} */
const disconnected = (socket, ms = patience) =>
  Promise.race([
    new Promise((resolve) => socket.once("disconnect", resolve)),
    sleep(ms).then(() => assert.fail(`connected after ${ms} ms`)),
  ]);

describe("identity", () => {
  /** @type {Awaited<ReturnType<typeof startIssuer>>} */
  let issuer;
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => {
    issuer = await startIssuer();
    process.env.CONFAB_OIDC_ISSUER = issuer.url;
    process.env.CONFAB_OIDC_AUDIENCE = issuer.clientId;
    cloud = await startCloud(["-sweep-every", "250ms"]);
  });
  after(async () => {
    await cloud?.stop();
    await issuer?.stop();
  });

  /**
   * A token with a quarter of a minute left: the clocks may differ by a minute.
   *
   * @param {object} claims
   */
  const shortToken = (claims = {}) => issuer.token({ ...claims, exp: Date.now() / 1000 - 45 });

  test("the page is told how to sign in, and who is signed in", async () => {
    const oidc = { issuer: issuer.url, clientId: issuer.clientId };
    const methods = { ok: true, guests: true, oidc, attachments: { maxBytes: 10_000_000, types: [] } };
    assert.deepEqual((await http(cloud.url, "GET", "/api/session")).body, methods);
    const { body } = await http(cloud.url, "GET", "/api/session", { token: issuer.token() });
    assert.match(body.user.id, /^o_[a-z2-7]{32}$/);
    assert.deepEqual(body, { ...methods, user: { id: body.user.id, name: "Ada" } });
  });

  test("a user of the identity provider and a guest talk", async () => {
    const token = issuer.token();
    const { user } = (await http(cloud.url, "GET", "/api/session", { token })).body;
    const ada = await connect(cloud.url, { auth: { token } });
    const bob = await connect(cloud.url, { auth: { token: (await signIn(cloud.url, "Bob")).token } });
    const events = record(bob);
    const { room } = await request(ada, "createRoom", { name: "Both", kind: "channel" });
    assert.deepEqual(room.createdBy, user);
    await request(bob, "joinRoom", { roomId: room.id });
    await request(ada, "sendMessage", { roomId: room.id, text: "hello", tempId: "1" });
    const message = await events.first("newMessage");
    assert.deepEqual(message.sender, user);
    const { users } = await request(bob, "presence", { userIds: [user.id] });
    assert.equal(users[user.id].online, true);
    ada.disconnect();
    bob.disconnect();
  });

  test("Cognito's access tokens, which name a client and no audience, are accepted", async () => {
    assert.equal(await tryToken(cloud.url, issuer.token({ aud: undefined, client_id: issuer.clientId })), "admitted");
    assert.equal(await tryToken(cloud.url, issuer.token({ aud: undefined, client_id: "other" })), "unauthorized");
  });

  test("forged and foreign tokens are refused, by socket and by HTTP", async () => {
    const other = await startIssuer();
    const rs256 = { alg: "RS256", kid: issuer.kid };
    const hour = 3600;
    const now = Math.floor(Date.now() / 1000);
    const [head, , signature] = issuer.token().split(".");
    const refused = {
      "none at all": "",
      garbage: "a.b.c",
      "an unknown key under the provider's key id": signToken(rs256, issuer.claims(), unknownKey()),
      "an unknown key": signToken({ alg: "RS256", kid: "unknown" }, issuer.claims(), unknownKey()),
      "alg none": signToken({ alg: "none" }, issuer.claims()),
      "HMAC with the public key": signToken({ alg: "HS256", kid: issuer.kid }, issuer.claims(), issuer.publicKey()),
      "another user's claims under a valid signature": `${head}.${issuer.token({ sub: "eve" }).split(".")[1]}.${signature}`,
      "another audience": issuer.token({ aud: "other" }),
      "no audience": issuer.token({ aud: undefined }),
      expired: issuer.token({ exp: now - hour }),
      "without expiry": issuer.token({ exp: undefined }),
      "not valid yet": issuer.token({ nbf: now + hour }),
      "another provider's token": other.token(),
      "another provider's token in our provider's name": other.token({ iss: issuer.url }),
      "in the name of the guests' issuer": issuer.token({ iss: "confab-guests" }),
    };
    for (const [what, token] of Object.entries(refused)) {
      assert.equal(await tryToken(cloud.url, token), "unauthorized", what);
      const { status, body } = await http(cloud.url, "GET", "/api/rooms", { token });
      assert.deepEqual([status, body.error?.code], [401, "unauthorized"], what);
    }
    assert.equal(await tryToken(cloud.url, issuer.token()), "admitted");
    await other.stop();
  });

  // Side by side, because each waits until a token has ended.
  describe("the life of a socket", { concurrency: true }, () => {
    test("a socket ends with its token", async () => {
      const token = shortToken();
      const ada = await connect(cloud.url, { auth: { token } });
      assert.equal(await disconnected(ada), "io server disconnect");
      assert.equal(await tryToken(cloud.url, token), "unauthorized");
    });

    test("a refreshed socket stays", async () => {
      const [ada, bob] = await Promise.all(
        ["ada", "bob"].map((sub) => connect(cloud.url, { auth: { token: shortToken({ sub }) } })),
      );
      const exp = Math.floor(Date.now() / 1000) + 600;
      const { expiresAt } = await request(ada, "refreshToken", { token: issuer.token({ sub: "ada", exp }) });
      assert.equal(Date.parse(expiresAt), (exp + 60) * 1000);
      assert.equal(await disconnected(bob), "io server disconnect", "a socket that is not refreshed ends");
      assert.equal((await ada.timeout(patience).emitWithAck("listRooms", {})).ok, true);
      ada.disconnect();
    });

    test("another user's token, or an invalid one, refreshes nothing", async () => {
      const ada = await connect(cloud.url, { auth: { token: shortToken({ sub: "ada" }) } });
      const ended = disconnected(ada);
      /** @type {string[]} */
      const codes = [];
      for (const token of [
        issuer.token({ sub: "eve" }),
        signToken({ alg: "none" }, issuer.claims({ sub: "ada" })),
        (await signIn(cloud.url, "Ada")).token,
      ]) {
        codes.push((await ada.timeout(patience).emitWithAck("refreshToken", { token })).error.code);
      }
      assert.deepEqual(codes, ["forbidden", "unauthorized", "forbidden"]);
      assert.equal(await ended, "io server disconnect");
    });
  });

  // Each process caches the provider's keys, and only one that has fetched them again refuses an old key.
  const skip = process.env.CONFAB_TEMPLATE !== undefined && "functions run in several processes";
  test("after a rotation the new key is accepted, and the old one is not", { skip }, async () => {
    const old = issuer.token();
    assert.equal(await tryToken(cloud.url, old), "admitted");
    issuer.rotate();
    // The keys are fetched at most once a second.
    const deadline = Date.now() + patience;
    while ((await tryToken(cloud.url, issuer.token())) !== "admitted")
      assert.ok(Date.now() < deadline, "the new key is never accepted");
    assert.equal(await tryToken(cloud.url, old), "unauthorized");
  });
});

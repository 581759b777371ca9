// The stack with an identity provider and no guests: API Gateway's authorizer in front of the
// HTTP API, and the functions' own verification, with a provider on this machine.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connectAs, http, openSocket, readMeter, startCloud, waitUntil } from "../harness.mjs";
import { signToken, startIssuer, unknownKey } from "../issuer.mjs";
import { find, withChangedTemplate } from "./template.mjs";

const original = process.env.CONFAB_TEMPLATE_WITH_ISSUER ?? "";
delete process.env.CONFAB_TEMPLATE; // each test names its template

/** @type {Awaited<ReturnType<typeof startIssuer>>} */
let issuer;

/** @typedef {(template: import("./template.mjs").Template) => void} Change */

/**
 * Calls f with the URL of a cloud of the template, with this machine's provider in place of
 * the one that the template names.
 *
 * @param {(url: string) => Promise<unknown>} f
 * @param {Change} change
 */
const withCloud = (f, change = () => {}) =>
  withChangedTemplate(
    original,
    (template) => {
      for (const id of find(template, "AWS::ApiGatewayV2::Authorizer")) {
        template.Resources[id].Properties.JwtConfiguration.Issuer = issuer.url;
      }
      for (const id of find(
        template,
        "AWS::Lambda::Function",
        (p) => "CONFAB_OIDC_ISSUER" in p.Environment.Variables,
      )) {
        template.Resources[id].Properties.Environment.Variables.CONFAB_OIDC_ISSUER = issuer.url;
      }
      change(template);
    },
    async (copy) => {
      const cloud = await startCloud(["-template", copy]);
      try {
        await f(cloud.url);
      } finally {
        await cloud.stop();
      }
    },
  );

/**
 * Two people talk, by events and by HTTP.
 *
 * @param {string} url
 */
async function talk(url) {
  /** @type {import("../harness.mjs").Client[]} */
  const people = [];
  try {
    for (const name of ["Ada", "Bob"])
      people.push(await connectAs(url, name, { token: issuer.token({ sub: name, name }) }));
    const [ada, bob] = people;
    const { room } = await ada.request("createRoom", { name: "Signed in", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    const posted = await http(url, "POST", `/api/rooms/${room.id}/messages`, {
      token: ada.token,
      body: { text: "hello", tempId: "1" },
    });
    assert.equal(posted.status, 201);
    const { sender } = await bob.events.first("newMessage", (m) => m.text === "hello");
    assert.equal(sender.name, "Ada");
    const read = await http(url, "GET", `/api/rooms/${room.id}/messages`, { token: bob.token });
    assert.deepEqual(
      read.body.messages.map((/** @type {{ text: string }} */ m) => m.text),
      ["hello"],
    );
  } finally {
    for (const p of people) p.close();
  }
}

describe("the stack with an issuer", () => {
  before(async () => {
    issuer = await startIssuer();
  });
  after(() => issuer?.stop());

  test("lets people with its tokens talk", () => withCloud(talk));

  test("refuses everybody without a valid token, and invokes no function for it", () =>
    withCloud(async (url) => {
      const now = Math.floor(Date.now() / 1000);
      const tokens = {
        none: undefined,
        "no token": "abc",
        expired: issuer.token({ exp: now - 1 }),
        "another audience's": issuer.token({ aud: "other" }),
        "another issuer's": issuer.token({ iss: "https://id.example.com" }),
        "a stranger's": signToken({ alg: "RS256", kid: issuer.kid }, issuer.claims(), unknownKey()),
      };
      for (const [what, token] of Object.entries(tokens)) {
        for (const [method, path] of [
          ["GET", "/api/rooms"],
          ["POST", "/api/rooms"],
          ["POST", "/api/session"],
        ]) {
          const { status, body } = await http(url, method, path, { token, body: method === "POST" ? {} : undefined });
          assert.deepEqual([status, body], [401, { message: "Unauthorized" }], `${what}: ${method} ${path}`);
        }
        const socket = openSocket(url, { auth: { token }, reconnection: false });
        const refused = await new Promise((resolve) =>
          socket.once("connect_error", resolve).once("connect", () => resolve(null)),
        );
        socket.disconnect();
        // The functions allow for clocks that differ by a minute: docs/identity.md.
        assert.equal(refused?.data?.code, what === "expired" ? undefined : "unauthorized", what);
      }
      const asked = async () => (await readMeter(url)).invocations.filter((i) => /api/i.test(i.function)).length;
      assert.equal(await asked(), 0, "the HTTP API's function");
      await http(url, "GET", "/api/rooms", { token: issuer.token() });
      await waitUntil(async () => (await asked()) === 1, "an invocation of the HTTP API's function");
    }));

  test("says how to sign in without a token", () =>
    withCloud(async (url) => {
      assert.equal((await http(url, "GET", "/api/health")).status, 200);
      const { body } = await http(url, "GET", "/api/session");
      const oidc = { issuer: issuer.url, clientId: issuer.clientId };
      assert.deepEqual(body, { ok: true, guests: false, oidc, attachments: { maxBytes: 10_000_000, types: [] } });
    }));

  /** @param {string} name @param {string} value @returns {Change} */
  const set = (name, value) => (template) => {
    for (const id of find(template, "AWS::Lambda::Function", (p) => name in p.Environment.Variables)) {
      template.Resources[id].Properties.Environment.Variables[name] = value;
    }
  };
  /** @param {import("./template.mjs").Template} template @param {(properties: any) => void} change */
  const authorizer = (template, change) => {
    for (const id of find(template, "AWS::ApiGatewayV2::Authorizer")) change(template.Resources[id].Properties);
  };
  const byAuthorizer = { actual: 401 };
  const byFunctions = { data: { code: "unauthorized" } };
  /** @type {Record<string, [Change, object]>} */
  const mistakes = {
    "audience in the authorizer": [
      (t) => authorizer(t, (p) => (p.JwtConfiguration.Audience = ["other"])),
      byAuthorizer,
    ],
    "issuer in the authorizer": [
      (t) => authorizer(t, (p) => (p.JwtConfiguration.Issuer = "http://127.0.0.1:1")),
      byAuthorizer,
    ],
    "audience in the functions": [set("CONFAB_OIDC_AUDIENCE", "other"), byFunctions],
    "issuer in the functions": [set("CONFAB_OIDC_ISSUER", "http://127.0.0.1:1"), byFunctions],
  };
  for (const [mistake, [make, refusal]] of Object.entries(mistakes)) {
    test(`notices another ${mistake}`, () => withCloud((url) => assert.rejects(talk(url), refusal), make));
  }
});

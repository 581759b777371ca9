// Case 9: a handler that makes an ordinary client of the SDK, in a shell with a real account,
// reaches the local cloud and nothing else. A proxy records what would leave the machine.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect, http, readMeter, shortName, startCloud } from "../harness.mjs";

const deployed = process.env.CONFAB_TEMPLATE_OF_ENGINE !== undefined;

// In process, or as the template says. `make deployed-test` has built the binaries, too.
/** @type {Record<string, string[]>} */
const depths = deployed
  ? { "-template": [], "-functions process": ["-functions", "process", "-binaries", "build/applications"] }
  : { "in process": [] };

describe("in a shell with a real account", () => {
  const folder = mkdtempSync(join(tmpdir(), "confab-account-"));
  const profile = join(folder, "config");
  /** @type {string[]} */
  const left = [];
  const proxy = createServer((request, response) => {
    left.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  proxy.on("connect", (request, socket) => {
    left.push(`CONNECT ${request.url}`);
    socket.end();
  });
  const original = { ...process.env };

  before(async () => {
    writeFileSync(
      profile,
      "[profile production]\nregion = eu-west-1\naws_access_key_id = AKIAFROMTHEFILE\naws_secret_access_key = secret\n",
    );
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (proxy.address());
    const address = `http://127.0.0.1:${port}`;
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: "AKIAREALACCOUNT",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "token",
      AWS_PROFILE: "production",
      AWS_REGION: "eu-west-1",
      AWS_CONFIG_FILE: profile,
      AWS_SHARED_CREDENTIALS_FILE: profile,
      AWS_ENDPOINT_URL_DYNAMODB: "https://dynamodb.eu-west-1.amazonaws.com",
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
      HTTP_PROXY: address,
      HTTPS_PROXY: address,
      http_proxy: address,
      https_proxy: address,
      NO_PROXY: "",
      no_proxy: "",
      GREETING: "hello",
    });
  });
  after(() => {
    for (const name of Object.keys(process.env)) if (!(name in original)) delete process.env[name];
    Object.assign(process.env, original);
    proxy.close();
    rmSync(folder, { recursive: true });
  });

  for (const [depth, flags] of Object.entries(depths)) {
    test(`a handler's own client finds the local cloud, is on the meter, and nothing leaves: ${depth}`, async () => {
      const cloud = await startCloud(["-app", "account", ...flags]);
      const socket = await connect(cloud.url);
      try {
        const answer = await socket.emitWithAck("tables", {});
        assert.equal(answer.region, "us-east-1");
        // A deployed function may not list tables.
        if (depth === "-template") assert.equal(answer.refused, "AccessDeniedException");
        else assert.ok(answer.names.includes("realtime"), JSON.stringify(answer));
        const made = (await readMeter(cloud.url)).calls.filter((c) => c.operation === "ListTables");
        assert.deepEqual(
          made.map((c) => [/message/i.test(c.function) ? "message" : shortName(c.function), c.count]),
          [[depth === "in process" ? "application" : "message", 1]],
        );
        assert.equal(await socket.emitWithAck("variable", "GREETING"), "hello");
        assert.equal(await socket.emitWithAck("variable", "AWS_PROFILE"), "");
        assert.equal((await http(cloud.url, "GET", "/_local/failures")).status, 200);
      } finally {
        socket.disconnect();
        await cloud.stop();
      }
      assert.deepEqual(left, [], "requests that have left");
    });
  }
});

// Requests that are no part of the API, and what each is told.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as send } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startCloud } from "../harness.mjs";

const builds = dirname(createRequire(import.meta.url).resolve("socket.io-client/dist/socket.io.js"));

describe("requests to the page's origin", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  after(() => cloud.stop());

  /**
   * Makes a request whose path stays as it is: fetch would resolve its dots.
   *
   * @param {string} path
   * @returns {Promise<{ status?: number, type?: string, body: string }>}
   */
  const get = (path, method = "GET") =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(cloud.url);
      const asked = send({ hostname, port, path, method }, (answer) => {
        let body = "";
        answer.on("data", (data) => {
          body += data;
        });
        answer.on("end", () => resolve({ status: answer.statusCode, type: answer.headers["content-type"], body }));
      });
      asked.on("error", reject).end();
    });

  for (const path of [
    "/api/rooms/..%2f..%2fx/messages",
    "/api/rooms/../../x/messages",
    "/api//rooms",
    "/api/nothing",
    "/api/",
  ]) {
    test(`a path below /api/ that does not exist is 404 with JSON: ${path}`, async () => {
      for (const method of ["GET", "POST"]) {
        const { status, type, body } = await get(path, method);
        assert.deepEqual([status, type?.split(";")[0]], [404, "application/json"], method);
        JSON.parse(body);
      }
    });
  }

  test("GET /socket.io/?EIO=4&transport=polling is 400, says what to set, and is one WARN line", async () => {
    for (let i = 0; i < 3; i++) {
      const { status, type, body } = await get("/socket.io/?EIO=4&transport=polling");
      assert.deepEqual([status, type], [400, "application/json"]);
      const { code, message } = JSON.parse(body);
      assert.equal(code, "unknown_transport");
      assert.match(message, /transports: \["websocket"\]/);
    }
    await cloud.logged(/level=WARN .*long polling.*transports:/);
    assert.equal(cloud.stderr.match(/long polling/g)?.length, 1);
  });

  test("GET /socket.io/socket.io.js is the client of the pinned npm package, as are its other builds", async () => {
    for (const build of ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"]) {
      for (const file of [build, `${build}.map`]) {
        const { status, type, body } = await get(`/socket.io/${file}`);
        assert.equal(status, 200, file);
        if (file === build) assert.match(type ?? "", /javascript/);
        assert.equal(body, readFileSync(join(builds, file), "utf8"), file);
      }
    }
  });
});

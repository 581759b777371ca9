// What stands in the examples and is made elsewhere.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const examples = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "examples");
const require = createRequire(import.meta.url);
const builds = dirname(require.resolve("socket.io-client/dist/socket.io.js"));

/** The versions that a go.mod requires. @param {string[]} folder */
const versions = (...folder) =>
  new Map(
    readFileSync(join(examples, ...folder, "go.mod"), "utf8")
      .split("\n")
      .map((line) => /^(?:require|\t)\s*(\S+\.\S+) (v\S+)/.exec(line))
      .flatMap((found) => (found ? [/** @type {const} */ ([found[1], found[2]])] : [])),
  );

test("examples require what Confab itself does, so that it is built once", () => {
  const own = versions("..", "..");
  for (const example of readdirSync(examples)) {
    const required = versions(example);
    assert.ok(required.size > 10, `${example} requires little`);
    for (const [module, version] of required)
      if (own.has(module)) assert.equal(`${module} ${version}`, `${module} ${own.get(module)}`, `in ${example}`);
  }
});

test("pages of examples have the client that is installed here", () => {
  for (const example of readdirSync(examples)) {
    const page = join(examples, example, "web");
    if (existsSync(join(page, "package.json"))) {
      const { version } = require("socket.io-client/package.json");
      assert.equal(require(join(page, "package.json")).dependencies["socket.io-client"], version, `in ${page}`);
      continue;
    }
    const folder = join(page, "socket.io");
    for (const build of readdirSync(folder)) {
      const [has, installed] = [folder, builds].map((at) => readFileSync(join(at, build), "utf8"));
      assert.ok(has === installed, `copy ${join(builds, build)} to ${folder}`);
    }
  }
});

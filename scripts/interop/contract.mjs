// Calls every route of the HTTP API as its OpenAPI document describes it, with right and wrong
// requests that Schemathesis generates from a seed:
//   node scripts/interop/contract.mjs [flags of schemathesis run]
// It needs `make build/local`.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { http, signIn, startCloud } from "../suite/harness.mjs";
import { folder, here, installPython, RunError, run, Unavailable } from "./install.mjs";

try {
  const target = await folder("contract", ["requirements.txt"], installPython);
  process.exitCode = await test(target);
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`skipped: Schemathesis, because ${error.message}`);
}

/**
 * Runs Schemathesis against a local cloud, and returns the exit code: once with ids that it makes
 * up, and once with those of a room and a message that are there.
 *
 * @param {string} target the folder that it is installed in, and keeps what it finds in
 */
async function test(target) {
  const cloud = await startCloud();
  const { token, user } = await signIn(cloud.url, "Ada");
  const { body } = await http(cloud.url, "POST", "/api/rooms", { token, body: { name: "Contract", kind: "group" } });
  const message = { text: "Hello", tempId: "1" };
  await http(cloud.url, "POST", `/api/rooms/${body.room.id}/messages`, { token, body: message });
  // Signing out would end what authorizes all the others.
  const made = [
    "--phases",
    "coverage,fuzzing",
    "--max-examples",
    "100",
    "--exclude-path-regex",
    "/sign-out-everywhere$",
  ];
  const known = [
    "--phases",
    "fuzzing",
    "--max-examples",
    "100",
    "--exclude-path-regex",
    "/(leave|decline|sign-out-everywhere)$",
  ];
  const [rules, ids] = await Promise.all(
    ["rules.toml", "known.toml"].map((file) => readFile(join(here, "contract", file), "utf8")),
  );
  try {
    for (const [name, configuration, flags] of /** @type {const} */ ([
      ["ids that it makes up", rules, made],
      ["ids that are there", `${rules}\n${ids}`, known],
    ])) {
      const file = join(target, "schemathesis.toml");
      await writeFile(file, configuration);
      const output = await run(
        join(target, "bin", "schemathesis"),
        [
          ...["--config-file", file, "run", `${cloud.url}/api/openapi.json`],
          ...["--header", `Authorization: Bearer ${token}`, "--seed", "1", "--no-color"],
          ...[...flags, ...process.argv.slice(2)],
        ],
        { cwd: target, env: { ...process.env, CONFAB_ROOM: body.room.id, CONFAB_USER: user.id } },
      );
      console.log(`Schemathesis, ${name}\n${output.slice(output.lastIndexOf("Test cases:")).trim()}\n`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    console.error(error.output.join("\n"));
    return 1;
  } finally {
    await cloud.stop();
  }
}

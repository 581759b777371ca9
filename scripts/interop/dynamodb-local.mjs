// The stores' own tests, and scenarios with clients, on AWS's DynamoDB Local instead of the embedded engine:
//   node scripts/interop/dynamodb-local.mjs [flags of go test]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fetchWith, root, Unavailable } from "./install.mjs";

const environment = { ...process.env, CONFAB_ENGINE: "java" };

try {
  await fetchWith("build/local", ["-install"], { cwd: root, env: environment });
  console.log("The stores' tests on DynamoDB Local");
  await run("go", ["test", "-count=1", "-shuffle=on", ...process.argv.slice(2), "./shared/dynamo/..."]);
  console.log("Scenarios with clients on DynamoDB Local");
  await run("node", ["--test", "--test-force-exit", "scripts/suite/test/scenarios.test.mjs"]);
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`skipped: DynamoDB Local, because ${error.message}`);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
async function run(command, args) {
  const child = spawn(command, args, { cwd: root, env: environment, stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) process.exitCode = 1;
}

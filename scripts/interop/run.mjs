// Clients in other versions and languages against the local cloud, and the scenarios
// of the suite against the reference server:
//   node scripts/interop/run.mjs [flags of the local cloud]
// It needs `make build/local`. A client that cannot be installed here is skipped with the
// reason. A client that is installed and fails makes the run fail.
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { startCloud } from "../suite/harness.mjs";
import { startProxy } from "../suite/proxy.mjs";
import { behaviours } from "./behaviours.mjs";
import { clients, javascript } from "./clients.mjs";
import { startEarly } from "./early.mjs";
import { here, RunError, root, run, runBehaviours, Unavailable } from "./install.mjs";

/** How long a client may take for all behaviours. */
const timeout = 60_000;

const cloud = await startCloud(["-app", "tour", ...process.argv.slice(2)]);
const early = await startEarly();
const results = await mapConcurrently(2, clients, runClient);
early.close();
await cloud.stop();
const scenarios = { client: { name: "The reference server" }, ...(await runScenarios()) };
report(results, scenarios);

/**
 * The result of a client: why it was skipped, or what has failed.
 *
 * @typedef {{ client: import("./clients.mjs").Client, skipped?: string, failures?: string[] }} Result
 */

/**
 * Runs all behaviours of a client.
 *
 * @param {import("./clients.mjs").Client} client
 * @returns {Promise<Result>}
 */
async function runClient(client) {
  /** @type {string[]} */
  let command;
  try {
    command = await client.start();
  } catch (error) {
    if (error instanceof Unavailable) return { client, skipped: error.message };
    return { client, failures: [/** @type {Error} */ (error).message] };
  }
  const proxy = await startProxy(cloud.url);
  const control = await serveControl(proxy);
  const program = [...command, cloud.url, proxy.url, control.url, early.url];
  const { done, code, stderr } = await runBehaviours(program, timeout);
  control.close();
  proxy.close();

  const failures = [];
  const { unsupported = {} } = client;
  for (const behaviour of behaviours.filter((b) => !(b in unsupported))) {
    if (!done.has(behaviour)) failures.push(`${behaviour}: was not tried`);
    else if (done.get(behaviour)) failures.push(`${behaviour}: ${done.get(behaviour)}`);
  }
  for (const behaviour of Object.keys(unsupported)) {
    if (done.has(behaviour) && !done.get(behaviour)) failures.push(`${behaviour}: is listed as unsupported, and works`);
  }
  if (code !== 0) failures.push(`it ended with ${code}`);
  if (failures.length > 0 && stderr) failures.push(stderr);
  return { client, failures };
}

/** Runs the suite's scenarios against the reference server, which must pass them too. */
async function runScenarios() {
  try {
    await javascript();
    const env = { ...process.env, CONFAB_REFERENCE: join(here, "javascript", "reference.mjs") };
    await run(process.execPath, ["--test", join(root, "scripts", "suite", "test", "scenarios.test.mjs")], { env });
    return { failures: [] };
  } catch (error) {
    if (error instanceof Unavailable) return { skipped: error.message };
    return { failures: error instanceof RunError ? error.output : [/** @type {Error} */ (error).message] };
  }
}

/**
 * Lets a program cut and mend its proxy by HTTP.
 *
 * @param {import("../suite/proxy.mjs").Proxy} proxy
 */
async function serveControl(proxy) {
  const server = createServer((request, response) => {
    const known = request.url === "/cut" || request.url === "/mend";
    if (request.url === "/cut") proxy.cut();
    if (request.url === "/mend") proxy.mend();
    response.writeHead(known ? 200 : 404).end();
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://localhost:${port}`, close: () => server.close() };
}

/**
 * Maps all items, at most `limit` at once. Returns the results in order.
 *
 * @template T, R
 * @param {number} limit
 * @param {T[]} all
 * @param {(item: T) => Promise<R>} map
 */
async function mapConcurrently(limit, all, map) {
  /** @type {R[]} */
  const results = [];
  const queue = [...all.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await map(next[1]);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

/**
 * Prints the results and sets the exit code.
 *
 * @param {Result[]} results
 * @param {{ client: { name: string }, skipped?: string, failures?: string[] }} scenarios
 */
function report(results, scenarios) {
  const width = Math.max(...clients.map((c) => c.name.length)) + 2;
  const indent = " ".repeat(width + 8);
  console.log(`\n${"client".padEnd(width)}passed  of ${behaviours.length}`);
  for (const { client, skipped, failures = [] } of results) {
    const unsupported = Object.entries(client.unsupported ?? {});
    const passed = skipped ? "none" : failures.length > 0 ? "FAILED" : String(behaviours.length - unsupported.length);
    const notes = skipped
      ? [`skipped: ${skipped}`]
      : unsupported.map(([behaviour, reason]) => `skipped: ${behaviour}, because ${reason}`);
    console.log(`${client.name.padEnd(width)}${passed.padStart(6)}  ${notes.join(`\n${indent}`)}`.trimEnd());
  }
  const { skipped, failures = [] } = scenarios;
  console.log(
    `\nThe suite's scenarios on the reference server: ${skipped ? `skipped: ${skipped}` : failures.length > 0 ? "FAILED" : "passed"}`,
  );

  const failed = [...results, scenarios].filter((r) => r.failures && r.failures.length > 0);
  for (const { client, failures = [] } of failed) {
    console.error(`\n${client.name} failed:`);
    for (const failure of failures) console.error(`  ${failure.replaceAll("\n", "\n  ")}`);
  }
  if (failed.length > 0 && cloud.stderr) console.error(`\nThe local cloud said:\n${cloud.stderr}`);
  const nothing = results.every((r) => r.skipped);
  if (nothing) console.error("\nNo client could be installed: nothing was tested.");
  process.exitCode = failed.length > 0 || nothing ? 1 : 0;
}

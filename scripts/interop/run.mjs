// Clients in other versions and languages against the local cloud, and the scenarios
// of the suite against the reference server:
//   node scripts/interop/run.mjs [flags of the local cloud]
// needs `make build/local`. What cannot be installed here is skipped, and says why;
// what is there and fails makes the run fail.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startCloud } from "../suite/confab.mjs";
import { line } from "../suite/line.mjs";
import { behaviours } from "./behaviours.mjs";
import { clients, javascript } from "./clients.mjs";
import { here, root, run, Unavailable } from "./install.mjs";

/** How long a client may take for all behaviours. */
const patience = 60_000;

const cloud = await startCloud(["-app", "tour", ...process.argv.slice(2)]);
const results = await inTurn(2, clients, visit);
await cloud.stop();
const scenarios = { client: { name: "The reference server" }, ...(await compare()) };
report(results, scenarios);

/** Has a client do everything; returns what it did, by behaviour. */
async function visit(client) {
  let command;
  try {
    command = await client.start();
  } catch (error) {
    if (error instanceof Unavailable) return { client, skipped: error.message };
    return { client, failures: [error.message] };
  }
  const wire = await line(cloud.url);
  const control = await remote(wire);
  const child = spawn(command[0], [...command.slice(1), cloud.url, wire.url, control.url], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  const timer = setTimeout(kill, patience);
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  const done = new Map();
  createInterface({ input: child.stdout }).on("line", (text) => {
    const { behaviour, failed } = JSON.parse(text);
    done.set(behaviour, failed);
  });
  const [code] = await once(child, "close");
  clearTimeout(timer);
  process.off("exit", kill);
  control.close();
  wire.close();

  const failures = [];
  const cannot = client.cannot ?? {};
  for (const behaviour of behaviours.filter((b) => !cannot[b])) {
    if (!done.has(behaviour)) failures.push(`${behaviour}: was not tried`);
    else if (done.get(behaviour)) failures.push(`${behaviour}: ${done.get(behaviour)}`);
  }
  if (code !== 0) failures.push(`it ended with ${code}`);
  if (failures.length > 0 && said) failures.push(said.trim());
  return { client, failures };
}

/** Runs the suite's scenarios against the reference server: they pass there too. */
async function compare() {
  try {
    await javascript();
    const env = { ...process.env, CONFAB_REFERENCE: join(here, "javascript", "reference.mjs") };
    await run(process.execPath, ["--test", join(root, "scripts", "suite", "test", "scenarios.test.mjs")], { env });
    return { failures: [] };
  } catch (error) {
    if (error instanceof Unavailable) return { skipped: error.message };
    return { failures: error.said ?? [error.message] };
  }
}

/** Lets a program cut and mend its line by HTTP. */
async function remote(wire) {
  const server = createServer((request, response) => {
    const command = { "/cut": () => wire.cut(), "/mend": () => wire.mend() }[request.url];
    command?.();
    response.writeHead(command ? 200 : 404).end();
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  return { url: `http://localhost:${server.address().port}`, close: () => server.close() };
}

/** Does something with all, at most so many at once; returns the results in order. */
async function inTurn(atOnce, all, work) {
  const results = [];
  const queue = [...all.entries()];
  const worker = async () => {
    for (let next; (next = queue.shift()); ) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

function report(results, scenarios) {
  const width = Math.max(...clients.map((c) => c.name.length)) + 2;
  const indent = " ".repeat(width + 8);
  console.log(`\n${"client".padEnd(width)}passed  of ${behaviours.length}`);
  for (const { client, skipped, failures } of results) {
    const cannot = Object.entries(client.cannot ?? {});
    const passed = skipped ? "none" : failures.length > 0 ? "FAILED" : String(behaviours.length - cannot.length);
    const notes = skipped
      ? [`skipped: ${skipped}`]
      : cannot.map(([behaviour, why]) => `skipped: ${behaviour}, because ${why}`);
    console.log(`${client.name.padEnd(width)}${passed.padStart(6)}  ${notes.join(`\n${indent}`)}`.trimEnd());
  }
  const { skipped, failures } = scenarios;
  console.log(
    `\nThe suite's scenarios on the reference server: ${skipped ? `skipped: ${skipped}` : failures.length > 0 ? "FAILED" : "passed"}`,
  );

  const failed = [...results, scenarios].filter((r) => r.failures?.length > 0);
  for (const { client, failures } of failed) {
    console.error(`\n${client.name} failed:`);
    for (const failure of failures) console.error(`  ${failure.replaceAll("\n", "\n  ")}`);
  }
  if (failed.length > 0 && cloud.said) console.error(`\nThe local cloud said:\n${cloud.said}`);
  const nothing = results.every((r) => r.skipped);
  if (nothing) console.error("\nNo client could be installed: nothing was tested.");
  process.exitCode = failed.length > 0 || nothing ? 1 : 0;
}

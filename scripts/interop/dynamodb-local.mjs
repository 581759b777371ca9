// The stores' own tests against AWS's DynamoDB Local instead of the embedded engine:
//   node scripts/interop/dynamodb-local.mjs [flags of go test]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rename } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { fetchWith, folder, maven, root, Unavailable } from "./install.mjs";

const library = "libsqlite4java-linux-amd64";

try {
  await fetchWith("java", ["-version"]);
  if (`${process.platform}-${process.arch}` !== "linux-x64")
    throw new Unavailable("its database is listed for Linux on x86-64 only");
  process.exitCode = await test(await install());
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`skipped: DynamoDB Local, because ${error.message}`);
}

/** Fetches the jars, and gives the native library the name that Java looks for. */
function install() {
  return folder("dynamodb", ["jars.txt"], async (target) => {
    const files = await maven(join(target, "jars.txt"), target);
    const found = files.find((file) => file.includes(library));
    if (!found) throw new Error(`jars.txt does not list ${library}`);
    await rename(found, join(target, `${library}.so`));
  });
}

/** @param {string} folder */
async function test(folder) {
  const port = await freePort();
  const database = spawn(
    "java",
    ["-Xmx512m", `-Djava.library.path=${folder}`, "-cp", [folder, join(folder, "*")].join(delimiter)].concat(
      ["software.amazon.dynamodb.services.local.main.ServerRunner", "-inMemory", "-disableTelemetry"],
      ["-port", String(port)],
    ),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [database.stdout, database.stderr])
    stream.on("data", (data) => {
      output += data;
    });
  process.on("exit", () => database.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  await waitForAnswer(url, () => database.exitCode !== null).catch((error) => {
    throw new Error(`${error.message}\n${output}`);
  });
  console.log("The stores' tests against DynamoDB Local", /^Version:\s+(\S+)/m.exec(output)?.[1]);
  const go = spawn("go", ["test", "-count=1", "-shuffle=on", ...process.argv.slice(2), "./shared/dynamo/..."], {
    cwd: root,
    env: { ...process.env, CONFAB_TEST_DYNAMODB: url },
    stdio: "inherit",
  });
  const [code] = await once(go, "exit");
  database.kill();
  return code ?? 1;
}

/**
 * Waits until a server answers at all.
 *
 * @param {string} url
 * @param {() => boolean} hasEnded
 */
async function waitForAnswer(url, hasEnded) {
  for (const deadline = Date.now() + 30_000; ; ) {
    if (await fetch(url).catch(() => null)) return;
    if (hasEnded() || Date.now() > deadline) throw new Error("DynamoDB Local does not answer");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  return port;
}

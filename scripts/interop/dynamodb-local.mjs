// The Stores' own tests against AWS's DynamoDB Local instead of the embedded engine:
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

/** Fetches the jars, and the library under the name that Java looks for. */
function install() {
  return folder("dynamodb", ["jars.txt"], async (target) => {
    const files = await maven(join(target, "jars.txt"), target);
    await rename(
      files.find((file) => file.includes(library)),
      join(target, `${library}.so`),
    );
  });
}

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
  let said = "";
  for (const stream of [database.stdout, database.stderr]) stream.on("data", (data) => (said += data));
  process.on("exit", () => database.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  await answers(url, () => database.exitCode !== null).catch((error) => {
    throw new Error(`${error.message}\n${said}`);
  });
  console.log("The Stores' tests against DynamoDB Local", /^Version:\s+(\S+)/m.exec(said)?.[1]);
  const go = spawn("go", ["test", "-count=1", "-shuffle=on", ...process.argv.slice(2), "./shared/dynamo/..."], {
    cwd: root,
    env: { ...process.env, CONFAB_TEST_DYNAMODB: url },
    stdio: "inherit",
  });
  const [code] = await once(go, "exit");
  database.kill();
  return code ?? 1;
}

/** Waits until a server answers anything. */
async function answers(url, ended) {
  for (const deadline = Date.now() + 30_000; ; ) {
    if (await fetch(url).catch(() => null)) return;
    if (ended() || Date.now() > deadline) throw new Error("DynamoDB Local does not answer");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

// The stack on an engine of another make, and the official client on it:
//   node scripts/interop/ministack.mjs
// It needs the functions for this machine's processor; `make interop` builds them. ministack creates the
// synthesized template, with the changes that docs/localstack.md lists.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, record, request, signIn } from "../suite/harness.mjs";
import { folder, installPython, into, root, run, Unavailable } from "./install.mjs";
import { freePort, waitForAnswer } from "./server.mjs";

const stackName = "Confab";
const assetBucket = "cdk-hnb659fds-assets-000000000000-us-east-1";
const architecture = process.arch === "x64" ? "x86_64" : "arm64";

/** How long the stack may take, in milliseconds. */
const patience = 120_000;

try {
  const installed = await folder("ministack", ["requirements.txt", "extensions.mjs"], installPython);
  const scratch = await mkdtemp(join(tmpdir(), "confab-ministack-"));
  const emulator = await start(installed, scratch);
  try {
    await test(emulator, installed, scratch);
  } catch (error) {
    console.error(
      `ministack: ${/** @type {Error} */ (error).message}\n${emulator.log().split("\n").slice(-40).join("\n")}`,
    );
    process.exitCode = 1;
  } finally {
    await emulator.stop();
    await rm(scratch, { recursive: true, force: true });
  }
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`skipped: ministack, because ${error.message}`);
}
process.exit(); // sockets that reconnect would keep it

/**
 * Starts ministack.
 *
 * @param {string} installed
 * @param {string} scratch
 */
async function start(installed, scratch) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(join(installed, "bin", "ministack"), {
    env: {
      ...process.env,
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      AWS_ENDPOINT_URL: url,
      TMPDIR: scratch,
      HOME: scratch,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  process.on("exit", () => child.kill("SIGKILL"));
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      log += data;
    });
  await waitForAnswer("ministack", `${url}/_ministack/health`, child).catch((error) => {
    throw new Error(`${error.message}\n${log}`);
  });
  return {
    url,
    log: () => log,
    async stop() {
      child.kill();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/**
 * Deploys the stack, and lets two official clients chat.
 *
 * @param {{ url: string }} emulator
 * @param {string} installed
 * @param {string} scratch
 */
async function test({ url }, installed, scratch) {
  const assembly = join(into, "ministack-assembly");
  const settings = ["page=false", "allowedOrigins=*", "guests=true", "userPool=false", "apiGatewayLogRole=false"];
  await run(
    "npx",
    [
      ...["cdk", "synth", "--quiet", "--no-notices", "-o", assembly],
      ...[`architecture=${architecture}`, ...settings].flatMap((setting) => ["-c", setting]),
    ],
    { cwd: root },
  );
  const template = JSON.parse(await readFile(join(assembly, `${stackName}.template.json`), "utf8"));
  const count = adapt(template, url);
  await upload(url, template, { installed, assembly, scratch });
  await deploy(url, template);
  const { items } = JSON.parse(await call(url, "apigateway", { method: "GET", path: "/v2/apis" }));
  const api = (/** @type {string} */ protocol) =>
    items.find((/** @type {any} */ a) => a.protocolType === protocol).apiId;
  console.log(`ministack has created the ${count} resources of the stack`);
  await chat(url, api("HTTP"), api("WEBSOCKET"));
  console.log("the official client chats on ministack");
}

/**
 * Changes what ministack cannot do, and returns how many resources are left.
 *
 * @param {any} template
 * @param {string} url
 */
function adapt(template, url) {
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    // It has the type in its API, but not in CloudFormation. It answers with the function's body without one.
    if (Type === "AWS::ApiGatewayV2::RouteResponse") delete template.Resources[id];
    // The address of @connections: a function cannot resolve AWS's names to this machine.
    const variables = Properties?.Environment?.Variables;
    if (!variables?.CONFAB_MANAGEMENT_ENDPOINT) continue;
    const [webSocket] =
      Object.entries(template.Resources).find(([, r]) => r.Properties?.ProtocolType === "WEBSOCKET") ?? [];
    variables.CONFAB_MANAGEMENT_ENDPOINT = {
      "Fn::Join": ["", [`${url}/_aws/execute-api/`, { Ref: webSocket }, "/prod"]],
    };
  }
  for (const resource of Object.values(template.Resources)) {
    if (resource.DependsOn)
      resource.DependsOn = [resource.DependsOn].flat().filter((/** @type {string} */ id) => id in template.Resources);
  }
  return Object.keys(template.Resources).length;
}

/**
 * Does what `cdk bootstrap` and `cdk deploy` do before a stack: a bucket with the functions' code.
 *
 * @param {string} url
 * @param {any} template
 * @param {{ installed: string, assembly: string, scratch: string }} paths
 */
async function upload(url, template, { installed, assembly, scratch }) {
  await call(url, "ssm", {
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.PutParameter" },
    body: JSON.stringify({ Name: "/cdk-bootstrap/hnb659fds/version", Value: "30", Type: "String" }),
  });
  await call(url, "s3", { method: "PUT", path: `/${assetBucket}` });
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type !== "AWS::Lambda::Function") continue;
    const key = Properties.Code.S3Key;
    const files = await contents(
      join(assembly, `asset.${key.replace(/\.zip$/, "")}`),
      Properties.Description,
      installed,
      scratch,
    );
    const archive = join(scratch, key);
    await run(join(installed, "bin", "python"), ["-m", "zipfile", "-c", archive, ...files]);
    await call(url, "s3", { method: "PUT", path: `/${assetBucket}/${key}`, body: await readFile(archive) });
  }
}

/**
 * The files of a function. Connect works after its response, for which it needs the Extensions API.
 *
 * @param {string} asset
 * @param {string} description
 * @param {string} installed
 * @param {string} scratch
 */
async function contents(asset, description, installed, scratch) {
  if (!description.startsWith("Confab: connect,")) return [join(asset, "bootstrap")];
  const files = ["bootstrap", "function", "extensions.mjs"].map((name) => join(scratch, name));
  await writeFile(files[0], '#!/bin/sh\ncd "$(dirname "$0")" && exec node extensions.mjs ./function\n');
  await cp(join(asset, "bootstrap"), files[1]);
  await cp(join(installed, "extensions.mjs"), files[2]);
  await Promise.all(files.map((file) => chmod(file, 0o755)));
  return files;
}

/**
 * Creates the stack and waits until it is there.
 *
 * @param {string} url
 * @param {any} template
 */
async function deploy(url, template) {
  const action = (/** @type {Record<string, string>} */ parameters) =>
    call(url, "cloudformation", {
      body: new URLSearchParams({ Version: "2010-05-15", StackName: stackName, ...parameters }),
    });
  const path = `/${assetBucket}/template.json`;
  await call(url, "s3", { method: "PUT", path, body: JSON.stringify(template) });
  await action({ Action: "CreateStack", TemplateURL: url + path, "Capabilities.member.1": "CAPABILITY_IAM" });
  for (const deadline = Date.now() + patience; ; ) {
    const answer = await action({ Action: "DescribeStacks" });
    const status = /<StackStatus>(\w+)</.exec(answer)?.[1];
    if (status === "CREATE_COMPLETE") return;
    if (status !== "CREATE_IN_PROGRESS" || Date.now() > deadline)
      throw new Error(`the stack is ${status}: ${/<StackStatusReason>([^<]+)</.exec(answer)?.[1]}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/**
 * Two people meet in a room, one says something, and the other hears it.
 *
 * @param {string} url
 * @param {string} http
 * @param {string} webSocket
 */
async function chat(url, http, webSocket) {
  const enter = async (/** @type {string} */ name) => {
    const { token } = await signIn(`${url}/_aws/execute-api/${http}`, name);
    return connect(url, { path: `/_aws/execute-api/${webSocket}/prod`, auth: { token } });
  };
  const [ada, bob] = await Promise.all([enter("Ada"), enter("Bob")]);
  const { room } = await request(ada, "createRoom", { name: "Elsewhere", kind: "group" });
  await request(bob, "joinRoom", { roomId: room.id });
  const heard = record(bob);
  const { message } = await request(ada, "sendMessage", { roomId: room.id, tempId: "1", text: "Hello" });
  const event = await heard.first("newMessage");
  if (event.text !== "Hello" || event.seq !== message.seq) throw new Error(`Bob heard ${JSON.stringify(event)}`);
  const history = await request(bob, "history", { roomId: room.id, after: 0 });
  if (history.messages.length !== 1) throw new Error(`the history has ${JSON.stringify(history)}`);
  for (const socket of [ada, bob]) socket.disconnect();
}

/**
 * Calls a service of AWS, whose name ministack takes from the signature. It verifies none.
 *
 * @param {string} url
 * @param {string} service
 * @param {{ method?: string, path?: string, headers?: Record<string, string>, body?: BodyInit }} request
 * @returns {Promise<string>}
 */
async function call(url, service, { method = "POST", path = "/", headers = {}, body }) {
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const response = await fetch(url + path, { method, headers: { authorization, ...headers }, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${service} answers ${response.status}: ${text.slice(0, 500)}`);
  return text;
}

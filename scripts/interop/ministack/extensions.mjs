// Runs the function beside it with the Extensions API, which ministack lacks:
//   node extensions.mjs FUNCTION
// Everything else goes to ministack's Runtime API. ministack freezes no environment, so an extension is
// told of an invocation when it comes, and nobody waits for it.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, request } from "node:http";

const [hostname, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? "").split(":");
let untold = 0;
/** @type {(() => void) | undefined} */
let tell;

const server = createServer((incoming, outgoing) => {
  if (incoming.url?.endsWith("/extension/register")) {
    outgoing.writeHead(200, { "Lambda-Extension-Identifier": randomUUID() }).end("{}");
  } else if (incoming.url?.endsWith("/extension/event/next")) {
    tell = () => outgoing.writeHead(200).end('{"eventType":"INVOKE"}');
    tellOne();
  } else {
    forward(incoming, outgoing);
  }
});

/**
 * Forwards a request to ministack.
 *
 * @param {import("node:http").IncomingMessage} incoming
 * @param {import("node:http").ServerResponse} outgoing
 */
function forward(incoming, outgoing) {
  const { method, url: path, headers } = incoming;
  const onward = request({ hostname, port, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
    if (path?.endsWith("/invocation/next") && answer.statusCode === 200) {
      untold++;
      tellOne();
    }
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
}

/** Tells the extension of an invocation, if there is one and it waits. */
function tellOne() {
  if (!tell || untold === 0) return;
  untold--;
  tell();
  tell = undefined;
}

server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port: own } = /** @type {import("node:net").AddressInfo} */ (server.address());
const env = { ...process.env, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${own}` };
const child = spawn(process.argv[2], { env, stdio: "inherit" });
process.on("SIGTERM", () => child.kill());
child.on("exit", (code) => process.exit(code ?? 1));

// Servers that tests start on a port of their own.
import { once } from "node:events";
import { createServer } from "node:net";

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  return port;
}

/**
 * Waits until a server answers at all.
 *
 * @param {string} name
 * @param {string} url
 * @param {import("node:child_process").ChildProcess} child
 */
export async function waitForAnswer(name, url, child) {
  for (const deadline = Date.now() + 30_000; ; ) {
    if (await fetch(url).catch(() => null)) return;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

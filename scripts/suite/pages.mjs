import { once } from "node:events";
import { createServer } from "node:http";

/** The flags of a local cloud whose link previews reach pages of this machine, from its own process. */
export const reachesHere = ["-functions", "inprocess", "-link-previews", "local"];

/**
 * Serves pages on this machine, and counts how often each path was asked for.
 *
 * @param {(path: string, response: import("node:http").ServerResponse) => void} answer
 */
export async function servePages(answer) {
  /** @type {Record<string, number>} */
  const asked = {};
  const server = createServer(({ url: path = "" }, response) => {
    asked[path] = (asked[path] ?? 0) + 1;
    response.setHeader("content-type", "text/html; charset=utf-8");
    answer(path, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { host: `127.0.0.1:${port}`, asked, close: () => server.close() };
}

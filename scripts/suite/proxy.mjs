// A TCP proxy in front of the cloud whose connections can be cut.
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** @typedef {Awaited<ReturnType<typeof startProxy>>} Proxy */

/** @param {string} url */
export async function startProxy(url) {
  const target = new URL(url);
  /** @type {Set<{ destroy(): void }>} */
  const connections = new Set();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(Number(target.port), target.hostname);
    const connection = {
      destroy() {
        near.destroy();
        far.destroy();
      },
    };
    connections.add(connection);
    near.pipe(far).pipe(near);
    for (const end of [near, far]) {
      end.on("error", () => {});
      end.on("close", () => {
        connection.destroy();
        connections.delete(connection);
      });
    }
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://localhost:${port}`,
    /** Cuts all connections, and refuses new ones. */
    cut() {
      isCut = true;
      for (const connection of connections) connection.destroy();
    },
    /** Lets connections through again. */
    mend() {
      isCut = false;
    },
    close() {
      this.cut();
      server.close();
    },
  };
}

// A line to the cloud that can be cut: a TCP proxy on a port of its own.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export async function line(url) {
  const target = new URL(url);
  const pairs = new Set();
  let cut = false;
  const server = createServer((near) => {
    if (cut) return near.destroy();
    const far = connect(Number(target.port), target.hostname);
    const pair = { destroy: () => (near.destroy(), far.destroy()) };
    pairs.add(pair);
    near.pipe(far).pipe(near);
    for (const end of [near, far]) {
      end.on("error", () => {});
      end.on("close", () => (pair.destroy(), pairs.delete(pair)));
    }
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  return {
    url: `http://localhost:${server.address().port}`,
    /** Breaks what is open, and refuses what comes. */
    cut() {
      cut = true;
      for (const pair of pairs) pair.destroy();
    },
    mend() {
      cut = false;
    },
    close() {
      this.cut();
      server.close();
    },
  };
}

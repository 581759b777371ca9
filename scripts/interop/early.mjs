// A server whose events overtake its CONNECT replies, as a broadcast may on AWS while the reply
// is on its way.
import { once } from "node:events";
import { WebSocketServer } from "ws";

/** How long a reply is behind the event, in milliseconds. */
const delay = 50;

export async function startEarly() {
  const server = new WebSocketServer({ host: "localhost", port: 0 });
  server.on("connection", (socket) => {
    const open = { sid: "early", upgrades: [], pingInterval: 60_000, pingTimeout: 60_000, maxPayload: 32_768 };
    socket.send(`0${JSON.stringify(open)}`);
    socket.on("message", (data) => {
      if (!String(data).startsWith("40")) return;
      socket.send('42["early","kept"]');
      setTimeout(() => socket.send('40{"sid":"early"}'), delay);
    });
  });
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://localhost:${port}`, close: () => server.close() };
}

// The three applications of the suite's scenarios, written for the reference server in the
// version that package.json pins.
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { into } from "../install.mjs";

const { Server } = createRequire(join(into, "javascript", "package.json"))("socket.io");

// The reference server is installed by install.mjs, so that its own types are not known here.
/**
 * @typedef {object} ServerSocket
 * @property {string} id
 * @property {{ auth: Record<string, unknown> }} handshake
 * @property {{ emit(event: string, ...args: unknown[]): void }} broadcast
 * @property {(event: string, handler: (...args: any[]) => void) => void} on
 * @property {(event: string, ...args: unknown[]) => void} emit
 */
/**
 * @typedef {object} Namespace
 * @property {Map<string, ServerSocket>} sockets
 * @property {(event: "connection", handler: (socket: ServerSocket) => void) => void} on
 * @property {(middleware: (socket: ServerSocket, next: (error?: Error) => void) => void) => void} use
 * @property {(event: string, ...args: unknown[]) => void} emit
 * @property {(event: string, ...args: unknown[]) => Promise<unknown[]>} emitWithAck
 * @property {(ms: number) => Namespace} timeout
 */

/** @type {Record<string, (io: Namespace & { of(name: string): Namespace }) => void>} */
const apps = {
  chatroom(io) {
    let numUsers = 0;
    io.on("connection", (socket) => {
      /** @type {string | undefined} */
      let username;
      socket.on("add user", (name) => {
        if (username) return;
        username = name;
        numUsers++;
        socket.emit("login", { numUsers });
        socket.broadcast.emit("user joined", { username, numUsers });
      });
      socket.on("new message", (message) => socket.broadcast.emit("new message", { username, message }));
      socket.on("typing", () => socket.broadcast.emit("typing", { username }));
      socket.on("stop typing", () => socket.broadcast.emit("stop typing", { username }));
      socket.on("disconnect", () => {
        if (!username) return;
        numUsers--;
        socket.broadcast.emit("user left", { username, numUsers });
      });
    });
  },

  counter(io) {
    let value = 0;
    io.on("connection", (socket) => {
      socket.emit("value", value);
      socket.on("increment", (by, acknowledge) => {
        value += by;
        io.emit("value", value);
        acknowledge(value);
      });
    });
  },

  dashboard(io) {
    const [open, admin] = [io.of("/public"), io.of("/admin")];
    admin.use((socket, next) => {
      if (socket.handshake.auth.password === "open sesame") return next();
      next(Object.assign(new Error("Administrators only."), { data: { code: "unauthorized" } }));
    });
    admin.on("connection", (socket) => {
      socket.emit("viewers", [...open.sockets.keys()]);
      socket.on("publish", async (figures, acknowledge) => {
        const seen = await open.timeout(1000).emitWithAck("figures", figures);
        acknowledge(seen.length);
      });
    });
    open.on("connection", (socket) => {
      admin.emit("viewer joined", socket.id);
      socket.on("picture", async (acknowledge) => {
        const [picture] = await admin.timeout(1000).emitWithAck("picture");
        acknowledge(picture);
      });
      socket.on("disconnect", () => admin.emit("viewer left", socket.id));
    });
  },
};

/**
 * Starts an application on a free port.
 *
 * @param {string} app
 */
export async function start(app) {
  const http = createServer();
  const io = new Server(http);
  apps[app](io);
  http.listen(0, "localhost");
  await once(http, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (http.address());
  return { url: `http://localhost:${port}`, stop: () => io.close() };
}

// The three applications of the suite's scenarios as they are written for the
// reference server, in the versions that package.json pins.
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { into } from "../install.mjs";

const { Server } = createRequire(join(into, "javascript", "package.json"))("socket.io");

const apps = {
  chatroom(io) {
    let numUsers = 0;
    io.on("connection", (socket) => {
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

/** Starts an application on a free port; returns its URL and how to stop it. */
export async function start(app) {
  const http = createServer();
  const io = new Server(http);
  apps[app](io);
  http.listen(0, "localhost");
  await once(http, "listening");
  return { url: `http://localhost:${http.address().port}`, stop: () => io.close() };
}

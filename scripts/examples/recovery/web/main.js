import { io } from "/socket.io/socket.io.esm.min.js";

const $ = (selector) => document.querySelector(selector);
const socket = io({ transports: ["websocket"], reconnectionDelay: 3000, randomizationFactor: 0 });

socket.on("connect", () => {
  $("#state").textContent = socket.recovered ? `recovered as ${socket.id}` : `connected as ${socket.id}`;
});
socket.on("disconnect", () => {
  $("#state").textContent = "away";
});
socket.on("ping", (at) => {
  $("#pings").prepend(Object.assign(document.createElement("li"), { textContent: at }));
});

$("#ping").addEventListener("click", () => fetch("/pings", { method: "POST" }));
// As if the network broke: the client comes back by itself.
$("#cut").addEventListener("click", () => socket.io.engine.close());

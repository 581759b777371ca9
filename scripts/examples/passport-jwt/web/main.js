import { io } from "/socket.io/socket.io.esm.min.js";

const $ = (selector) => document.querySelector(selector);
const say = (text) => {
  $("#state").textContent = text;
};

// A page can set no header of a WebSocket, so the token is the socket's auth.
const socket = io({
  transports: ["websocket"],
  autoConnect: false,
  auth: (send) => send({ token: localStorage.getItem("token") }),
});

function show(loggedIn) {
  $("#login").hidden = loggedIn;
  $("#logout").hidden = !loggedIn;
}

function leave(text) {
  socket.disconnect();
  localStorage.removeItem("token");
  say(text);
  show(false);
}

socket.on("connect", async () => {
  say(`You are ${await socket.emitWithAck("whoami")}, on the socket ${socket.id}.`);
});
socket.on("disconnect", (reason) => {
  if (reason === "io server disconnect") leave("Your login has expired.");
});
socket.on("connect_error", (error) => {
  if (!socket.active) leave(error.message); // else it tries again by itself
});

$("#login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { username, password } = event.target;
  const response = await fetch("/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username: username.value, password: password.value }),
  });
  password.value = "";
  if (!response.ok) return say("That is not the password.");
  localStorage.setItem("token", (await response.json()).token);
  enter();
});
$("#logout").addEventListener("click", () => leave("You have logged out."));

function enter() {
  show(true);
  socket.connect();
}
if (localStorage.getItem("token")) enter();

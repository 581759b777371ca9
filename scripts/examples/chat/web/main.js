import { io } from "/socket.io/socket.io.esm.min.js";

/** @param {string} selector */
const $ = (selector) => document.querySelector(selector);
const socket = io({ transports: ["websocket"] });
let username = "";

/** Shows a line below the others, with who says it in front. */
function show(text, who) {
  const line = document.createElement("p");
  if (who) line.append(Object.assign(document.createElement("strong"), { textContent: who }), ": ");
  line.append(text);
  $("#messages").append(line);
  line.scrollIntoView({ block: "nearest" });
}

const people = (n) => (n === 1 ? "1 person is here" : `${n} people are here`);
const showCount = ({ numUsers }) => {
  $("#state").textContent = people(numUsers);
};

// A connection that comes back is a new one to the server.
socket.on("connect", () => {
  $("#state").textContent = "connected";
  if (username) socket.emit("add user", username);
});
socket.on("disconnect", () => {
  $("#state").textContent = "connecting …";
});
socket.on("login", showCount);
socket.on("user joined", (count) => {
  showCount(count);
  show(`${count.username} joined`);
});
socket.on("user left", (count) => {
  showCount(count);
  show(`${count.username} left`);
  stopped(count);
});
socket.on("new message", ({ username: who, message }) => show(message, who));

const typists = new Set();
const showTypists = () => {
  $("#typing").textContent = typists.size > 0 ? `${[...typists].join(", ")} is typing …` : "";
};
const stopped = ({ username: who }) => {
  typists.delete(who);
  showTypists();
};
socket.on("typing", ({ username: who }) => {
  typists.add(who);
  showTypists();
});
socket.on("stop typing", stopped);

$("#join").addEventListener("submit", (event) => {
  event.preventDefault();
  username = event.target.username.value.trim();
  socket.emit("add user", username);
  $("#join").hidden = true;
  $("#say").hidden = false;
  $("#say input").focus();
});

let typing;
const stopTyping = () => {
  if (!typing) return;
  clearTimeout(typing);
  typing = undefined;
  socket.emit("stop typing");
};
$("#say").addEventListener("input", () => {
  if (!typing) socket.emit("typing");
  clearTimeout(typing);
  typing = setTimeout(stopTyping, 2000);
});
$("#say").addEventListener("submit", (event) => {
  event.preventDefault();
  const message = event.target.message.value;
  socket.emit("new message", message);
  show(message, username);
  event.target.reset();
  stopTyping();
});

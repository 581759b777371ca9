import { io } from "/socket.io/socket.io.esm.min.js";

const $ = (selector) => document.querySelector(selector);
const socket = io({ transports: ["websocket"], autoConnect: false });

// The users by their ids, oneself too.
let users = new Map();
let me;

const say = (text) => {
  $("#state").textContent = text;
};

function showUsers() {
  const chosen = $("#to").value;
  const options = [...users.values()]
    .filter((user) => user.userID !== me)
    .sort((a, b) => a.username.localeCompare(b.username))
    .map(
      (user) => new Option(`${user.username}${user.connected ? "" : " (away)"}${user.unread ? " •" : ""}`, user.userID),
    );
  $("#to").replaceChildren(...options);
  if (users.has(chosen)) $("#to").value = chosen;
  if ($("#to").value !== chosen) showMessages();
}

function showMessages() {
  const user = users.get($("#to").value);
  if (user) user.unread = false;
  $("#messages").replaceChildren();
  for (const message of user?.messages ?? []) show(message);
}

function show({ content, from }) {
  const line = document.createElement("p");
  line.textContent = content;
  line.classList.toggle("own", from === me);
  $("#messages").append(line);
}

/** Adds a message to those of whom it was exchanged with. */
function add(message) {
  const user = users.get(message.from === me ? message.to : message.from);
  user?.messages.push(message);
  if (user && user.userID === $("#to").value) show(message);
  else if (user) {
    user.unread = true;
    say(`${user.username} has written`);
    showUsers();
  }
}

function enter(auth) {
  socket.auth = auth;
  socket.connect();
  $("#enter").hidden = true;
}

socket.on("session", ({ sessionID, userID }) => {
  me = userID;
  socket.auth = { sessionID };
  localStorage.setItem("sessionID", sessionID);
  $("#inside").hidden = false;
});
socket.on("users", (all) => {
  users = new Map(all.map((user) => [user.userID, user]));
  say(`You are ${users.get(me).username}.`);
  showUsers();
  showMessages();
});
socket.on("user connected", (user) => {
  users.set(user.userID, { ...user, messages: users.get(user.userID)?.messages ?? [] });
  showUsers();
});
socket.on("user disconnected", (id) => {
  if (users.has(id)) users.get(id).connected = false;
  showUsers();
});
socket.on("private message", add);
socket.on("disconnect", () => say("connecting …"));
socket.on("connect_error", (error) => {
  if (socket.active) return; // it tries again by itself
  say(error.message);
  localStorage.removeItem("sessionID");
  $("#enter").hidden = false;
});

$("#to").addEventListener("change", () => {
  showMessages();
  showUsers();
});
$("#enter").addEventListener("submit", (event) => {
  event.preventDefault();
  enter({ username: event.target.username.value.trim() });
});
$("#write").addEventListener("submit", (event) => {
  event.preventDefault();
  const message = { content: event.target.content.value, to: $("#to").value };
  if (!message.to) return;
  socket.emit("private message", message);
  add({ ...message, from: me });
  event.target.reset();
});
$("#leave").addEventListener("click", () => {
  localStorage.removeItem("sessionID");
  location.reload();
});

const sessionID = localStorage.getItem("sessionID");
if (sessionID) enter({ sessionID });

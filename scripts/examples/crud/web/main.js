import { io } from "/socket.io/socket.io.esm.min.js";

const $ = (selector) => document.querySelector(selector);
const socket = io({ transports: ["websocket"] });

// The list items by the ids of what is to do.
const items = new Map();

const say = (text) => {
  $("#state").textContent = text;
};

/** Asks the server, and returns its answer, or nothing if it says what is wrong. */
async function ask(event, ...args) {
  const answer = await socket.emitWithAck(event, ...args);
  if (!answer?.error) return answer ?? {};
  say(answer.errorDetails?.[0]?.message ?? answer.error);
}

function element(type, properties, change) {
  const input = Object.assign(document.createElement(type), properties);
  if (change) input.addEventListener(type === "button" ? "click" : "change", change);
  return input;
}

/** Shows a todo: its item is made, or changed. */
function show({ id, title, completed }) {
  let item = items.get(id);
  if (!item) {
    const update = () => ask("todo:update", { id, title: item.title.value, completed: item.done.checked });
    item = {
      row: document.createElement("li"),
      done: element("input", { type: "checkbox" }, update),
      title: element("input", { type: "text", maxLength: 256, ariaLabel: "What is to be done" }, update),
      remove: element("button", { type: "button", textContent: "Delete" }, async () => {
        if (await ask("todo:delete", id)) hide(id);
      }),
    };
    items.set(id, item);
    item.row.append(item.done, item.title, item.remove);
    $("#todos").append(item.row);
  }
  item.title.value = title;
  item.done.checked = completed;
  item.done.ariaLabel = `Done: ${title}`;
  item.remove.ariaLabel = `Delete ${title}`;
}

function hide(id) {
  items.get(id)?.row.remove();
  items.delete(id);
}

socket.on("connect", async () => {
  const answer = await ask("todo:list");
  if (!answer) return;
  for (const id of [...items.keys()]) hide(id);
  answer.data.forEach(show);
  say("connected");
});
socket.on("disconnect", () => say("connecting …"));
socket.on("todo:created", show);
socket.on("todo:updated", show);
socket.on("todo:deleted", hide);

$("#add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const title = event.target.title.value;
  const answer = await ask("todo:create", { title, completed: false });
  if (!answer) return;
  show({ id: answer.data, title, completed: false });
  $("#add").reset();
});

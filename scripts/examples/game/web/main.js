import { io } from "/socket.io/socket.io.esm.min.js";

const $ = (selector) => document.querySelector(selector);
const socket = io({ transports: ["websocket"] });
let seat;
let countdown;

const say = (text) => {
  $("#state").textContent = text;
};

/** Asks the server, says what is wrong, and returns the answer, or nothing. */
async function ask(event, ...args) {
  const answer = await socket.emitWithAck(event, ...args);
  if (answer?.ok !== false) return answer ?? true;
  say(answer.error.message);
}

/** Shows the scores, and counts down what is left of the round. */
function show({ left, scores }) {
  $("#scores").replaceChildren(
    ...scores.map(({ player, rounds }) =>
      Object.assign(document.createElement("li"), { textContent: `${player}: ${rounds}` }),
    ),
  );
  clearInterval(countdown);
  $("#begin").disabled = left > 0;
  $("#left").textContent = "";
  if (left === 0) return;
  const end = performance.now() + left;
  const tick = async () => {
    const seconds = Math.ceil((end - performance.now()) / 1000);
    $("#left").textContent = `${Math.max(0, seconds)} s left`;
    if (seconds > 0) return;
    clearInterval(countdown);
    const view = await ask("time is up");
    if (view) show(view);
  };
  countdown = setInterval(tick, 250);
  tick();
}

async function join() {
  const view = await ask("join", seat);
  if (!view) return;
  $("#join").hidden = true;
  $("#table").hidden = false;
  say(`You are ${seat.player} in the room “${seat.room}”.`);
  show(view);
}

// A connection that comes back is a new one to the server.
socket.on("connect", () => (seat ? join() : say("Join a room.")));
socket.on("disconnect", () => say("connecting …"));
socket.on("joined", show);
socket.on("round", (view) => {
  say(`Round ${view.round} has begun.`);
  $("#guesses").replaceChildren();
  show(view);
});
socket.on("guessed", ({ player, number, hint }) => {
  const text = `${player}: ${number} ${hint === "right" ? "is right" : `– it is ${hint}`}`;
  $("#guesses").append(Object.assign(document.createElement("p"), { textContent: text }));
});
socket.on("over", (over) => {
  say(over.winner ? `${over.winner} has found ${over.number}.` : `Time is up. It was ${over.number}.`);
  show(over);
});

$("#join").addEventListener("submit", (event) => {
  event.preventDefault();
  seat = { room: event.target.room.value.trim(), player: event.target.player.value.trim() };
  join();
});
$("#begin").addEventListener("click", () => ask("begin"));
$("#guess").addEventListener("submit", (event) => {
  event.preventDefault();
  ask("guess", event.target.number.valueAsNumber);
  event.target.reset();
});

import { io } from "/socket.io/socket.io.esm.min.js";

const board = location.hash.slice(1) || "everybody";
const canvas = document.querySelector("#board");
const state = document.querySelector("#state");
const colour = document.querySelector("#colour");
const context = canvas.getContext("2d");

// The strokes by their ids: one that comes twice is there once.
const strokes = new Map();

function paint() {
  canvas.width = canvas.clientWidth;
  canvas.height = canvas.clientHeight;
  context.lineWidth = 3;
  context.lineCap = context.lineJoin = "round";
  for (const { colour, points } of strokes.values()) {
    context.strokeStyle = colour;
    context.beginPath();
    context.moveTo(points[0][0], points[0][1] - 0.1); // a line without length would not show
    for (const [x, y] of points) context.lineTo(x, y);
    context.stroke();
  }
}

const socket = io("/boards", { transports: ["websocket"] });

socket.on("connect", async () => {
  try {
    await socket.timeout(10_000).emitWithAck("load", { board });
    state.textContent = `on the board “${board}”`;
  } catch {
    socket.disconnect().connect();
  }
});
socket.on("disconnect", () => {
  state.textContent = "connecting …";
});
socket.on("drawn", (more) => {
  for (const stroke of more) strokes.set(stroke.id, stroke);
  paint();
});
socket.on("cleared", () => {
  strokes.clear();
  paint();
});

/** Sends a stroke until the server has it. */
async function send(stroke) {
  for (;;) {
    try {
      const answer = await socket.timeout(10_000).emitWithAck("draw", stroke);
      if (answer?.ok === false) state.textContent = answer.error.message;
      return;
    } catch {
      // There was no answer: once more.
    }
  }
}

let drawing;
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  drawing = { board, id: `${Date.now()}-${crypto.randomUUID().slice(0, 8)}`, colour: colour.value, points: [] };
});
canvas.addEventListener("pointermove", (event) => {
  if (!drawing || drawing.points.length === 200) return;
  drawing.points.push([Math.round(event.offsetX), Math.round(event.offsetY)]);
  strokes.set(drawing.id, drawing);
  paint();
});
canvas.addEventListener("pointerup", () => {
  if (drawing?.points.length > 0) send(drawing);
  drawing = undefined;
});
document
  .querySelector("#clear")
  .addEventListener("click", () => fetch(`/boards/${board}/strokes`, { method: "DELETE" }));
addEventListener("resize", paint);

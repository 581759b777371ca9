import { io } from "/socket.io/socket.io.esm.min.js";

const $ = (selector) => document.querySelector(selector);
const socket = io({ transports: ["websocket"] });

/** How many values a line has. */
const length = 60;

// The rows of the table, and the values since the page was opened, by name.
const rows = new Map();

function rowOf(name) {
  if (!rows.has(name)) {
    const row = document.createElement("tr");
    const [head, value, at, cell] = ["th", "td", "td", "td"].map((type) => document.createElement(type));
    head.scope = "row";
    head.textContent = name;
    const line = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    line.setAttribute("viewBox", `0 0 ${length - 1} 20`);
    line.setAttribute("preserveAspectRatio", "none");
    line.setAttribute("aria-hidden", "true");
    line.innerHTML = '<polyline fill="none" stroke="currentColor" vector-effect="non-scaling-stroke" />';
    cell.append(line);
    row.append(head, value, at, cell);
    $("#rows").append(row);
    rows.set(name, { value, at, line: line.firstChild, values: [] });
  }
  return rows.get(name);
}

function show({ name, value, at }) {
  const row = rowOf(name);
  row.value.textContent = value.toLocaleString();
  row.at.textContent = new Date(at).toLocaleTimeString();
  row.values = [...row.values, value].slice(-length);
  const [low, high] = [Math.min(...row.values), Math.max(...row.values)];
  const y = (v) => 19 - (18 * (v - low)) / (high - low || 1);
  row.line.setAttribute("points", row.values.map((v, x) => `${x},${y(v)}`).join(" "));
}

socket.on("connect", () => {
  $("#state").textContent = "live";
});
socket.on("disconnect", () => {
  $("#state").textContent = "connecting …";
});
socket.on("measured", (measurements) => measurements.forEach(show));

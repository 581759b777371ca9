// The dashboard of the local cloud. It asks for what changes slowly, and is told what happens.
const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const most = 500; // entries

/** @param {string} tag @param {string | number} text @param {string} [className] */
function element(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = String(text);
  if (className) made.className = className;
  return made;
}

/** @param {(string | number)[]} cells @param {number} [numbersFrom] */
function row(cells, numbersFrom = Infinity) {
  const made = document.createElement("tr");
  made.append(...cells.map((cell, i) => element("td", cell, i >= numbersFrom ? "number" : "")));
  return made;
}

/** @param {string} path @param {RequestInit} [options] */
async function ask(path, options) {
  const response = await fetch(`/_local/${path}`, options);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

const quietFrames = new Set(["2", "3", "6", ""]);

/** @param {any} entry */
function wanted(entry) {
  if (!at(`show-${entry.kind}`)?.checked) return false;
  if (entry.kind === "frame" && quietFrames.has(entry.text ?? "") && !at("show-heartbeats").checked) return false;
  const search = at("search").value.toLowerCase();
  return !search || JSON.stringify(entry).toLowerCase().includes(search);
}

/** @param {any} entry */
function show(entry) {
  if (!wanted(entry)) return;
  const list = at("entries");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const failed = entry.error || entry.level === "ERROR" || /^4[0-9]*\[?\{?.*"ok":false/.test(entry.text ?? "");
  const line = element("li", "", [entry.from ?? "", failed ? "bad" : ""].join(" ").trim());
  const who = entry.kind === "invocation" ? entry.function : (entry.connection ?? entry.level ?? "").slice(0, 8);
  const arrow = entry.from === "client" ? "→ " : entry.from === "server" ? "← " : "";
  const text =
    entry.kind === "invocation" ? `${entry.ms.toFixed(1)} ms ${entry.error ?? ""}` : `${arrow}${entry.text ?? ""}`;
  line.append(
    element("time", new Date(entry.at).toISOString().slice(11, 23)),
    element("span", who, "who"),
    element("span", text, "text"),
  );
  list.append(line);
  while (list.childElementCount > most) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

async function refresh() {
  const [sockets, meter, failures] = await Promise.all([ask("sockets"), ask("meter"), ask("failures")]);
  at("sockets").replaceChildren(
    .../** @type {any[]} */ (sockets ?? []).map((s) =>
      row([s.id, s.namespace, (s.rooms ?? []).join(", "), s.data ? JSON.stringify(s.data) : ""]),
    ),
  );
  at("totals").textContent =
    `${(sockets ?? []).length} sockets, ${meter.messages.in} messages in and ${meter.messages.out} out, ` +
    `${meter.totalCalls} calls, $${meter.dollars.total.toFixed(6)} so far`;
  at("calls").replaceChildren(
    .../** @type {any[]} */ (meter.calls).map((c) =>
      row([c.function, `${c.service} ${c.operation}`, c.count, c.failed, c.readUnits, c.writeUnits], 2),
    ),
  );
  at("failures").textContent = Object.keys(failures ?? {}).length > 0 ? JSON.stringify(failures, null, 2) : "none";
}

/** @type {{ name: string, keys: string[] }[]} */
let tables = [];

async function readTable() {
  const items = /** @type {any[]} */ (await ask(`tables/${at("table").value}`)) ?? [];
  const { keys } = tables.find(({ name }) => name === at("table").value) ?? { keys: [] };
  const names = [...new Set([...keys, ...items.flatMap((item) => Object.keys(item))])];
  const head = document.createElement("tr");
  head.append(...names.map((name) => element("th", name)));
  const cell = (/** @type {unknown} */ v) => (v === undefined ? "" : typeof v === "string" ? v : JSON.stringify(v));
  at("items").replaceChildren(head, ...items.map((item) => row(names.map((name) => cell(item[name])))));
}

/**
 * Emits an event on a connection of its own, and resolves to the acknowledgement.
 *
 * @param {string} namespace @param {string} auth @param {string} event @param {unknown[]} args
 */
function emitAsClient(namespace, auth, event, args) {
  const prefix = namespace === "/" ? "" : `${namespace},`;
  const line = new WebSocket(`${location.origin.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("no answer within ten seconds")), 10_000);
    const end = (/** @type {() => void} */ how) => {
      clearTimeout(late);
      line.close();
      how();
    };
    line.onclose = () => reject(new Error("the connection was closed"));
    line.onmessage = ({ data }) => {
      if (data.startsWith("0")) line.send(`40${prefix}${auth}`);
      else if (data.startsWith(`40${prefix}`)) line.send(`42${prefix}0${JSON.stringify([event, ...args])}`);
      else if (data.startsWith(`43${prefix}0`)) end(() => resolve(JSON.parse(data.slice(`43${prefix}0`.length))));
      else if (data.startsWith("44")) end(() => reject(new Error(`refused: ${data.slice(2 + prefix.length)}`)));
      else if (data === "2") line.send("3");
    };
  });
}

at("emit").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const out = at("answer");
  try {
    const args = JSON.parse(`[${at("emit-args").value}]`);
    const name = at("emit-event").value;
    out.textContent = "…";
    if (at("emit-as").value === "server") {
      const rooms = at("emit-rooms")
        .value.split(",")
        .map((/** @type {string} */ r) => r.trim())
        .filter(Boolean);
      const body = JSON.stringify({ namespace: at("emit-namespace").value, rooms, event: name, args });
      await ask("emit", { method: "POST", body });
      out.textContent = "emitted";
    } else {
      const answer = await emitAsClient(at("emit-namespace").value, at("emit-auth").value, name, args);
      out.textContent = JSON.stringify(answer, null, 2);
    }
  } catch (error) {
    out.textContent = String(error);
  }
});

at("emit-as").addEventListener("change", () => {
  const server = at("emit-as").value === "server";
  at("emit-rooms-label").hidden = !server;
  at("emit-auth-label").hidden = server;
});
at("clear").addEventListener("click", () => at("entries").replaceChildren());
at("table").addEventListener("change", readTable);
at("reload").addEventListener("click", readTable);
for (const service of ["dynamodb", "connections"]) {
  const dial = at(`fault-${service}`);
  dial.addEventListener("input", () => {
    at(`fault-${service}-value`).textContent = dial.value;
    const body = { dynamodb: Number(at("fault-dynamodb").value), connections: Number(at("fault-connections").value) };
    void ask("faults", { method: "PUT", body: JSON.stringify(body) });
  });
}

new EventSource("/_local/events").onmessage = ({ data }) => show(JSON.parse(data));

const faults = await ask("faults");
for (const service of ["dynamodb", "connections"]) {
  at(`fault-${service}`).value = faults[service];
  at(`fault-${service}-value`).textContent = faults[service];
}
tables = await ask("tables");
at("table").replaceChildren(...tables.map(({ name }) => element("option", name)));
await readTable();
for (;;) {
  if (document.visibilityState === "visible")
    await refresh().catch((error) => (at("totals").textContent = String(error)));
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

import { io, type Socket } from "socket.io-client";
import * as Y from "yjs";
import { type ClientToServer, type Clocks, isRefused, type ServerToClient, type Update } from "./confab.ts"; // by confab types; confab dev keeps it current
import { replaced } from "./replaced.ts";

const name = location.hash.slice(1) || "everybody";
const state = document.querySelector("#state") as HTMLElement;
const field = document.querySelector("#text") as HTMLTextAreaElement;
const socket: Socket<ServerToClient, ClientToServer> = io({ transports: ["websocket"], forceBase64: true });
const doc = new Y.Doc();
const text = doc.getText();

// Of each client of Yjs, how much a document or an update has.
const clocks = (of: Map<number, number>): Clocks => Object.fromEntries(of);

/** Asks for what is not known yet. */
async function open(): Promise<void> {
  const known = clocks(Y.decodeStateVector(Y.encodeStateVector(doc)));
  const answer = await socket.emitWithAck("open", { text: name, known });
  state.textContent = isRefused(answer) ? answer.error.message : `You write on “${name}”.`;
  field.disabled = isRefused(answer);
}

/** Takes what others have written, and asks again if something before it is missing. */
function take(updates: Uint8Array[]): void {
  Y.applyUpdate(doc, Y.mergeUpdates(updates), socket);
  if (doc.store.pendingStructs) open();
}

// A connection that comes back has missed what happened since.
socket.on("connect", open);
socket.on("disconnect", () => {
  state.textContent = "connecting …";
});
socket.on("updates", (updates) => take((updates ?? []).flatMap((update) => (update ? decode(update) : []))));
socket.on("update", (update) => update && take([new Uint8Array(update)]));

/** Decodes base64. */
const decode = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

// What was written here and is not stored yet. It is sent one after the other, each until it is answered.
const largest = 15_000; // bytes
const unsent: Uint8Array[] = [];
let sending = false;
async function send(): Promise<void> {
  if (sending) return;
  sending = true;
  for (;;) {
    const next: Uint8Array[] = [];
    for (let size = 0; next.length < unsent.length; next.push(unsent[next.length])) {
      size += unsent[next.length].length;
      if (size > largest && next.length > 0) break;
    }
    if (next.length === 0) break;
    const data = Y.mergeUpdates(next);
    const update = { text: name, id: crypto.randomUUID(), clocks: clocks(Y.parseUpdateMeta(data).to), data };
    await store(update);
    unsent.splice(0, next.length);
  }
  sending = false;
}

/** Sends an update until it is stored, or refused for good. */
async function store(update: Update): Promise<void> {
  for (;;) {
    try {
      const answer = await socket.timeout(10_000).emitWithAck("update", update);
      if (!isRefused(answer)) return;
      state.textContent = answer.error.message;
      if (answer.error.code === "bad_update" || answer.error.code === "bad_text") return;
      await new Promise((resume) => setTimeout(resume, 1000));
    } catch {
      // There was no answer: once more.
    }
  }
}

doc.on("update", (update: Uint8Array, origin: unknown) => {
  if (origin === socket) return;
  unsent.push(update);
  send();
});

// What the field shows, and where the cursor is, follow the text.
text.observe((event) => {
  if (event.transaction.local) return;
  const places = [field.selectionStart, field.selectionEnd].map((at) => moved(event.delta, at));
  field.value = text.toString();
  field.setSelectionRange(places[0], places[1]);
});

/** Where a place is after a change. */
function moved(delta: Y.YTextEvent["delta"], place: number): number {
  let at = 0;
  for (const { retain = 0, insert = "", delete: gone = 0 } of delta) {
    at += retain;
    if (at >= place) break;
    if (typeof insert === "string") {
      at += insert.length;
      place += insert.length;
    }
    place -= Math.min(gone, place - at);
  }
  return place;
}

field.addEventListener("input", () => {
  const { at, gone, come } = replaced(text.toString(), field.value);
  doc.transact(() => text.delete(at, gone));
  // An update has its limit, so a long text comes in parts, none of which ends within a character.
  let end = at;
  for (const part of come.match(/.{1,3000}/gsu) ?? []) {
    doc.transact(() => text.insert(end, part));
    end += part.length;
  }
});

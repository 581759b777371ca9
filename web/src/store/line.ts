// The line to the server: one Socket.IO socket that comes back by itself.
import { signal } from "@preact/signals";
import { io, type Socket } from "socket.io-client";
import { backoff, sleep } from "../core/backoff";
import type { Answer } from "../core/protocol";
import { tell } from "./notice";

const answerTimeout = 8000;
/** A line that held so long was a good one: the next attempt is again a first. */
const settledAfter = 10_000;
/** A line on which nothing was heard for so long may be dead. */
const silentAfter = 30_000;

export const connection = signal<"connecting" | "connected" | "lost">("connecting");

export interface Handlers {
  connected(): void;
  lost(): void;
  /** The token of now. */
  token(): string;
  /** The token is not, or no longer, good. Resolves to whether there is a better one. */
  unauthorized(): Promise<boolean>;
  events: Record<string, (data: any) => void>;
}

let socket: Socket | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
let heard = 0; // when the server last said anything
let epoch = 0; // grows with every connection, and with its loss

export function openLine(handlers: Handlers): void {
  closeLine();
  const s = io({
    path: "/socket.io/",
    transports: ["websocket"],
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    auth: (put) => put({ token: handlers.token() }),
  });
  socket = s;
  let attempts = 0;
  let since = 0;

  // Where the client does not come back by itself: the server ended the session on
  // purpose, or refused it.
  const comeBack = () => {
    clearTimeout(retry);
    retry = setTimeout(() => s.connect(), backoff(++attempts, { first: 1000, limit: 20_000 }));
  };

  s.io.on("open", () => s.io.engine.on("packet", () => (heard = Date.now())));
  s.on("connect", () => {
    since = Date.now();
    epoch++;
    connection.value = "connected";
    handlers.connected();
  });
  s.on("disconnect", (reason) => {
    if (Date.now() - since > settledAfter) attempts = 0;
    epoch++;
    connection.value = "lost";
    handlers.lost();
    if (reason === "io server disconnect") comeBack();
  });
  s.on("connect_error", (error: Error & { data?: { code?: string } }) => {
    if (error.data?.code === "unauthorized") {
      void handlers.unauthorized().then((better) => better && socket === s && comeBack());
      return;
    }
    connection.value = "lost";
    if (!s.active) comeBack();
  });
  for (const [name, handler] of Object.entries(handlers.events)) s.on(name, handler);
}

export function closeLine(): void {
  clearTimeout(retry);
  epoch++;
  const s = socket;
  socket = null;
  s?.off();
  s?.disconnect();
  connection.value = "connecting";
}

/** Asks the server once. Rejects when no answer comes in time. */
export async function ask<T>(event: string, body: unknown): Promise<Answer<T>> {
  const line = socket;
  if (!line) throw new Error("not signed in");
  const asked = Date.now();
  try {
    return (await line.timeout(answerTimeout).emitWithAck(event, body)) as Answer<T>;
  } catch (error) {
    // Heartbeats are minutes apart here, so silence is the first sign of a dead line.
    if (line.connected && heard < asked) line.io.engine.close();
    throw error;
  }
}

/** Asks on behalf of the user, and says what went wrong if something did. */
export async function request<T>(event: string, body: unknown, attempts = 1): Promise<T | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await ask<T>(event, body);
      if (answer.ok) return answer;
      tell(answer.error.message);
      return null;
    } catch {
      if (!socket) return null; // signed out meanwhile
      if (attempt < attempts) continue;
      tell("The server did not answer. Please try again.");
      return null;
    }
  }
}

/**
 * Asks in the background, again and again while this connection lasts. Null: it was
 * refused, or the connection is gone, and with the next one somebody asks anew.
 */
export async function insist<T>(event: string, body: unknown): Promise<T | null> {
  const started = epoch;
  for (let attempt = 1; epoch === started && connection.value === "connected"; attempt++) {
    try {
      const answer = await ask<T>(event, body);
      if (answer.ok) return answer;
      if (!answer.error.temporary) return null;
    } catch {
      // no answer
    }
    if (epoch === started) await sleep(backoff(attempt));
  }
  return null;
}

/** Finds out whether a line that was silent for a while is still there. */
export function probe(userId: string): void {
  if (socket?.connected && Date.now() - heard > silentAfter) void insist("presence", { userIds: [userId] });
}

/** Says something that may get lost. */
export function mention(event: string, body: unknown): void {
  if (socket?.connected) socket.emit(event, body);
}

export function newId(): string {
  // Not there on pages without TLS.
  return (
    crypto.randomUUID?.() ??
    [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("")
  );
}

// What the tests share: a local cloud of their own, signed-in clients, and waiting for
// events. Set CONFAB_URL to test a system that is already running.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { io } from "socket.io-client";
import { checkAnswer, checkEvent, checkResponse } from "./contract.mjs";

/** @typedef {import("socket.io-client").Socket} Socket */
/** @typedef {Partial<import("socket.io-client").ManagerOptions & import("socket.io-client").SocketOptions>} SocketOptions */
/** @typedef {import("../../web/client/src/protocol.ts").User} User */
/** @typedef {import("../../web/client/src/protocol.ts").Operation} Operation */
/** @typedef {{ token: string, user: User }} Session */
/**
 * @typedef {object} Meter
 * @property {{ function: string, service: string, operation: string, count: number, failed: number }[]} calls
 * @property {number} totalCalls
 * @property {{ function: string, count: number }[]} invocations
 * @property {{ in: number, out: number }} messages
 */
/** @typedef {Awaited<ReturnType<typeof startCloud>>} Cloud */
/** @typedef {Awaited<ReturnType<typeof connectAs>>} Client */
/** @typedef {ReturnType<typeof record>} Recorder */

/**
 * How long an event may take, in milliseconds. It is for a busy machine: only a test that
 * fails waits as long.
 */
export const patience = 60_000;

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

// Ends the local clouds even when a test is killed for taking too long.
/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
process.once("SIGTERM", () => process.exit(1));

/**
 * The template that makes the local cloud run as it says: one with the chat, one with the chat and
 * the permissions that recovery needs, or one with the applications on the engine alone.
 *
 * @param {string[]} flags
 */
function templateFor(flags) {
  const {
    CONFAB_TEMPLATE: chat,
    CONFAB_TEMPLATE_WITH_OPTIONS: options,
    CONFAB_TEMPLATE_OF_ENGINE: engine,
  } = process.env;
  if (flags.includes("-app")) return engine;
  return flags.includes("-recovery") ? options : chat;
}

/**
 * Starts a local cloud on a free port, or uses the one at CONFAB_URL when no flags are
 * given.
 *
 * @param {string[]} flags
 */
export async function startCloud(flags = []) {
  if (process.env.CONFAB_URL && flags.length === 0) {
    /** @type {(pattern: RegExp) => Promise<string>} */
    const logged = () => new Promise(() => {}); // its log is elsewhere
    return { url: process.env.CONFAB_URL, stderr: "", logged, stop: async () => 0 };
  }
  const template = flags.includes("-functions") ? undefined : templateFor(flags);
  // This machine may be busy, and is all of AWS here: calls that are late are no faults.
  const options = [
    "-port",
    "0",
    "-quiet",
    "-call-timeout",
    "20s",
    // In a test, one person does what many do, and all are at one address.
    "-guest-sign-ins",
    "1000000",
    // The burst is that of 100 s: with one of a second, a CONNECT that a busy machine delays for longer is refused.
    "-deliveries-burst",
    "1000000",
    "-deliveries-per-second",
    "10000",
    ...(template ? ["-template", template] : []),
    ...flags,
  ];
  const child = spawn(join(root, "build", "local"), options, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.on("exit", () => running.delete(child));
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  /**
   * Resolves with the first line of its log that matches, now or later.
   *
   * @param {RegExp} pattern
   * @returns {Promise<string>}
   */
  const logged = (pattern) =>
    new Promise((resolve) => {
      const look = () => {
        const line = stderr.split("\n").find((l) => pattern.test(l));
        if (line === undefined) return;
        child.stderr.off("data", look);
        resolve(line);
      };
      child.stderr.on("data", look);
      look();
    });
  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ready = /^ready (http:\S+)/.exec(line);
      if (ready) resolve(ready[1]);
    });
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`the local cloud exited with ${code}: ${stderr}`)));
  });
  return {
    url,
    /** What it has written to stderr so far. */
    get stderr() {
      return stderr;
    },
    logged,
    /** Stops it and returns its exit code. */
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      // Only the unchanged stacks, the chat's without options, tell which permissions are not needed.
      const unused = process.env.CONFAB_UNUSED;
      const at = options.lastIndexOf("-template") + 1;
      if (unused && at && !flags.some((flag) => ["-app", "-recovery"].includes(flag) || flag.includes("changed-"))) {
        const stack = basename(options[at], ".template.json");
        const { body } = await http(url, "GET", "/_local/unused");
        writeFileSync(join(unused, `${stack}-${process.pid}-${child.pid}.json`), JSON.stringify(body));
      }
      child.kill("SIGINT");
      const [code] = await once(child, "close"); // when its whole log has come
      return code;
    },
  };
}

/**
 * Makes a request of the HTTP API.
 *
 * @param {string} url
 * @param {string} method
 * @param {string} path
 * @param {{ token?: string, body?: unknown }} [options]
 * @returns {Promise<{ status: number, body: any }>}
 */
export async function http(url, method, path, { token, body } = {}) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  checkResponse(method, path, response.status, answer);
  return { status: response.status, body: answer };
}

/**
 * Returns what the local cloud has counted.
 *
 * @param {string} url
 * @returns {Promise<Meter>}
 */
export async function readMeter(url) {
  return (await http(url, "GET", "/_local/meter")).body;
}

/**
 * The name of a function, such as message, in the id that a template gives it. Other names stay.
 *
 * @param {string} id
 */
export const shortName = (id) =>
  /^(?:Chat|Application)(?:Realtime)?([A-Z][a-z]+)[0-9A-F]{8}$/.exec(id)?.[1].toLowerCase() ?? id;

/**
 * Signs a guest in.
 *
 * @param {string} url
 * @param {string} name
 * @returns {Promise<Session>}
 */
export async function signIn(url, name) {
  const { status, body } = await http(url, "POST", "/api/session", { body: { name } });
  if (status !== 200) throw new Error(`sign-in answered ${status}`);
  return body;
}

/**
 * Opens a socket with the options that a serverless server needs.
 *
 * @param {string} url
 * @param {SocketOptions} options
 */
export function openSocket(url, options = {}) {
  return io(url, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    ...options,
  });
}

/**
 * Tries to connect with a token. Returns the code of the refusal, or "admitted".
 *
 * @param {string} url
 * @param {string} token
 */
export function tryToken(url, token) {
  const socket = openSocket(url, { auth: { token }, reconnection: false });
  return new Promise((resolve) => {
    socket.once("connect", () => resolve("admitted"));
    socket.once("connect_error", (error) => resolve(error.data?.code ?? error.message));
  }).finally(() => socket.disconnect());
}

/**
 * Opens a socket and waits until it is connected.
 *
 * @param {string} url
 * @param {SocketOptions} options
 */
export async function connect(url, options = {}) {
  const socket = openSocket(url, options);
  await new Promise((resolve, reject) => {
    const refuse = (/** @type {Error} */ error) => {
      socket.disconnect(); // or it would retry for ever
      reject(error);
    };
    socket.once("connect_error", refuse);
    socket.once("connect", () => {
      socket.off("connect_error", refuse); // a later one is the test's own matter
      resolve(undefined);
    });
  });
  return socket;
}

/**
 * Connects a signed-in client: a new guest, unless a session is given.
 *
 * @param {string} url
 * @param {string} name
 * @param {{ token?: string, user?: User }} [session]
 */
export async function connectAs(url, name, session) {
  const { token, user } = /** @type {Session} */ (session ?? (await signIn(url, name)));
  const socket = await connect(url, { auth: { token } });
  socket.onAny((event, ...args) => checkEvent(event, args));
  return {
    token,
    user,
    socket,
    /**
     * Makes a request, and fails on an error acknowledgement.
     *
     * @template {Operation} O
     * @param {O} operation
     * @param {import("../../web/client/src/protocol.ts").RequestOf<O>} body
     * @returns {Promise<import("../../web/client/src/protocol.ts").ResponseOf<O>>}
     */
    request: (operation, body) => request(socket, operation, body),
    /**
     * Makes a request and returns the acknowledgement, whatever it is.
     *
     * @param {string} operation
     * @param {unknown} body
     */
    emitWithAck: (operation, body) => ask(socket, operation, body),
    events: record(socket),
    close: () => socket.disconnect(),
  };
}

/**
 * Makes a request and returns the acknowledgement.
 *
 * @param {Socket} socket
 * @param {string} event
 * @param {unknown} body
 */
async function ask(socket, event, body) {
  const answer = await socket.timeout(patience).emitWithAck(event, body);
  checkAnswer(event, answer);
  return answer;
}

/**
 * Makes a request, and fails on an error acknowledgement.
 *
 * @param {Socket} socket
 * @param {string} event
 * @param {unknown} body
 */
export async function request(socket, event, body) {
  const answer = await ask(socket, event, body);
  if (!answer.ok) throw new Error(`${event}: ${answer.error.code}: ${answer.error.message}`);
  return answer;
}

/**
 * Records every event of a socket, so that none is missed between two awaits.
 *
 * @param {Socket} socket
 */
export function record(socket) {
  /** @type {{ name: string, args: any[] }[]} */
  const events = [];
  /** @type {Set<() => void>} */
  const waiters = new Set();
  socket.onAny((name, ...args) => {
    events.push({ name, args });
    for (const waiter of waiters) waiter();
  });
  /** @param {string} name @returns {any[]} */
  const all = (name) => events.filter((e) => e.name === name).map((e) => e.args[0]);
  return {
    events,
    /** The first arguments of all events with this name. */
    all,
    /**
     * The first argument of the first event with this name that matches, now or later.
     *
     * @param {string} name
     * @param {(...args: any[]) => boolean} matches
     */
    first(name, matches = () => true, ms = patience) {
      const look = () => events.find((e) => e.name === name && matches(...e.args))?.args[0];
      return waitForResult(look, `event ${name}`, waiters, ms);
    },
    /**
     * Waits until the first arguments of all events with this name match.
     *
     * @param {string} name
     * @param {(all: any[]) => boolean} matches
     * @returns {Promise<any[]>}
     */
    allOnce(name, matches, ms = patience) {
      return waitForResult(() => (matches(all(name)) ? all(name) : undefined), `events ${name}`, waiters, ms);
    },
  };
}

/**
 * @template T
 * @param {() => T | undefined} look
 * @param {string} what
 * @param {Set<() => void>} waiters
 * @param {number} ms
 * @returns {Promise<T>}
 */
function waitForResult(look, what, waiters, ms) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiters.delete(check);
      reject(new Error(`${what} did not come within ${ms} ms`));
    }, ms);
    const check = () => {
      const found = look();
      if (found === undefined) return;
      clearTimeout(timer);
      waiters.delete(check);
      resolve(found);
    };
    waiters.add(check);
    check();
  });
}

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Waits until a condition holds.
 *
 * @param {() => boolean | Promise<boolean>} condition
 * @param {string} what
 */
export async function waitUntil(condition, what, ms = patience) {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(20);
  }
}

// What the tests share: a local cloud of their own, people who sign in, and
// promises of events. Set CONFAB_URL to test a system that already runs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { io } from "socket.io-client";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

// Nothing is left running, also when a test is ended for taking too long.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
process.once("SIGTERM", () => process.exit(1));

/**
 * Starts a local cloud on a free port, or uses the one at CONFAB_URL when no flags
 * are asked for. Returns its URL and how to stop it.
 */
export async function startCloud(flags = []) {
  if (process.env.CONFAB_URL && flags.length === 0) {
    return { url: process.env.CONFAB_URL, stop: async () => {} };
  }
  // With these everything runs as a template says: the chat, and the applications on the
  // engine alone.
  const { CONFAB_TEMPLATE: chat, CONFAB_TEMPLATE_OF_ENGINE: engine, CONFAB_UNUSED: unused } = process.env;
  const template = flags.includes("-app") ? engine : chat;
  const child = spawn(
    join(root, "build", "local"),
    ["-port", "0", "-quiet", ...(template ? ["-template", template] : []), ...flags],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  running.add(child);
  child.on("exit", () => running.delete(child));
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ready = /^ready (http:\S+)/.exec(line);
      if (ready) resolve(ready[1]);
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`the local cloud ended with ${code}: ${said}`)));
  });
  return {
    url,
    get said() {
      return said;
    },
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      if (unused && !flags.includes("-app") && !flags.some((flag) => flag.includes("changed-"))) {
        // the chat, as it is synthesized
        const { body } = await http(url, "GET", "/_local/unused");
        writeFileSync(join(unused, `${process.pid}-${child.pid}.json`), JSON.stringify(body));
      }
      child.kill("SIGINT");
      const [code] = await once(child, "exit");
      return code;
    },
  };
}

/** Asks the HTTP API; returns status and JSON. */
export async function http(url, method, path, { token, body } = {}) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** Signs a guest in. */
export async function signIn(url, name) {
  const { status, body } = await http(url, "POST", "/api/session", { body: { name } });
  if (status !== 200) throw new Error(`sign-in answered ${status}`);
  return body;
}

/** Opens a socket with the options that a serverless server needs. */
export function open(url, options = {}) {
  return io(url, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    ...options,
  });
}

/** Opens a socket and waits until it is connected. */
export async function connect(url, options = {}) {
  const socket = open(url, options);
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", (error) => {
      socket.disconnect(); // or it would try for ever
      reject(error);
    });
  });
  return socket;
}

/** Signs somebody in and connects them. `request` emits, and fails on an error acknowledgement. */
export async function person(url, name, session) {
  session ??= await signIn(url, name);
  const socket = await connect(url, { auth: { token: session.token } });
  return {
    ...session,
    socket,
    request: (event, body) => request(socket, event, body),
    ask: (event, body) => socket.timeout(10_000).emitWithAck(event, body),
    heard: listen(socket),
    close: () => socket.disconnect(),
  };
}

export async function request(socket, event, body) {
  const answer = await socket.timeout(10_000).emitWithAck(event, body);
  if (!answer.ok) throw new Error(`${event}: ${answer.error.code}: ${answer.error.message}`);
  return answer;
}

/** Remembers every event of a socket, so that none is missed between two awaits. */
export function listen(socket) {
  const events = [];
  const waiters = new Set();
  socket.onAny((name, ...args) => {
    events.push({ name, args });
    for (const waiter of waiters) waiter();
  });
  return {
    events,
    /** All first arguments heard under a name. */
    all: (name) => events.filter((e) => e.name === name).map((e) => e.args[0]),
    /** The first argument of the first event of this name that passes, now or later. */
    event(name, passes = () => true, ms = 5000) {
      return eventually(
        () => events.find((e) => e.name === name && passes(...e.args))?.args[0],
        `event ${name}`,
        waiters,
        ms,
      );
    },
    /** Waits until the list of a name's first arguments passes. */
    until(name, passes, ms = 10_000) {
      return eventually(
        () => {
          const all = events.filter((e) => e.name === name).map((e) => e.args[0]);
          return passes(all) ? all : undefined;
        },
        `events ${name}`,
        waiters,
        ms,
      );
    },
  };
}

function eventually(look, what, waiters, ms) {
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

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a condition holds. */
export async function until(condition, what, ms = 5000) {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(20);
  }
}

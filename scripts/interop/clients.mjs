// The clients: how each is installed and started, and what it does not support.

/**
 * @typedef {object} Client
 * @property {string} name
 * @property {() => Promise<string[]>} start Installs it and returns the command that runs it.
 * @property {Record<string, string>} [unsupported] Behaviours that it lacks, with the reason.
 */
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fetchWith, folder, here, installPython, into, maven, run } from "./install.mjs";

/** @type {Promise<string> | undefined} */
let modules;

/** Installs every version of the official client and the reference server, once for all. */
export const javascript = () =>
  (modules ??= folder("javascript", ["package.json", "package-lock.json"], (target) =>
    fetchWith("npm", ["ci", "--loglevel=error", "--no-audit", "--no-fund"], { cwd: target }),
  ));

const official = Object.entries(
  JSON.parse(await readFile(join(here, "javascript", "package.json"), "utf8")).dependencies,
)
  .filter(([alias]) => alias.startsWith("client-"))
  .map(([alias, version]) => ({
    name: version.replace("npm:", "").replace("@", " "),
    async start() {
      return [process.execPath, join(here, "javascript", "client.mjs"), await javascript(), alias];
    },
  }));

/** Starts a program with python-socketio. @param {string} program */
async function startPython(program) {
  const target = await folder("python", ["requirements.txt"], installPython);
  return [join(target, "bin", "python"), join(here, "python", program)];
}

const python = {
  name: `python-socketio ${await pinned("python/requirements.txt", /^python-socketio==(\S+)/m)}`,
  start: () => startPython("client.py"),
  unsupported: { "bytes to the server": "it sends attachments as binary frames, which API Gateway refuses" },
};

const java = {
  name: `io.socket:socket.io-client ${await pinned("java/jars.txt", /socket\.io-client-(\S+)\.jar/)} (Java)`,
  async start() {
    const target = await folder("java", ["jars.txt", "Client.java"], async (target) => {
      await fetchWith("javac", ["-version"]);
      const jars = await maven(join(target, "jars.txt"), target);
      const options = ["-encoding", "UTF-8", "-Xlint:all", "-Werror", "-cp", jars.join(delimiter), "-d", target];
      await run("javac", [...options, join(target, "Client.java")]);
    });
    return ["java", "-Dfile.encoding=UTF-8", "-cp", [target, join(target, "*")].join(delimiter), "Client"];
  },
  unsupported: {
    "bytes to the server": "it sends attachments as binary frames, which API Gateway refuses",
    "bytes to the client": "it does not decode attachments in base64",
    "keeps an event that comes before its CONNECT reply": "it puts the event's name before the arguments",
  },
};

const go = {
  name: `zishang520/socket.io ${await pinned("go/go.mod", /clients\/socket\/v3 v(\S+)/)} (Go)`,
  async start() {
    const target = await folder("go", ["go.mod", "go.sum", "main.go", "visit.go", "behaviours.go"], async (target) => {
      await fetchWith("go", ["mod", "download"], { cwd: target });
      await run("go", ["build", "-o", "client", "."], { cwd: target });
    });
    return [join(target, "client")];
  },
};

const rust = {
  name: `rust_socketio ${await pinned("rust/Cargo.toml", /rust_socketio = \{ version = "=([^"]+)"/)}`,
  async start() {
    const files = ["Cargo.toml", "Cargo.lock", "main.rs", "visit.rs", "behaviours.rs"];
    const built = join(into, "rust-built"); // outside of the folder, so that the libraries stay built
    await folder("rust", files, async (target) => {
      await fetchWith("cargo", ["fetch", "--locked"], { cwd: target });
      if (process.platform === "linux") await fetchWith("pkg-config", ["--print-errors", "--exists", "openssl"]);
      const env = { ...process.env, CARGO_TARGET_DIR: built };
      await run("cargo", ["build", "--locked", "--offline"], { cwd: target, env, timeout: 900_000 });
    });
    return [join(built, "debug", "client")];
  },
  unsupported: {
    "the client acknowledges": "it gives a listener no way to acknowledge",
    "namespaces share a connection": "each of its clients has a connection and one namespace",
    "bytes to the server": "it sends attachments as binary frames, which API Gateway refuses",
    "bytes to the client": "it finds no event's name in a binary packet with other data",
  },
};

/** The one that makes every request of the chat. */
export const chatClient = { name: python.name, start: () => startPython("chat.py") };

/** @type {Client[]} */
export const clients = [...official, python, java, go, rust];

/**
 * The version that a file pins.
 *
 * @param {string} file
 * @param {RegExp} pattern
 */
async function pinned(file, pattern) {
  const match = pattern.exec(await readFile(join(here, file), "utf8"));
  if (!match) throw new Error(`${file} pins no version`);
  return match[1];
}

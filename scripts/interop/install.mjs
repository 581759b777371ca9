// Installs what the clients need into build/interop, and again only when the list of it has
// changed.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "..", "..");
export const into = join(root, "build", "interop");

/** Something cannot be installed on this machine. The message gives the reason. */
export class Unavailable extends Error {}

/** A program has failed. */
export class RunError extends Error {
  /** @param {string} command @param {string[]} output @param {unknown} code */
  constructor(command, output, code) {
    super(`${basename(command)}: ${output.slice(-12).join("\n")}`);
    this.output = output;
    this.code = code;
  }
}

/**
 * Runs a program to its end and returns what it printed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").ExecFileOptions} options
 * @returns {Promise<string>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: 300_000, maxBuffer: 1 << 26, ...options }, (error, stdout, stderr) => {
      if (!error) return resolve(String(stdout));
      const output = String(stderr || stdout || error.message)
        .trim()
        .split("\n");
      reject(new RunError(command, output, error.code));
    });
  });
}

/**
 * Runs a program that prints {"behaviour", "failed"?} in lines of JSON. Returns what has failed
 * of each, by its name, the exit code, and what it wrote to stderr.
 *
 * @param {string[]} command
 * @param {number} timeout in milliseconds; it is killed then
 */
export async function runBehaviours([command, ...args], timeout) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  const timer = setTimeout(kill, timeout);
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  /** @type {Map<string, string | undefined>} */
  const done = new Map();
  createInterface({ input: child.stdout }).on("line", (text) => {
    const { behaviour, failed } = JSON.parse(text);
    done.set(behaviour, failed);
  });
  const [code] = await once(child, "close");
  clearTimeout(timer);
  process.off("exit", kill);
  return { done, code, stderr: stderr.trim() };
}

/**
 * Runs an installer. Its failure means that the tool or its registry cannot be reached.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").ExecFileOptions} [options]
 */
export async function fetchWith(command, args, options) {
  try {
    return await run(command, args, options);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    if (error.code === "ENOENT") throw new Unavailable(`${command} is not installed`);
    throw new Unavailable(`${[basename(command), ...args].slice(0, 3).join(" ")} failed: ${error.output.at(-1)}`);
  }
}

/**
 * Makes a folder in build/interop from the given files of the folder of the same name here,
 * unless it is already there and made from the same files. `make` installs the rest.
 *
 * @param {string} name
 * @param {string[]} files
 * @param {(target: string) => Promise<unknown>} make
 */
export async function folder(name, files, make) {
  const target = join(into, name);
  const sources = files.map((file) => join(here, name, file));
  const hash = createHash("sha256");
  for (const source of sources) hash.update(await readFile(source));
  const [stamp, made] = [join(target, ".made"), hash.digest("hex")];
  if ((await readFile(stamp, "utf8").catch(() => "")) === made) return target;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const source of sources) await cp(source, join(target, basename(source)));
  await make(target);
  await writeFile(stamp, made);
  return target;
}

/**
 * Makes a folder an environment of Python with the packages of its requirements.txt, which lists all of them.
 *
 * @param {string} target
 */
export async function installPython(target) {
  await fetchWith("python3", ["-m", "venv", target]);
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--requirement", "requirements.txt"];
  await fetchWith(join(target, "bin", "python"), pip, { cwd: target });
}

const central = process.env.MAVEN_REPOSITORY ?? "https://repo1.maven.org/maven2";

/**
 * Fetches the files of a list of "sha256  path" from Maven Central.
 *
 * @param {string} list
 * @param {string} target
 */
export async function maven(list, target) {
  const files = (await readFile(list, "utf8"))
    .trim()
    .split("\n")
    .map((row) => row.split(/\s+/));
  await Promise.all(
    files.map(async ([sum, path]) => {
      const response = await fetch(`${central}/${path}`, { signal: AbortSignal.timeout(120_000) }).catch((error) => {
        throw new Unavailable(`Maven Central is not reachable: ${error.cause?.message ?? error.message}`);
      });
      if (!response.ok) throw new Unavailable(`Maven Central answers ${response.status} for ${path}`);
      const bytes = Buffer.from(await response.arrayBuffer());
      const got = createHash("sha256").update(bytes).digest("hex");
      if (got !== sum) throw new Error(`${path} has the checksum ${got}, not ${sum}`);
      await writeFile(join(target, basename(path)), bytes);
    }),
  );
  return files.map(([, path]) => join(target, basename(path)));
}

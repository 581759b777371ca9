// Installs the packages of folders with lockfiles of their own, unless they are there:
// node scripts/npm/install.mjs FOLDER …
// Where npm's registry is not reachable, this says so, and what needs the packages is skipped.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const unreachable =
  /code (E[45]\d\d|ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|\w*CERT\w*|ERR_SOCKET_TIMEOUT)\b/;

/**
 * Tells whether the packages of a folder are those of its lockfile.
 *
 * @param {string} folder
 */
export function isInstalled(folder) {
  const mark = markIn(folder);
  return existsSync(mark) && readFileSync(mark, "utf8") === lockfileIn(folder);
}

/**
 * Installs what a folder's lockfile says, unless that is there. Returns whether it is. Any failure but that of
 * the registry ends the process.
 *
 * @param {string} folder
 */
export function install(folder) {
  if (isInstalled(folder)) return true;
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (npm.status === 0) {
    writeFileSync(markIn(folder), lockfileIn(folder));
    return true;
  }
  if (!unreachable.test(npm.stderr)) {
    console.error(npm.stderr);
    process.exit(1);
  }
  const name = path.relative(process.cwd(), folder) || ".";
  console.log(
    `skipped: the packages of ${name}, because npm's registry is not reachable: ${npm.stderr.split("\n")[0]}`,
  );
  return false;
}

/** @param {string} folder */
const lockfileIn = (folder) => readFileSync(path.join(folder, "package-lock.json"), "utf8");

/** @param {string} folder */
const markIn = (folder) => path.join(folder, "node_modules/.installed");

if (process.argv[1] === import.meta.filename) for (const folder of process.argv.slice(2)) install(folder);

// Builds the site into build/site, and follows its links. Its tools are heavy, so they are installed here and not
// with those of the project; where npm's registry is not reachable, the site is not built.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const here = import.meta.dirname;

/** @param {string} command @param {...string} args */
function run(command, ...args) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs what the lockfile says, unless that is there. Returns whether it is. */
function install() {
  const lockfile = readFileSync(path.join(here, "package-lock.json"), "utf8");
  const installed = path.join(here, "node_modules/.installed");
  if (existsSync(installed) && readFileSync(installed, "utf8") === lockfile) return true;
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"], {
    cwd: here,
    encoding: "utf8",
  });
  if (npm.status === 0) {
    writeFileSync(installed, lockfile);
    return true;
  }
  const unreachable =
    /code (E[45]\d\d|ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|\w*CERT\w*|ERR_SOCKET_TIMEOUT)\b/;
  if (!unreachable.test(npm.stderr)) {
    console.error(npm.stderr);
    process.exit(1);
  }
  console.log(`skipped: the site, because npm's registry is not reachable: ${npm.stderr.split("\n")[0]}`);
  return false;
}

if (install()) {
  rmSync(path.join(here, "../../build/site"), { recursive: true, force: true });
  run("node", "node_modules/vitepress/bin/vitepress.js", "build");
  run("node", "links.mjs");
}

// Builds the site into build/site, and follows its links. Its tools are heavy, so they are installed here and not
// with those of the project; where npm's registry is not reachable, the site is not built.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { install } from "../npm/install.mjs";

const here = import.meta.dirname;

/** @param {string} command @param {...string} args */
function run(command, ...args) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

if (install(here)) {
  rmSync(path.join(here, "../../build/site"), { recursive: true, force: true });
  run("node", "node_modules/vitepress/bin/vitepress.js", "build");
  run("node", "links.mjs");
}

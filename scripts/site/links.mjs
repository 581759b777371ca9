// Fails if a link in the built site leads to a page, a file or a heading that is not there. VitePress itself looks at
// pages alone.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { root } from "./pages.mjs";

const site = path.join(root, "build/site");
const base = process.env.SITE_BASE || "/";
const files = readdirSync(site, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
const html = new Map(files.map((name) => [name, readFileSync(path.join(site, name), "utf8")]));
const ids = new Map(
  [...html].map(([name, text]) => [name, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
);

/** The file at an address of the site. @param {string} at */
function fileAt(at) {
  for (const name of [at, `${at}.html`, path.join(at, "index.html")]) {
    const file = path.join(site, name);
    if (existsSync(file) && statSync(file).isFile()) return path.normalize(name);
  }
}

const dead = new Set();
let links = 0;
for (const [name, text] of html) {
  for (const [, attribute] of text.matchAll(/ (?:href|src)="([^"]*)"/g)) {
    const link = attribute.replaceAll("&amp;", "&");
    if (/^([a-z]+:|\/\/)/.test(link) || name === "404.html") continue;
    links++;
    const [address, heading] = link.split("#");
    const at = address.startsWith(base) ? address.slice(base.length) : path.join(path.dirname(name), address);
    const target = address === "" ? name : fileAt(decodeURIComponent(at).replace(/\?.*$/, ""));
    if (target === undefined) dead.add(`${name}: ${link}`);
    else if (heading && ids.has(target) && !ids.get(target)?.has(decodeURIComponent(heading))) {
      dead.add(`${name}: ${link}, which has no such heading`);
    }
  }
}
for (const link of dead) console.error(`dead link in ${link}`);
if (dead.size > 0) process.exit(1);
console.log(`${html.size} pages, ${links} links, none dead`);

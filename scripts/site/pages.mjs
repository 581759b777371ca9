// Gathers the pages of the site in build/pages: documents of the repository as they are, and those that are
// made from code. VitePress reads them there.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describeChat } from "./chat.mjs";
import { own, sections } from "./contents.mjs";

export const root = path.resolve(import.meta.dirname, "../..");
export const folder = path.join(root, "build/pages");

/** The site's path of each document, by its path in the repository. @type {Map<string, string>} */
export const pages = new Map([["README.md", "index.md"]]);
for (const { documents = [] } of [...sections, ...Object.values(own)]) {
  for (const pattern of documents) {
    const found = matching(pattern);
    if (found.length === 0 && !pattern.includes("*"))
      throw new Error(`contents.mjs names ${pattern}, which is not there`);
    for (const document of found) pages.set(document, sitePath(document));
  }
}
for (const document of matching("docs/*.md")) {
  if (!pages.has(document)) throw new Error(`${document} is in no section of scripts/site/contents.mjs`);
}

/**
 * The files that a pattern stands for, in which a * is in one part of the path.
 * @param {string} pattern @param {string} [below] @returns {string[]}
 */
export function matching(pattern, below = root) {
  /** @type {string[]} */
  let found = [""];
  for (const part of pattern.split("/")) {
    const expression = new RegExp(`^${part.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`);
    found = found.flatMap((parent) => {
      const at = path.join(below, parent);
      if (!/[*[]/.test(part)) return existsSync(path.join(at, part)) ? [path.join(parent, part)] : [];
      return readdirSync(at)
        .filter((name) => expression.test(name))
        .sort()
        .map((name) => path.join(parent, name));
    });
  }
  return found;
}

/** @param {string} document */
function sitePath(document) {
  if (document === "web/client/README.md") return "client.md";
  const example = /^scripts\/examples\/(.*)\/README\.md$/.exec(document);
  if (example) return `examples/${example[1]}.md`;
  return document
    .replace(/^docs\//, "")
    .replace(/README\.md$/, "index.md")
    .toLowerCase();
}

/** The pages of a section, in order. @param {import("./contents.mjs").Section} section */
export function pagesOf({ documents = [], pages: made = [] }) {
  const of = documents
    .flatMap((pattern) => matching(pattern))
    .map((document) => /** @type {string} */ (pages.get(document)));
  return [...new Set([...of, ...made.flatMap((pattern) => matching(pattern, folder))])];
}

/** The heading of a page, without its marks. @param {string} page a path in build/pages */
export function titleOf(page) {
  const heading = /^# (.+)$/m.exec(readFileSync(path.join(folder, page), "utf8"));
  if (!heading) throw new Error(`${page} has no heading`);
  return heading[1].replaceAll(/[`*]/g, "").replace(/ \{#.*\}$/, "");
}

/** Writes all pages, and what they show and offer. */
export function gather() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  symlinkSync(path.join(import.meta.dirname, "node_modules"), path.join(folder, "node_modules")); // for what pages become
  for (const [document, page] of pages) {
    const text = readFileSync(path.join(root, document), "utf8");
    write(page, document === "README.md" ? home(text) : text);
    for (const [, image] of text.matchAll(/!\[[^\]]*\]\(([^):]+)\)/g)) {
      const from = path.join(path.dirname(document), image);
      mkdirSync(path.join(folder, "public", path.dirname(from)), { recursive: true });
      copyFileSync(path.join(root, from), path.join(folder, "public", from));
    }
  }
  for (const file of ["shared/document/asyncapi.json", "shared/document/openapi.json", "web/public/mark.svg"]) {
    copyFileSync(path.join(root, file), path.join(folder, "public", path.basename(file)));
  }
  write("chat-reference.md", describeChat(path.join(root, "shared/document")));
  execFileSync("go", ["run", "./scripts/site/reference", path.join(folder, "reference")], {
    cwd: root,
    stdio: "inherit",
  });
}

/** @param {string} page @param {string} text */
function write(page, text) {
  const file = path.join(folder, page);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The first screen of the README as VitePress's home page, and what the README goes on with. @param {string} readme */
function home(readme) {
  const [, first, then] = /^# Confab\n+(.*?)\n+## (.*)$/s.exec(readme) ?? [];
  const [, text, tagline] = /^\*\*(.+?)\*\*\s+(.*?)\n\n/s.exec(first ?? "") ?? [];
  if (!then || !tagline) throw new Error("README.md begins in another way than the home page needs");
  const shown = then.slice(0, then.indexOf("\n## How it runs"));
  const lead = first.slice(first.indexOf("\n\n") + 2).replace(/ Everything else is in.*?`make site`\./s, ""); // which is here
  return `---
layout: home
title: Confab
hero:
  name: Confab
  text: ${JSON.stringify(text.replace(/\.$/, ""))}
  tagline: ${JSON.stringify(tagline.replaceAll("`", "").replaceAll("\n", " "))}
  actions:
    - { theme: brand, text: Your own app, link: /projects }
    - { theme: alt, text: From Socket.IO in an afternoon, link: /migrate }
    - { theme: alt, text: On GitHub, link: "https://github.com/confab-chat/confab" }
---

${lead}

## ${shown}
`;
}

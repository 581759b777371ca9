// @ts-check
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { slug } from "github-slugger";
import { defineConfig } from "vitepress";
import { own, repository, sections } from "../contents.mjs";
import { folder, gather, pages, pagesOf, root, titleOf } from "../pages.mjs";

gather();
const base = process.env.SITE_BASE || "/"; // where it is published, as in /confab/
const documents = new Map([...pages].map(([document, page]) => [page, document]));

/** Turns a link of a document, which is relative to it, into one of the site or of the repository. @param {string} page @param {string} link */
function resolve(page, link) {
  const document = documents.get(page);
  if (!document || /^([a-z]+:|\/|#)/.test(link)) return link;
  const [target, heading] = link.split("#");
  const to = path.join(path.dirname(document), decodeURIComponent(target)).replace(/\/$/, "");
  const anchor = heading === undefined ? "" : `#${heading}`;
  const found = pages.get(to) ?? pages.get(path.join(to, "README.md"));
  if (found) return `/${found}${anchor}`;
  if (!existsSync(path.join(root, to))) throw new Error(`${document} links to ${link}, which is not there`);
  return `${repository}/${statSync(path.join(root, to)).isDirectory() ? "tree" : "blob"}/main/${to}${anchor}`;
}

/** Resolves the links and pictures of a page. @param {import("markdown-it").default} md */
function resolveLinks(md) {
  md.core.ruler.push("resolve", (state) => {
    const page = state.env.relativePath;
    for (const token of state.tokens.flatMap((block) => block.children ?? [])) {
      const href = token.attrGet("href");
      if (token.type === "link_open" && href) token.attrSet("href", resolve(page, href));
      const source = token.attrGet("src");
      const document = documents.get(page);
      if (token.type === "image" && source && document && !source.includes(":")) {
        token.attrSet("src", `/${path.join(path.dirname(document), source)}`);
      }
    }
  });
}

/** @param {import("../contents.mjs").Section} section */
function sidebarOf(section) {
  const items = pagesOf(section).map((page) => ({
    text: titleOf(page),
    link: `/${page.replace(/(index)?\.md$/, "")}`,
  }));
  return { text: section.text, items };
}

export default defineConfig({
  title: "Confab",
  description: "Socket.IO without servers: on Amazon API Gateway, Lambda and DynamoDB",
  lang: "en",
  base,
  head: [["link", { rel: "icon", href: `${base}mark.svg` }]],
  srcDir: folder,
  outDir: path.join(root, "build/site"),
  cacheDir: path.join(root, "build/.vitepress"),
  ignoreDeadLinks: "localhostLinks",
  markdown: {
    html: false, // what looks like a tag is text
    attrs: { allowedAttributes: ["id"] },
    anchor: { slugify: slug }, // links to headings are GitHub's
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config: resolveLinks,
  },
  vite: { build: { chunkSizeWarningLimit: 5000 } }, // the index of the search is one file
  themeConfig: {
    logo: "/mark.svg",
    search: {
      provider: "local",
      options: {
        miniSearch: {
          searchOptions: {
            // What explains comes before what lists, and before why it is so.
            boostDocument: (/** @type {string} */ id) => (/\/(adr|reference)\/|\/change|\/chat-ref/.test(id) ? 0.3 : 1),
          },
        },
      },
    },
    outline: [2, 3],
    nav: [
      { text: "Your own app", link: "/projects" },
      { text: "The chat", link: "/events" },
      { text: "Operating", link: "/deploy" },
      { text: "Go", link: "/reference/" },
      { text: "Decisions", link: "/adr/" },
    ],
    sidebar: {
      "/": sections.map(sidebarOf).filter(({ items }) => items.length > 0),
      ...Object.fromEntries(Object.entries(own).map(([at, section]) => [at, [sidebarOf(section)]])),
    },
    socialLinks: [{ icon: "github", link: repository }],
    footer: { message: "Apache License 2.0" },
  },
});

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// During development, `npm run -w @confab/web dev` serves the page and passes the rest on to
// `make run`.
const backend = "http://localhost:3000";

const builds = dirname(createRequire(import.meta.url).resolve("socket.io-client/dist/socket.io.js"));

/** Puts the client's own builds where Socket.IO's server has them, for pages that load them from there. */
const client: Plugin = {
  name: "socket.io-client",
  generateBundle() {
    for (const build of ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"]) {
      for (const file of [build, `${build}.map`]) {
        this.emitFile({ type: "asset", fileName: `socket.io/${file}`, source: readFileSync(join(builds, file)) });
      }
    }
  },
};

/** Puts the style sheet behind the skeleton, which is shown without it. */
const styleLater: Plugin = {
  name: "style-later",
  transformIndexHtml: {
    order: "post",
    handler(html) {
      const sheets = html.match(/ *<link rel="stylesheet"[^>]*>\n/g) ?? [];
      const rest = sheets.reduce((left, sheet) => left.replace(sheet, ""), html);
      return rest.replace("  </body>", `${sheets.join("")}  </body>`);
    },
  },
};

/** Has the browser fetch what main.tsx imports later at once. */
const preload: Plugin = {
  name: "preload-ui",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle = {} }) {
      const parts = Object.values(bundle).flatMap((part) =>
        part.type === "chunk" && (part.isEntry || part.facadeModuleId?.endsWith("/ui/App.tsx"))
          ? [part.fileName, ...part.imports]
          : [],
      );
      return [...new Set(parts)]
        .filter((part) => !html.includes(part))
        .map((part) => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, href: `/${part}` },
          injectTo: "head",
        }));
    },
  },
};

export default defineConfig({
  plugins: [client, styleLater, preload],
  // The package's source, so that nothing has to be built first. tsconfig.json says the same.
  resolve: { alias: { "@confab/chat": join(import.meta.dirname, "client/src/index.ts") } },
  test: { dir: "test" },
  build: { target: "es2022", modulePreload: false, assetsInlineLimit: (file) => file.includes("/skeleton/") },
  server: { proxy: { "/api": backend, "/socket.io": { target: backend, ws: true } } },
});

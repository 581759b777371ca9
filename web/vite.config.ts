import { defineConfig } from "vite";

// During development, `npm run -w web dev` serves the page and passes the rest on to
// `make run`.
const backend = "http://localhost:3000";

export default defineConfig({
  build: { target: "es2022", assetsInlineLimit: 0 },
  server: { proxy: { "/api": backend, "/socket.io": { target: backend, ws: true } } },
});

// Every *.html here becomes a page of the package; what it loads gets a name made of its content.
import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/pages/",
  publicDir: false,
  build: {
    outDir: "../src/kinetoscope/pages/built",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the pages' policy allows no data: addresses for scripts and styles
    modulePreload: { polyfill: false }, // it would be an inline script
    target: "es2022",
    chunkSizeWarningLimit: 800, // hls.js
    rolldownOptions: { input: readdirSync(".").filter((name) => name.endsWith(".html")) },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/media": "http://127.0.0.1:8000" } },
});

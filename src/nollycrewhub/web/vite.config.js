// Sources get addresses with a hash of their content; build.py turns Vite's manifest into our own table.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/assets/",
  root: import.meta.dirname,
  publicDir: false,
  logLevel: "warn",
  build: {
    outDir: "static/dist.part",
    assetsDir: "",
    emptyOutDir: true,
    manifest: "vite.json",
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
    cssTarget: ["chrome105", "safari16", "firefox115"],
    rolldownOptions: {
      checks: { eval: false }, // htmx's own, switched off by allowEval in main.js and refused by our policy
      input: ["static/src/main.js", "static/src/main.css"],
    },
  },
});

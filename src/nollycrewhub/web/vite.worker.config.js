// The service worker is one plain file at the root, without chunks; build.py says what the shell is and names its version.
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  logLevel: "warn",
  define: { __SHELL__: process.env.SHELL_FILES, __VERSION__: JSON.stringify(process.env.SHELL_VERSION) },
  build: {
    outDir: "static/dist.part",
    emptyOutDir: false,
    modulePreload: false,
    target: "es2022",
    rolldownOptions: { input: "static/src/sw.js", output: { format: "iife", entryFileNames: "sw.js" } },
  },
});

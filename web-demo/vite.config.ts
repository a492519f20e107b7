import { defineConfig } from "vite";

// The page is served under any path: every address in it is relative. Nothing is
// inlined, since the policy allows neither data: scripts nor data: styles.
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    reportCompressedSize: false,
    sourcemap: false,
  },
});

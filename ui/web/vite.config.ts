import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/**
 * The console's build. Everything is served below `/web/`; the policy of the pages allows no inline script or style, so
 * nothing is inlined, and names hold a hash, so that browsers keep what does not change.
 */
export default defineConfig({
  root: fileURLToPath(new URL("./", import.meta.url)),
  base: "/web/",
  publicDir: "public",
  plugins: [react()],
  logLevel: "warn",
  build: {
    target: "es2023",
    outDir: fileURLToPath(new URL("../../dist/ui/web/", import.meta.url)),
    emptyOutDir: true,
    assetsDir: "",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
  },
  worker: { format: "es" },
});

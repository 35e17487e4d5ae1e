// How the portal is built: one small first load, one lazy chunk for the lineage graph, nothing inlined so that CSP `default-src 'self'` holds.
import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { fake } from "./dev/fake.ts";

/** The bundled typeface travels with its licence. */
function typefaceLicence(): Plugin {
  return {
    name: "typeface-licence",
    apply: "build",
    generateBundle() {
      const source = readFileSync("node_modules/@fontsource-variable/inter/LICENSE", "utf8");
      this.emitFile({ type: "asset", fileName: "assets/inter-licence.txt", source });
    },
  };
}

const mesh = process.env.WEFT_URL;

export default defineConfig({
  base: "/",
  plugins: [react(), typefaceLicence(), fake()],
  build: {
    outDir: "../src/weft/portal/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["chrome125", "firefox128", "safari17.5"],
    cssTarget: ["chrome125", "firefox128", "safari17.5"],
    license: { fileName: "assets/licences.md" },
  },
  // `WEFT_URL=http://127.0.0.1:… npm run dev` develops against a running mesh; without it a fake one plays.
  server: { host: "127.0.0.1", port: 5173, ...(mesh ? { proxy: { "/api": mesh } } : {}) },
  preview: { host: "127.0.0.1", port: 4173 },
});

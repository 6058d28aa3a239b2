/** Builds the studio's page: npm run build:page. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("src/apps/studio/page"),
  base: "./",
  resolve: {
    alias: [
      { find: /^.*\/platform\/paths\.js$/, replacement: at("src/platform/browser/paths.ts") },
    ],
  },
  build: {
    outDir: at("dist/apps/studio/page"),
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: false,
    // Packages that are part of the page come with their licences.
    license: { fileName: "licences.md" },
  },
});

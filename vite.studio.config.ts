/**
 * Builds the studio's page: for the local server (npm run build:page), or in mode "static" as a folder for any web host, where
 * the page does its work itself (npm run build:studio).
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { browserPlatform } from "./scripts/browser-platform.js";
import { packageLicences } from "./scripts/package-licences.js";
import { staticStudio } from "./scripts/static-studio.js";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => {
  const isStatic = mode === "static";
  const page = at("src/apps/studio/page");
  const outDir = at(isStatic ? "build/studio" : "dist/apps/studio/page");
  return {
    root: page,
    base: "./",
    plugins: [browserPlatform(), isStatic && staticStudio(outDir)],
    worker: {
      format: "es",
      plugins: () => [browserPlatform(), packageLicences("licences-worker.md")],
    },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      assetsInlineLimit: 0,
      modulePreload: false,
      // The page of `serve` comes with the package alone.
      ...(!isStatic && {
        rolldownOptions: { input: { index: `${page}/index.html`, served: `${page}/served.html` } },
      }),
      // Packages that are part of the page come with their licences.
      license: { fileName: "licences.md" },
    },
  };
});

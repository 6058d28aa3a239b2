/**
 * The studio as a folder of static files: its page works in the browser, a service worker (`src/apps/studio/page/static/`) stands in for
 * what a host does not do, and the shipped model lies beside it.
 */
import { createHash } from "node:crypto";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { shippedModelPath } from "../src/run/settings/shipped-model.js";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const page = at("../src/apps/studio/page/");
const worker = "service-worker";

/** For `plugins` of Vite; writes to `folder`. */
export function staticStudio(folder: string): Plugin {
  return {
    name: "static-studio",
    enforce: "pre",
    config: () => ({
      build: {
        rolldownOptions: {
          input: { index: join(page, "index.html"), [worker]: join(page, `static/${worker}.ts`) },
          output: {
            // Its address must stay, and say what it may serve: all of the folder.
            entryFileNames: ({ name }) =>
              name === worker ? `${worker}.js` : "assets/[name]-[hash].js",
          },
        },
      },
    }),
    resolveId(source, importer) {
      return source === "./workplace-of-page.js" && importer?.startsWith(page)
        ? join(page, "static/workplace-of-page.ts")
        : undefined;
    },
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const chunk = bundle[`${worker}.js`];
        if (chunk?.type !== "chunk") throw new Error(`expected ${worker}.js in the bundle`);
        const hash = createHash("sha256");
        const kept: string[] = [];
        for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
          hash.update(name).update(file.type === "chunk" ? file.code : file.source);
          // Runtimes are large: only the one that a page uses is kept, once it does.
          if (file !== chunk && !name.endsWith(".wasm")) kept.push(name);
        }
        const constants = { FILES: kept, VERSION: hash.digest("hex").slice(0, 16) };
        const lines = Object.entries(constants).map(
          ([name, value]) => `const ${name}=${JSON.stringify(value)};\n`,
        );
        chunk.code = lines.join("") + chunk.code;
      },
    },
    closeBundle() {
      cpSync(at(`../${shippedModelPath}`), join(folder, shippedModelPath), { recursive: true });
    },
  };
}

/**
 * For what serves or bundles modules to a browser: a module of `platform/browser/` is loaded in the place of its namesake in
 * `platform/`, in `src` and `dist` alike.
 */
import { existsSync } from "node:fs";
import type { Plugin } from "vite";

/** What a browser loads in the place of a file; undefined for the file itself. */
export function inBrowser(file: string): string | undefined {
  const other = file.replace(/\/platform\/(?!browser\/)/, "/platform/browser/");
  return other !== file && existsSync(other) ? other : undefined;
}

/** For `plugins` and `worker.plugins` of Vite. */
export function browserPlatform(): Plugin {
  return {
    name: "browser-platform",
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (!source.startsWith(".")) return undefined;
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      return found === null ? undefined : inBrowser(found.id);
    },
  };
}

/** The licences of the packages in a bundle, for workers: Vite's own option `build.license` sees the page alone. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { z } from "zod";

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** Adds a file with name, version and licence of each package, and its text where the package brings it. */
export function packageLicences(fileName: string): Plugin {
  return {
    name: "package-licences",
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((file) =>
        file.type === "chunk" ? file.moduleIds : [],
      );
      const folders = new Set(modules.flatMap((id) => packageFolder(id) ?? []));
      const source = ["# Licences", ...[...folders].sort().map(licenceOf)].join("\n\n");
      this.emitFile({ type: "asset", fileName, source: `${source}\n` });
    },
  };
}

/** "/a/node_modules/@scope/name/b.js" -> "/a/node_modules/@scope/name" */
function packageFolder(module: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module.replaceAll("\\", "/"))?.[0];
}

function licenceOf(folder: string): string {
  const text = readFileSync(join(folder, "package.json"), "utf8");
  const { name, version, license } = manifest.parse(JSON.parse(text));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)(\.|$)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  return [`## ${name} ${version} (${license})`, ...texts].join("\n\n");
}

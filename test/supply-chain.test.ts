/** docs/supply-chain.md against what is installed and what lies in the repository. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readJson, temporaryFolder } from "./fixtures/folders.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = temporaryFolder();
const page = readFileSync(join(root, "docs/supply-chain.md"), "utf8");

function licences(...words: readonly string[]) {
  const script = join(root, "scripts/licences.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().default(false) })),
});

/** A project with one package of a licence. */
function projectWith(name: string, installed: object, locked: object = {}): string {
  const folder = at(name);
  mkdirSync(join(folder, "node_modules/thing"), { recursive: true });
  mkdirSync(join(folder, "node_modules/tool"), { recursive: true });
  writeFileSync(
    join(folder, "node_modules/thing/package.json"),
    JSON.stringify({ version: "1.2.3", ...installed }),
  );
  const packages = {
    "": { dependencies: { thing: "1.2.3" } },
    "node_modules/thing": { version: "1.2.3", integrity: "sha512-x", ...locked },
    "node_modules/tool": { version: "1.0.0", dev: true, license: "GPL-3.0-only" },
  };
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages }));
  return folder;
}

describe("npm run licences", () => {
  it("finds the packages that the page lists, each with a permissive licence", () => {
    expect(licences("--check")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(page).toContain("| onnxruntime-node | 1.30.0 | MIT | l3masking |");
    expect(page).toContain("| adm-zip | 0.6.1 | MIT | onnxruntime-node |");
    expect(page).not.toContain("vitest");
  });

  it.each(["MIT", "(MIT OR GPL-3.0-only)", "(Apache-2.0 AND BSD-3-Clause)"])(
    "takes %s, and asks nothing of development packages",
    (license) => {
      const { status, stdout } = licences(projectWith(`good ${license}`, { license }));
      expect(status).toBe(0);
      expect(stdout).toContain(`| thing | 1.2.3 | ${license} | l3masking |`);
      expect(stdout).not.toContain("tool");
    },
  );

  it.each([
    ["GPL-3.0-only", { license: "GPL-3.0-only" }, {}, "GPL-3.0-only, not known to be permissive"],
    ["a part", { license: "(MIT AND GPL-2.0)" }, {}, "not known to be permissive"],
    ["none", {}, {}, "thing 1.2.3 names no licence"],
    ["a file", { license: "SEE LICENSE IN X" }, {}, "not known to be permissive"],
    ["no checksum", { license: "MIT" }, { integrity: undefined }, "has no checksum"],
    ["another version", { license: "MIT", version: "1.2.4" }, {}, "installed is 1.2.4"],
  ])("refuses %s", (name, installed, locked, says) => {
    const { status, stdout, stderr } = licences(projectWith(name, installed, locked));
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(says);
  });

  it("refuses a page that lists other packages", () => {
    const folder = projectWith("stale", { license: "MIT" });
    mkdirSync(join(folder, "docs"));
    writeFileSync(join(folder, "docs/supply-chain.md"), page);
    expect(licences(folder, "--check").stderr).toContain("npm run licences -- --write");
    expect(licences(folder, "--write").status).toBe(0);
    expect(licences(folder, "--check").status).toBe(0);
  });
});

describe("docs/supply-chain.md", () => {
  it("has the checksums of the model that comes with the project", () => {
    const listed = Array.from(
      page.matchAll(/^\| `([^`]+)` \| `([0-9a-f]{64})` \|$/gm),
      ([, name, sum]) => [name, sum],
    );
    expect(listed.map(([name]) => name)).toEqual([
      "config.json",
      "model.safetensors",
      "tokenizer.json",
    ]);
    for (const [name, sum] of listed) {
      const bytes = readFileSync(join(root, "models/minilm", name));
      expect(createHash("sha256").update(bytes).digest("hex"), name).toBe(sum);
    }
  });

  it("is right about install scripts", () => {
    const settings = readFileSync(join(root, ".npmrc"), "utf8").split("\n");
    expect(settings).toContain("ignore-scripts=true");
    expect(settings).toContain("strict-allow-scripts=true");
    const { packages } = lockSchema.parse(readJson(join(root, "package-lock.json")));
    const withScripts = Object.keys(packages).filter((path) => packages[path].hasInstallScript);
    const denied = ["msgpackr-extract", "onnxruntime-node", "protobufjs"];
    expect(withScripts).toEqual(denied.map((name) => `node_modules/${name}`));
  });
});

/** What `npm pack` puts into the package: the files that are needed, no others, and that they work without the repository. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { leastNode } from "../src/commands/doctor.js";
import { temporaryFolder } from "./fixtures/folders.js";
import { page, root } from "./fixtures/pages.js";

/** Bytes; 42 MB packed and 46 MB unpacked are the model's, the rest is the program with docs and examples. */
const MAX_PACKED = 46_000_000;
const MAX_UNPACKED = 52_000_000;

const at = temporaryFolder();
/** npm is a batch file on Windows, which only a shell starts. */
const npm = { command: "npm", shell: process.platform === "win32" };

const packedSchema = z
  .array(
    z.object({
      filename: z.string(),
      size: z.int(),
      unpackedSize: z.int(),
      files: z.array(z.object({ path: z.string() })),
    }),
  )
  .length(1);

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  engines: z.object({ node: z.string() }),
  bin: z.record(z.string(), z.string()),
  exports: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
  dependencies: z.record(z.string(), z.string()),
  private: z.never().optional(),
});
/** What the Citation File Format 1.2.0 asks for. */
const citationSchema = z.object({
  "cff-version": z.literal("1.2.0"),
  message: z.string(),
  title: z.string(),
  version: z.string(),
  authors: z.array(z.object({ name: z.string() })).min(1),
  references: z.array(
    z.object({
      type: z.literal("conference-paper"),
      title: z.string(),
      year: z.int(),
      authors: z.array(z.object({ "family-names": z.string(), "given-names": z.string() })),
    }),
  ),
});

const workflowSchema = z.object({
  jobs: z.object({
    test: z.object({ strategy: z.object({ matrix: z.object({ node: z.array(z.string()) }) }) }),
  }),
});

const manifest = manifestSchema.parse(JSON.parse(page("package.json")));

let packed: z.infer<typeof packedSchema>[number];
let paths: readonly string[];
/** Those of dist, but for what earlier builds left there: a release is packed from a fresh clone (CONTRIBUTING.md). */
let built: readonly string[];

beforeAll(() => {
  const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", at(".")];
  const options = { cwd: root, encoding: "utf8", shell: npm.shell } as const;
  [packed] = packedSchema.parse(JSON.parse(execFileSync(npm.command, words, options)));
  paths = packed.files.map(({ path }) => path).sort();
  const hasSource = (path: string) =>
    existsSync(join(root, path.replace(/^dist\//, "src/").replace(/\.(d\.ts|js)$/, ".ts")));
  built = paths.filter(
    (path) => path.startsWith("dist/") && !path.startsWith(studioPage) && hasSource(path),
  );
});

/** What the bundler makes of the studio's page. */
const studioPage = "dist/apps/studio/page/";

/** Files under a folder of the repository, by their paths in it. */
const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));

/** Built files that the command line, the entry points and their types lead to: imports, now or later, and the worker. */
function reachedFiles(): ReadonlySet<string> {
  const reached = new Set<string>();
  const reach = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    // In a browser its namesake takes its place.
    const namesake = file.replace("dist/platform/", "dist/platform/browser/");
    if (namesake !== file && built.includes(namesake)) reach(namesake);
    const types = file.replace(/\.js$/, ".d.ts");
    const names = (page(file) + page(types)).matchAll(
      /(?:from |import |import\(|new URL\(\s*)"(\.\.?\/[^"]+\.js)"/g,
    );
    for (const [, name] of names) reach(posix.join(posix.dirname(file), name));
  };
  const doors = ["dist/apps/cli/main.js", "dist/node.js", "dist/index.js", "dist/web.js"];
  const ofPages = ["dist/apps/studio/browser-workplace.js", "dist/thread/browser/worker.js"];
  for (const entry of [...doors, ...ofPages]) reach(entry);
  return reached;
}

describe("the package", () => {
  it("has the JavaScript that is needed, with its types, and hardly any other", () => {
    const reached = reachedFiles();
    expect(reached.size).toBeGreaterThan(150);
    expect(reached).toContain("dist/thread/worker.js");
    const scripts = built.filter((path) => path.endsWith(".js"));
    const types = scripts.map((path) => path.replace(/\.js$/, ".d.ts"));
    expect([...scripts, ...types].sort()).toEqual(built);
    expect([...reached].filter((path) => !scripts.includes(path))).toEqual([]);
    // Modules for tests and benchmarks, such as the float64 reference, are few.
    expect(scripts.filter((path) => !reached.has(path)).length).toBeLessThan(8);
    expect(scripts.filter((path) => /\.(test|cases)\.|settings-(docs|schemas)/.test(path))).toEqual(
      [],
    );
  });

  it("has the studio's page, with all that it names and the licences of what is in it", () => {
    const files = paths.filter((path) => path.startsWith(studioPage));
    const named = Array.from(
      page(`${studioPage}index.html`).matchAll(/(?:src|href)="\.\/([^"]+)"/g),
      ([, name]) => studioPage + name,
    );
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
    expect(page(`${studioPage}licences.md`)).toContain("preact");
  });

  it("has the pages, the examples, the model, the licence, and nothing else", () => {
    const others = paths.filter((path) => !path.startsWith("dist/"));
    const expected = [
      ...["CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"],
      "package.json",
      ...filesIn("models/minilm"),
      ...filesIn("docs").filter((path) => !/^docs\/performance\/.*\.json$/.test(path)),
      ...filesIn("examples"),
    ];
    expect(others).toEqual(expected.sort());
  });

  it("has every file that its pages link to", () => {
    const links = paths
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) =>
        Array.from(page(path).matchAll(/\]\((?!https?:)([^)#]+)/g), ([, target]) =>
          posix.join(posix.dirname(path), target),
        ),
      );
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((target) => !paths.includes(target))).toEqual([]);
  });

  it("is small", () => {
    expect(packed.size).toBeLessThan(MAX_PACKED);
    expect(packed.unpackedSize).toBeLessThan(MAX_UNPACKED);
    // A package that lost half of itself is not what was meant.
    expect(packed.unpackedSize).toBeGreaterThan(1_000_000);
  });

  it("may be published, and says for which Node", () => {
    expect(manifest).toMatchObject({ name: "l3masking", license: "Apache-2.0" });
    const least = `${leastNode.major}.${leastNode.minor}`;
    expect(manifest.engines.node).toBe(`>=${least}`);
    const workflow = workflowSchema.parse(parse(page(".github/workflows/ci.yml")));
    expect(workflow.jobs.test.strategy.matrix.node[0]).toBe(least);
    expect(page("LICENSE")).toContain("Apache License");
    const citation = citationSchema.parse(parse(page("CITATION.cff")));
    expect(citation.version).toBe(manifest.version);
    const cited = citation.references.map(({ authors }) => authors.map((a) => a["family-names"]));
    expect(cited).toEqual([
      ["Kimura", "Komamizu", "Hatano"],
      ["Dery", "Michel", "Talwalkar", "Neubig"],
    ]);
    for (const version of Object.values(manifest.dependencies)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});

describe("a project that has the package and its dependencies alone", () => {
  let main: string;

  beforeAll(() => {
    const modules = at("project/node_modules");
    mkdirSync(join(modules, "l3masking"), { recursive: true });
    const words = [
      "-xzf",
      at(packed.filename),
      "--strip-components=1",
      "-C",
      join(modules, "l3masking"),
    ];
    execFileSync("tar", words);
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(root, "node_modules", name), join(modules, name), "junction");
    }
    writeFileSync(at("project/package.json"), '{ "type": "module" }');
    main = join(modules, "l3masking", manifest.bin.l3masking);
  });

  const node = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: at("project"),
      encoding: "utf8",
    });
    return { status, out: stdout + stderr };
  };

  it("has a command line that helps, names its version and finds all it needs", () => {
    expect(node(main, "--version")).toEqual({ status: 0, out: `${manifest.version}\n` });
    expect(node(main, "--help")).toMatchObject({
      status: 0,
      out: expect.stringContaining("train"),
    });
    const doctor = node(main, "doctor");
    expect(doctor, doctor.out).toMatchObject({ status: 0 });
  });

  it("has types that need none of Node's, and are sound to the last", () => {
    const use = at("project/use.ts");
    writeFileSync(
      use,
      `import { Classifier, compare, fineTune, type Watch } from "l3masking";
       import { createStrategy } from "l3masking/core";
       const watch: Watch = { onEvent: (event) => event.type };
       export const run = () => fineTune({ trainFile: "a", model: "m", outputDir: "o" }, watch);
       export const load = async (): Promise<readonly string[]> => (await Classifier.load("m")).labels;
       export const others = [compare, createStrategy];`,
    );
    const program = ts.createProgram([use], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      types: [],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    });
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => `${file?.fileName}: ${JSON.stringify(messageText)}`);
    expect(faults).toEqual([]);
    expect(
      program.getSourceFiles().some(({ fileName }) => fileName.endsWith("/dist/node.d.ts")),
    ).toBe(true);
  });

  it("imports both entry points", () => {
    const program = `
      import { checkFiles } from "l3masking";
      import { createStrategy } from "l3masking/core";
      import facts from "l3masking/package.json" with { type: "json" };
      const { check } = await checkFiles({ trainFile: ${JSON.stringify(join(root, "examples/messages.csv"))} });
      console.log(check.labels.length, typeof createStrategy, facts.version);
    `;
    writeFileSync(at("project/use.js"), program);
    const used = node("--no-warnings", "use.js");
    expect(used).toEqual({
      status: 0,
      out: expect.stringMatching(/^\d function \d+\.\d+\.\d+\n$/),
    });
  });

  it("has every page that the command line sends its readers to", () => {
    const sources = paths.filter((path) => path.endsWith(".js"));
    const named = new Set(sources.flatMap((path) => page(path).match(/docs\/[\w-]+\.md/g) ?? []));
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((path) => !paths.includes(path))).toEqual([]);
  });
});

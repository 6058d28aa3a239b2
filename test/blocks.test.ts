/**
 * Every fenced block of every page: commands are read by the real command line, code is compiled against the package's own
 * types, data and settings are parsed. test/readme.test.ts runs what test/fixtures/page-commands.ts lists.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { commandList } from "../src/apps/cli/commands.js";
import { allFlags } from "../src/apps/cli/flags.js";
import { runCommandLine } from "../src/apps/cli/program.js";
import type { Terminal } from "../src/apps/cli/terminal.js";
import { L3MaskingError } from "../src/base/errors.js";
import { type CommandName, commands } from "../src/commands/table.js";
import { parseRecords } from "../src/data/formats/parse.js";
import { resolveSettings, serveSchema, studioSchema } from "../src/run/settings/schemas.js";
import { temporaryFolder } from "./fixtures/folders.js";
import { notRun, otherPackages, runPages } from "./fixtures/page-commands.js";
import { blocks, blocksOf, commandLines, page, pages, root, wordsOf } from "./fixtures/pages.js";

const at = temporaryFolder();

/** Reads a command as the command line does, settings and all, and stops where the work would begin. */
async function readCommand(
  words: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  let heard = "";
  const output = {
    write: (text: string) => {
      heard += text;
    },
    isTerminal: false,
    columns: 80,
    flush: async () => true,
  };
  const terminal: Terminal = {
    stdout: output,
    stderr: output,
    environment: {},
    now: () => 0,
    onInterrupt: () => () => undefined,
    listFolder: async (path) =>
      path.endsWith("sample-task") ? ["train.jsonl", "dev.jsonl", "test.jsonl"] : undefined,
    readText: async (path) => files[path],
  };
  const installation = {
    version: "1.2.3",
    startWorker: () => undefined,
    async call(name: CommandName, given: unknown) {
      resolveSettings(await commands[name].settings(), given);
      throw begun;
    },
    async serve(given: unknown) {
      resolveSettings(serveSchema, given);
      throw begun;
    },
    async studio(given: unknown) {
      resolveSettings(studioSchema, given);
      throw begun;
    },
  };
  await runCommandLine(words, installation, terminal);
  return heard.trim();
}

const begun = new L3MaskingError("interrupted", "the work would begin");
const BEGINS = "error [interrupted]: the work would begin";

/** The words of a command of ours; undefined for other programs. */
function ourWords(line: string): readonly string[] | undefined {
  const [first, second, ...rest] = wordsOf(line.replace(/^(?:[A-Z_]+=\S+ )+| \| .*$/g, ""));
  if (first === "npx" && second === "l3masking") return rest;
  return first === "l3masking" ? [second, ...rest] : undefined;
}

const scriptsSchema = z.object({ scripts: z.record(z.string(), z.string()) });
const { scripts } = scriptsSchema.parse(JSON.parse(page("package.json")));

/** Where the flags of an npm script are read. */
const scriptSources: Readonly<Record<string, string>> = {
  bench: "bench/main.ts",
  fuzz: "test/hostile/fuzz-command.ts",
  quickstart: "scripts/quickstart.mjs",
  "build:kernels": "scripts/build-kernels.mjs",
};

/** Flags of npm scripts and of other programs that pages name in a sentence. */
const otherFlags = [
  ...["write-page", "results", "quick", "no-run", "peer"], // npm run bench
  "write-corpus", // npm run fuzz
  "base", // scripts/measure-memory.mjs
  "omit", // npm audit
  ...["help", "name", "version"], // any command; docs/settings.md speaks of a name in general
];

describe("commands", () => {
  const lines = pages.flatMap((path) => commandLines(path).map((line) => ({ path, line })));
  const isListed = ({ path, line }: { path: string; line: string }) =>
    notRun.some((entry) => entry.page === path && line.startsWith(entry.line));

  it("are run, or it is said why not", () => {
    const isRun = ({ path, line }: { path: string; line: string }) =>
      runPages.some((run) => run === path) &&
      /^(npx l3masking|node examples|curl -s localhost|cmp )/.test(line);
    expect(lines.length).toBeGreaterThan(40);
    expect(lines.filter((place) => !isRun(place) && !isListed(place))).toEqual([]);
  });

  it("that are said not to be run exist", () => {
    const stale = notRun.filter(
      (entry) =>
        !lines.some(({ path, line }) => path === entry.page && line.startsWith(entry.line)),
    );
    expect(stale).toEqual([]);
    // The reasons name files.
    const files = notRun.flatMap(
      ({ reason }) => reason.match(/[\w./-]+\.test\.ts|\.ci\/run/g) ?? [],
    );
    for (const file of files) expect(() => readFileSync(join(root, file)), file).not.toThrow();
  });

  it("of ours have flags and values that exist", async () => {
    const ours = lines.flatMap(({ path, line }) => {
      const words = ourWords(line);
      return words === undefined ? [] : [{ path, line, words }];
    });
    expect(ours.length).toBeGreaterThan(25);
    for (const { path, line, words } of ours) {
      expect(await readCommand(words), `${path}: ${line}`).toBe(BEGINS);
    }
  });

  it("that are wrong would be found", async () => {
    expect(await readCommand(["predict", "--input", "a.csv"])).toContain("missing-setting");
    const typo = ["train", "a.csv", "--modle", "m", "--output-dir", "o"];
    expect(await readCommand(typo)).toContain("unknown-setting");
    const value = ["check", "a.csv", "--max-length", "none"];
    expect(await readCommand(value)).toContain("invalid-setting");
  });

  it("of npm are scripts that know their flags", () => {
    const ofNpm = lines.flatMap(({ line }) =>
      Array.from(line.matchAll(/npm run ([\w:-]+)(?: -- (.*))?/g), ([, script, rest]) => ({
        script,
        flags: rest?.match(/(?<=--)[a-z][\w-]*/g) ?? [],
      })),
    );
    expect(ofNpm.length).toBeGreaterThan(8);
    for (const { script, flags } of ofNpm) {
      expect(scripts[script], `npm run ${script}`).toBeDefined();
      for (const flag of flags) {
        const source = scriptSources[script];
        expect(source, `the file that reads the flags of npm run ${script}`).toBeDefined();
        expect(page(source), `npm run ${script} -- --${flag}`).toContain(flag);
      }
    }
  });
});

describe("flags in sentences", () => {
  const known = new Set(otherFlags);

  beforeAll(async () => {
    for (const { settings } of commandList) {
      for (const { name, aliases, kind } of allFlags(await settings?.())) {
        for (const word of [name, ...aliases]) known.add(word);
        if (kind === "switch") known.add(`no-${name}`);
      }
    }
  });

  it.each(pages)("of %s exist", (path) => {
    const text = page(path).replaceAll(/^```.*?^```$/gms, "");
    const spans = Array.from(text.matchAll(/`([^`\n]+)`/g), ([, span]) => span);
    const flags = spans.flatMap((span) => span.match(/(?<=(?:^| )--)[a-z][a-z0-9-]*/g) ?? []);
    expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
  });
});

describe("blocks", () => {
  it("are of a kind that is looked at", () => {
    const kinds = new Set(pages.flatMap((path) => blocksOf(path).map(({ language }) => language)));
    expect([...kinds].sort()).toEqual([
      "",
      "console",
      "csv",
      "js",
      "json",
      "sh",
      "text",
      "tower",
      "ts",
      "yaml",
    ]);
  });

  it("that are no code hold no commands", () => {
    const shown = pages.flatMap((path) => [...blocks(path, ""), ...blocks(path, "text")]);
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.filter((block) => /^\s*(\$ |npx |npm |node |l3masking )/m.test(block))).toEqual(
      [],
    );
  });

  it("of JSON and CSV parse", async () => {
    const json = pages.flatMap((path) => blocks(path, "json"));
    expect(json.length).toBeGreaterThan(0);
    for (const line of json.flatMap((block) => block.trimEnd().split("\n"))) {
      expect(() => JSON.parse(line), line).not.toThrow();
    }
    const csv = pages.flatMap((path) => blocks(path, "csv"));
    expect(csv.length).toBeGreaterThan(1);
    for (const block of csv) {
      const bytes = new TextEncoder().encode(block);
      const parsed = await parseRecords(bytes, "csv", "page.csv", { labels: "required" });
      expect(parsed.records.map(({ label }) => label)).not.toContain(undefined);
    }
  });

  it("of docs/browser.md are the example that test/browser runs", () => {
    expect(blocks("docs/browser.md", "js")).toEqual([browserExample]);
  });

  it("of code for other packages parse", () => {
    const code = pages.flatMap((path) => [...blocks(path, "js"), ...blocks(path, "ts")]);
    for (const { name } of otherPackages) {
      const importing = code.filter((block) => block.includes(` from "${name}"`));
      expect(importing.length, name).toBeGreaterThan(0);
      for (const block of importing) {
        const { diagnostics } = ts.transpileModule(block, { reportDiagnostics: true });
        expect(diagnostics, block).toEqual([]);
      }
    }
  });

  it("of YAML are settings of the command whose schema they name", async () => {
    const yaml = pages.flatMap((path) => blocks(path, "yaml"));
    expect(yaml.length).toBeGreaterThan(0);
    for (const block of yaml) {
      const command = /schemas\/(\w+)\.json/.exec(block)?.[1] ?? "none";
      const words = [command, "data.csv", "--config", "page.yaml", "--output-dir", "out"];
      expect(await readCommand(words, { "page.yaml": block }), block).toBe(BEGINS);
    }
  });

  it("of JavaScript and TypeScript compile against the types of the package", () => {
    mkdirSync(at("node_modules"));
    symlinkSync(root, at("node_modules/l3masking"));
    writeFileSync(at("package.json"), '{ "type": "module" }');
    // The blocks of docs/api.md are signatures, written from the sources.
    const code = pages
      .filter((path) => path !== "docs/api.md")
      .flatMap((path) => [...blocks(path, "js"), ...blocks(path, "ts")])
      .filter((block) => !importsOther(block) && block !== browserExample);
    expect(code.length).toBeGreaterThan(1);
    const file = (index: number) => at(`block-${index}.ts`);
    for (const [index, block] of code.entries()) writeFileSync(file(index), block);
    expect(faultsIn(code.map((_, index) => file(index)))).toEqual([]);
    const wrong = at("wrong.ts");
    writeFileSync(
      wrong,
      'import { fineTune } from "l3masking";\nawait fineTune({ modle: "m" });\n',
    );
    expect(faultsIn([wrong])).toEqual([expect.stringContaining("modle")]);
  });
});

/** The types of pages are not at hand here; test/browser runs it. */
const browserExample = page("examples/browser/worker.js");

/** Does a block import a package that is not installed here? */
const importsOther = (block: string) =>
  otherPackages.some(({ name }) => block.includes(` from "${name}"`));

/** What the compiler finds wrong with files. */
function faultsIn(files: readonly string[]): readonly string[] {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    return `${file?.fileName}: ${text}\n${file?.text}`;
  });
}

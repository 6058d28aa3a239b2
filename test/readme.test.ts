/**
 * The commands and code of README.md, docs/ and examples/, run as they are written: in a folder with the files they
 * name, on tiny data, with a tiny random model in place of `roberta-base` and of the shipped one, against the built package.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { commandList } from "../src/apps/cli/commands.js";
import { knownDatasetNames } from "../src/data/known/known-datasets.js";
import { savedClassifier } from "./fixtures/host.js";
import { runPages } from "./fixtures/page-commands.js";
import { commandLines, page, pages, root, wordsOf } from "./fixtures/pages.js";

const main = join(root, "dist/apps/cli/main.js");

let base: string;

beforeAll(() => {
  expect(existsSync(main), `${main} is missing: run npm run build`).toBe(true);
  base = mkdtempSync(join(tmpdir(), "l3masking-pages-"));
});
afterAll(() => rmSync(base, { recursive: true }));

/** A folder with all files that the pages name. */
function workplace(name: string): string {
  const folder = join(base, name);
  const tiny = join(root, "test/golden/models/roberta");
  cpSync(tiny, join(folder, "roberta-base"), {
    recursive: true,
    filter: (file) => !/(golden|forward|gradients|trained|head)[^/]*$/.test(file),
  });
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  const [head, ...rows] = page("examples/messages.csv").trimEnd().split("\n");
  const csv = (lines: readonly string[]) => `${lines.join("\n")}\n`;
  write("messages.csv", csv([head, ...rows]));
  write("examples/messages.csv", csv([head, ...rows]));
  write("train.csv", csv([head, ...rows.slice(0, 18)]));
  write("dev.csv", csv([head, ...rows.slice(18, 24)]));
  write("test.csv", csv([head, ...rows.slice(24)]));
  write("new.csv", csv(["text", ...rows.slice(0, 3).map((row) => row.replace(/,\w+$/, ""))]));
  write("corpus.txt", csv(rows.map((row) => row.replace(/,\w+$/, "\n"))));
  for (const [split, perLabel] of [
    ["train", 4],
    ["dev", 2],
    ["test", 2],
  ] as const) {
    const lines = page(`examples/sample-task/${split}.jsonl`).trimEnd().split("\n");
    const some = ["engine", "hull"].flatMap((label) =>
      lines.filter((line) => line.includes(`"label": "${label}"`)).slice(0, perLabel),
    );
    write(`examples/sample-task/${split}.jsonl`, csv(some));
  }
  return folder;
}

/** What a page takes for granted that another page made. */
const madeBefore: Readonly<Record<string, string>> = {
  "docs/serving.md": "runs/messages/model",
  "docs/export.md": "runs/l3/model",
};

interface Ended {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

function node(folder: string, words: readonly string[]): Promise<Ended> {
  const env = { ...process.env, L3MASKING_CACHE: join(folder, "cache"), NO_COLOR: "1" };
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: folder, env }, (error, out, err) => {
      const code = typeof error?.code === "number" ? error.code : 1;
      resolve({ exitCode: error === null ? 0 : code, out, err });
    });
  });
}

/** What makes a command short; everything else stays as written. */
const shortened: Readonly<Record<string, readonly string[]>> = {
  train: ["--max-steps", "2", "--max-length", "24", "--threads", "1"],
  compare: [
    ...["--max-steps", "2", "--max-length", "24", "--threads", "2"],
    ...["--bootstrap-samples", "100", "--sweep-seeds", "1000"],
  ],
  explain: ["--threads", "1"],
  score: ["--max-length", "24", "--threads", "1"],
  evaluate: ["--threads", "1"],
  predict: ["--threads", "1"],
  perplexity: ["--max-length", "24", "--threads", "1"],
  pretrain: ["--hidden-size", "8", "--num-attention-heads", "2", "--threads", "1"],
};

/** Commands that take the shipped model where none is named. */
const takesShippedModel = new Set(["train", "compare", "score", "perplexity"]);

/** Runs a line of a page. */
async function runLine(folder: string, line: string): Promise<Ended> {
  const [program, ...words] = wordsOf(
    line
      .replace("--max-steps 20000", "--max-steps 2")
      // Pages show as many seeds as one needs, which are more than a test should train.
      .replace(/--seeds [\d,-]+/, "--seeds 0-1"),
  );
  if (program === "node") return node(folder, [join(root, words[0]), "roberta-base"]);
  const short = shortened[words[1]] ?? [];
  const isReplaced = (word = "") => word.startsWith("--") && short.includes(word);
  const kept = words.filter((word, i) => !isReplaced(word) && !isReplaced(words[i - 1]));
  const isShipped = takesShippedModel.has(words[1]) && !words.includes("--model");
  const model = isShipped ? ["--model", "roberta-base"] : [];
  return node(folder, [main, ...kept.slice(1), ...short, ...model]);
}

/** Starts the server of a line at a free port; gives its process and address. */
async function startServing(
  folder: string,
  line: string,
): Promise<readonly [ChildProcess, string]> {
  const words = wordsOf(line.replace(/ --port \d+/, "")).slice(2);
  const child = spawn(process.execPath, [main, ...words, "--port", "0", "--threads", "1"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  for await (const heard of createInterface({ input: child.stderr })) {
    const address = /listening at (http:\/\/\S+)/.exec(heard)?.[1];
    if (address !== undefined) return [child, address];
  }
  return expect.unreachable(`${line} ended without an address`);
}

/** What a line of curl asks a server. */
async function askAsCurl(address: string, line: string): Promise<unknown> {
  const [program, silent, url, , body] = wordsOf(line);
  expect([program, silent, url]).toEqual(["curl", "-s", expect.stringMatching(/^localhost:\d+\//)]);
  const path = url.slice(url.indexOf("/"));
  const reply = await fetch(
    `${address}${path}`,
    body === undefined ? {} : { method: "POST", body },
  );
  expect(reply.status, line).toBe(200);
  return reply.json();
}

/** Commands on known data sets need the published files: test/data/dataset-commands.test.ts runs those. */
const runnable = (line: string) =>
  /^(npx l3masking|node examples|curl -s localhost|cmp )/.test(line) &&
  !knownDatasetNames.some((name) => new RegExp(` --dataset (\\S+ )*${name}\\b`).test(line));

describe("commands of", () => {
  it.concurrent.each(runPages)(
    "%s run as written",
    async (path) => {
      const lines = commandLines(path).filter(runnable);
      expect(lines.length).toBeGreaterThan(0);
      const folder = workplace(path.replace("/", "-"));
      const made = madeBefore[path];
      if (made !== undefined)
        cpSync(savedClassifier("roberta"), join(folder, made), { recursive: true });
      let server: ChildProcess | undefined;
      let address = "";
      for (const line of lines) {
        if (line.startsWith("npx l3masking serve")) {
          [server, address] = await startServing(folder, line);
          continue;
        }
        if (line.startsWith("curl")) {
          expect(await askAsCurl(address, line)).toEqual({ predictions: [expect.anything()] });
          continue;
        }
        if (line.startsWith("cmp")) {
          const [first, second] = wordsOf(line)
            .slice(1)
            .map((file) => readFileSync(join(folder, file), "utf8"));
          expect(first.length).toBeGreaterThan(100);
          expect(second).toBe(first);
          continue;
        }
        const { exitCode, out, err } = await runLine(folder, line);
        expect(exitCode, `${line}\n${out}${err}`).toBe(0);
        const written = /--output(?:-dir)? (\S+)/.exec(line)?.[1];
        if (written !== undefined) expect(existsSync(join(folder, written)), line).toBe(true);
      }
      if (server !== undefined) {
        server.kill("SIGTERM");
        // On Windows the signal ends the process at once.
        const stopped = process.platform === "win32" ? [null, "SIGTERM"] : [0, null];
        expect(await once(server, "exit")).toEqual(stopped);
      }
      if (path === "docs/commands.md") {
        const table = page(path).split("| file | holds |")[1];
        const files = Array.from(
          table.matchAll(/^\| `([\w./-]+)` \| (?!where )/gm),
          ([, file]) => file,
        );
        expect(files.length).toBeGreaterThan(7);
        for (const file of files)
          expect(existsSync(join(folder, "runs/l3", file)), file).toBe(true);
      }
    },
    300_000,
  );

  it.concurrent("the quickstart's last lines run as printed", async () => {
    const folder = workplace("quickstart");
    const script = join(root, "scripts/quickstart.mjs");
    const { exitCode, out, err } = await node(folder, [script, "--model", "roberta-base"]);
    expect(exitCode, out + err).toBe(0);
    expect(out).toMatch(/^1\/2 {2}.*TF-IDF[\s\S]*^2\/2 {2}/m);
    expect(out).toMatch(/^On \d+ texts it never saw, (it|TF-IDF, the baseline,) is right for/m);
    expect(out).toMatch(/^ {2}labelled \w+, predicted \w+ \(\d+ % sure\):\n {4}\S/m);
    expect(out.split("\n").filter((line) => line.length > 100)).toEqual([]);
    const [, next] = out.split("Next:\n");
    const commands = next
      .split("\n")
      .map((line) => line.trim())
      .filter(runnable);
    expect(commands).toHaveLength(1);
    for (const line of commands) {
      const ended = await runLine(folder, line);
      expect(ended.exitCode, `${line}\n${ended.out}${ended.err}`).toBe(0);
    }
  }, 300_000);
});

describe("docs/commands.md", () => {
  it("lists every command", () => {
    const listed = Array.from(
      page("docs/commands.md").matchAll(/^\| `([a-z]+)` \|/gm),
      ([, name]) => name,
    );
    expect(listed.sort()).toEqual(commandList.map(({ name }) => name).sort());
  });
});

/** The names under which links reach the headings of a page: what Markdown viewers make of them. */
function anchorsOf(path: string): ReadonlySet<string> {
  const headings = page(path).matchAll(/^#+ (.+)$/gm);
  const anchors = Array.from(headings, ([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  return new Set(anchors);
}

describe("pages", () => {
  it.each(pages)("%s links to files that exist", (path) => {
    const links = Array.from(page(path).matchAll(/\]\(([^)#]+)[^)]*\)/g), ([, target]) => target);
    const local = links.filter((target) => !/^https?:/.test(target));
    expect(local.filter((target) => !existsSync(join(root, dirname(path), target)))).toEqual([]);
  });

  it.each(pages)("%s links to headings that exist", (path) => {
    const links = Array.from(page(path).matchAll(/\]\((?!http)([^)#]*)#([^)]+)\)/g));
    const missing = links.filter(([, target, anchor]) => {
      const file = target === "" ? path : join(dirname(path), target);
      return !anchorsOf(file).has(anchor);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });

  it("name npm scripts that exist", () => {
    const named = pages.flatMap((path) =>
      Array.from(page(path).matchAll(/npm run ([\w:-]+)/g), ([, script]) => script),
    );
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(page("package.json")));
    expect(named).toContain("quickstart");
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});

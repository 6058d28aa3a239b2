/** What a benchmark yields, and the files it is kept in: bench/results/NAME.json, the last run of each. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus, release, type as systemType, totalmem } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { L3MaskingError } from "../src/base/errors.js";

export const units = ["s", "ms", "tokens/s", "texts/s", "GB", "MB", "x", "%", "exponent"] as const;
export type Unit = (typeof units)[number];

const quantity = z.strictObject({ value: z.number(), unit: z.enum(units) });
const named = quantity.extend({ name: z.string() });

const figureSchema = z.strictObject({
  /** What was done, with sizes. */
  work: z.string(),
  ours: quantity,
  /** The other side of a ratio or a share. */
  against: named.nullable(),
  /** The figure itself: its median over the turns, the lowest and the highest. */
  figure: z.strictObject({
    unit: z.enum(units),
    median: z.number(),
    low: z.number(),
    high: z.number(),
  }),
  /** What it should be. */
  reach: z.strictObject({ bound: z.enum(["at least", "at most"]), value: z.number() }).nullable(),
  /** The best that could be, and how near we are: 1 at the limit. */
  limit: named.extend({ share: z.number() }).nullable(),
});

const sizeSchema = z.strictObject({ size: z.number(), cost: z.number() });

const seriesSchema = z.strictObject({
  /** File name of the plot, without its ending. */
  name: z.string(),
  title: z.string(),
  sizeTitle: z.string(),
  points: z.array(sizeSchema),
  /** cost = origin.cost + factor * (size - origin.size)^exponent */
  origin: sizeSchema,
  factor: z.number(),
  exponent: z.number(),
});

const machineSchema = z.strictObject({
  processor: z.string(),
  processors: z.number(),
  memoryBytes: z.number(),
  system: z.string(),
});

const outcomeSchema = z.strictObject({
  figures: z.array(figureSchema),
  /** What a reader must know: variants of the peer, what was left out. */
  notes: z.array(z.string()),
  series: z.array(seriesSchema),
  /** Programs beside our own, by name. */
  versions: z.record(z.string(), z.string()),
});

const resultSchema = outcomeSchema.extend({
  benchmark: z.string(),
  date: z.string(),
  /** Short name of the commit, with "+" if the work tree had changes. */
  commit: z.string(),
  threads: z.number(),
  /** Of tiny sizes: shows that everything runs and nothing else. */
  quick: z.boolean(),
  machine: machineSchema,
});

export type Figure = z.infer<typeof figureSchema>;
export type Series = z.infer<typeof seriesSchema>;
export type Outcome = z.infer<typeof outcomeSchema>;
export type Machine = z.infer<typeof machineSchema>;
export type Result = z.infer<typeof resultSchema>;

/** True where the figure is as good as it should be, undefined where nothing was asked. */
export function isReached({ figure, reach }: Figure): boolean | undefined {
  if (reach === null) return undefined;
  return reach.bound === "at least" ? figure.median >= reach.value : figure.median <= reach.value;
}

/** With the tunables of the C library, which decide how memory is taken. */
export function thisMachine(): Machine {
  const tunables = process.env.GLIBC_TUNABLES;
  return {
    processor: cpus()[0]?.model ?? "unknown processor",
    processors: cpus().length,
    memoryBytes: totalmem(),
    system: `${systemType()} ${release()}${tunables ? `, GLIBC_TUNABLES=${tunables}` : ""}`,
  };
}

/** The commit of the checkout, or "unknown" outside of one. */
export function commitOf(root: string): string {
  const git = (...words: string[]) =>
    execFileSync("git", words, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no").trim() !== "";
    return `${git("rev-parse", "--short=10", "HEAD").trim()}${changed ? "+" : ""}`;
  } catch {
    return "unknown";
  }
}

/** Versions of Node, the package and its runtime, read from the packages themselves. */
export function ourVersions(root: string): Record<string, string> {
  const version = (folder: string) => {
    const text = readFileSync(join(root, folder, "package.json"), "utf8");
    return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
  };
  return {
    l3masking: version("."),
    node: process.versions.node,
    "onnxruntime-node": version("node_modules/onnxruntime-node"),
  };
}

/** Writes a result whole or not at all. */
export function saveResult(folder: string, result: Result): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${result.benchmark}.json`);
  const text = `${JSON.stringify(resultSchema.parse(result), undefined, 2)}\n`;
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
  return path;
}

/** The kept result of a benchmark; undefined if there is none. Throws `data-format` for a file of another form. */
export function loadResult(folder: string, benchmark: string): Result | undefined {
  const path = join(folder, `${benchmark}.json`);
  if (!existsSync(path)) return undefined;
  try {
    return resultSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new L3MaskingError("data-format", `expected a result of a benchmark in ${path}`, {
      hint: `Remove it and run: npm run bench -- ${benchmark}`,
      cause,
    });
  }
}

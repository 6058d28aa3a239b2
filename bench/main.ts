/** `npm run bench`: runs benchmarks, keeps their results, and writes them as a page on request. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { L3MaskingError } from "../src/base/errors.js";
import { nearestName } from "../src/base/nearest.js";
import type { BenchContext, Benchmark } from "./benchmark.js";
import { benchmarks } from "./benchmark-list.js";
import { endCommands } from "./command.js";
import { scalingPlot } from "./plot.js";
import {
  commitOf,
  isReached,
  loadResult,
  ourVersions,
  type Result,
  saveResult,
  thisMachine,
} from "./results.js";
import { resultsPage, written } from "./results-table.js";
import { requireSameWork } from "./same-work.js";
import { endSides } from "./sides/conversation.js";

const USAGE = `npm run bench -- [BENCHMARK ...] [flags]

Runs all benchmarks, or those that are named, and keeps the result of each.

  --threads N       threads of both sides (default 2)
  --peer PYTHON     a Python with the packages of bench/peers/requirements.txt; also L3MASKING_PEER.
                    Without it our side runs alone and the results say so
  --quick           tiny sizes and few turns, to see that everything runs
  --results FOLDER  where results are kept (default bench/results, with --quick bench/results/quick)
  --write-page      then write all results that are kept there as a page, results.md, with its plots
  --no-run          run nothing; with --write-page
  --list            names and titles
`;

const root = fileURLToPath(new URL("../../", import.meta.url));
const say = (text: string) => process.stderr.write(`${text}\n`);

function settings() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      threads: { type: "string", default: "2" },
      peer: { type: "string" },
      quick: { type: "boolean", default: false },
      "write-page": { type: "boolean", default: false },
      "no-run": { type: "boolean", default: false },
      results: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const threads = Number(values.threads);
  if (!Number.isInteger(threads) || threads < 1) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected --threads to be an integer of at least 1, got ${values.threads}`,
    );
  }
  const python = values.peer ?? (process.env.L3MASKING_PEER || undefined);
  if (python?.includes("/") && !existsSync(python)) {
    throw new L3MaskingError("file-missing", `expected a Python at ${python}, got no such file`, {
      hint: "bench/peers/README.md says how to set the peer up.",
    });
  }
  if (values.quick && values["write-page"]) {
    throw quickForPage("got both --quick and --write-page");
  }
  return { ...values, threads, python, chosen: positionals.map(named) };
}

function quickForPage(got: string): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    `expected results of full size for the page, not those of --quick; ${got}`,
    { hint: "Run it without --quick first." },
  );
}

function named(name: string): Benchmark {
  const found = benchmarks.find((benchmark) => benchmark.name === name);
  if (found !== undefined) return found;
  const names = benchmarks.map((benchmark) => benchmark.name);
  const nearest = nearestName(name, names);
  throw new L3MaskingError("unknown-setting", `there is no benchmark "${name}"`, {
    hint: nearest === undefined ? `They are: ${names.join(", ")}.` : `Did you mean ${nearest}?`,
  });
}

async function runBenchmarks(
  chosen: readonly Benchmark[],
  context: BenchContext,
  results: string,
): Promise<void> {
  const common = {
    date: new Date().toISOString().slice(0, 10),
    commit: commitOf(root),
    threads: context.threads,
    quick: context.quick,
    machine: thisMachine(),
  };
  const versions = ourVersions(root);
  if (context.python === undefined && chosen.some(({ usesPeer }) => usesPeer)) {
    say("no --peer: our side runs alone; bench/peers/README.md says how to set the other side up");
  }
  if (context.python !== undefined && chosen.some(({ usesPeer }) => usesPeer)) {
    await requireSameWork(context);
  }
  for (const benchmark of chosen) {
    say(`${benchmark.name}: ${benchmark.title}`);
    const outcome = await benchmark.run(context);
    const result: Result = {
      ...outcome,
      benchmark: benchmark.name,
      ...common,
      versions: { ...versions, ...outcome.versions },
    };
    const path = saveResult(results, result);
    for (const line of summary(result)) console.log(line);
    say(`  kept in ${path}`);
  }
}

function summary({ figures, notes, quick }: Result): string[] {
  const lines = figures.map((measured) => {
    const { work, ours, against, figure, reach } = measured;
    const { unit, median, low, high } = figure;
    const other =
      against === null ? "" : `, ${against.name} ${written(against.value, against.unit)}`;
    const range = low === high ? "" : ` (${written(low, unit)} to ${written(high, unit)})`;
    // Tiny sizes say nothing about what is to be reached.
    const aim =
      reach === null || quick
        ? ""
        : `; ${reach.bound} ${written(reach.value, unit)}: ${isReached(measured) ? "reached" : "not reached"}`;
    return `${work}: ${written(ours.value, ours.unit)}${other}: ${written(median, unit)}${range}${aim}`;
  });
  return [...lines, ...notes.map((note) => `  note: ${note}`)];
}

/** Table and plots from the results that are kept, beside them. */
function writePage(results: string): void {
  const entries = benchmarks.map(({ name, title }) => ({
    name,
    title,
    result: loadResult(results, name),
  }));
  const quick = entries.find(({ result }) => result?.quick === true);
  if (quick !== undefined) throw quickForPage(`${results} holds one of ${quick.name}`);
  const measured = entries.filter(({ result }) => result !== undefined);
  if (measured.length === 0) {
    throw new L3MaskingError("file-missing", `expected results in ${results}, got none`, {
      hint: "Run benchmarks first, or name their folder with --results.",
    });
  }
  const page = join(results, "results.md");
  writeFileSync(page, resultsPage(entries));
  say(`${page}: ${measured.length} of ${entries.length} benchmarks have results`);
  for (const series of measured.flatMap(({ result }) => result?.series ?? [])) {
    const path = join(results, `${series.name}.svg`);
    writeFileSync(path, scalingPlot(series));
    say(path);
  }
}

async function main(): Promise<void> {
  const { help, list, quick, threads, python, chosen, ...flags } = settings();
  if (help) return void process.stdout.write(USAGE);
  if (list) {
    for (const { name, title } of benchmarks) console.log(`${name.padEnd(20)}${title}`);
    return;
  }
  const results = flags.results ?? join(root, "bench/results", quick ? "quick" : "");
  if (!flags["no-run"]) {
    const folder = mkdtempSync(join(tmpdir(), "l3masking-bench-"));
    const clean = () => rmSync(folder, { recursive: true, force: true });
    const stop = (exitCode: number) => {
      endSides();
      endCommands();
      clean();
      process.exit(exitCode);
    };
    process.once("SIGINT", () => stop(130));
    process.once("SIGTERM", () => stop(143));
    try {
      const context = { root, folder, threads, quick, python, say };
      await runBenchmarks(chosen.length > 0 ? chosen : benchmarks, context, results);
    } finally {
      clean();
    }
  }
  if (flags["write-page"]) writePage(results);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof L3MaskingError)) throw error;
  say(`error: ${error.message} (${error.code})`);
  if (error.hint !== undefined) say(`hint: ${error.hint}`);
  process.exitCode = error.exitCode;
}

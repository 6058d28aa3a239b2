/**
 * npm run fuzz -- --minutes 30 --seed 1 [--format safetensors] [--output findings] [--write-corpus FOLDER]
 *
 * Tries hostile files by chance, and prints for each kind how many, how they ended and which took longest. What must not
 * happen (another error than ours, an internal one, one without the path, a hang, too much memory) is written to the
 * output folder, to be tried again and to become a case of the corpus.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import * as z from "zod";
import type { Kind } from "./case.js";
import { hostileCases, slowCases } from "./corpus.js";
import { fuzzedFiles, kinds, MAX_MILLISECONDS } from "./fuzz.js";
import { writeFiles } from "./readers.js";

/** Memory of a thread's heap, and growth of the process in one slice that counts as too much. */
const HEAP_MB = 1024;
const MAX_GROWTH_MB = 1500;

/** A kind is tried for at most this long at a time, so that all have had their turn early. */
const MAX_SLICE_MS = 60_000;
const MIN_SLICE_MS = 1000;

const reportSchema = z.object({
  next: z.int(),
  results: z.array(z.tuple([z.string(), z.int()])),
  findings: z.array(z.object({ number: z.int(), finding: z.string() })),
  slowest: z.object({ number: z.int(), milliseconds: z.number() }),
});
type Report = z.infer<typeof reportSchema>;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    format: { type: "string" },
    output: { type: "string", default: "fuzz-findings" },
    "write-corpus": { type: "string" },
  },
});
const settings = z
  .object({
    minutes: z.coerce.number().positive(),
    seed: z.coerce.number().int(),
    format: z.enum(kinds).optional(),
    output: z.string(),
    "write-corpus": z.string().optional(),
  })
  .parse(values);

const corpusFolder = settings["write-corpus"];
if (corpusFolder !== undefined) writeCorpus(corpusFolder);
else await fuzz();

/** Every file of the corpus in a folder of its kind and number, with a table of what is wrong and what must come of it. */
function writeCorpus(folder: string): void {
  const rows = [...hostileCases, ...slowCases].map(({ kind, what, expected, make }, i) => {
    const place = join(folder, kind, String(i));
    mkdirSync(place, { recursive: true });
    writeFiles(place, kind, make());
    return [place, kind, what, expected].join("\t");
  });
  writeFileSync(join(folder, "cases.tsv"), `folder\tkind\twhat\texpected\n${rows.join("\n")}\n`);
  console.log(`${rows.length} files in ${folder}`);
}

interface KindTally {
  next: number;
  tried: number;
  readonly results: Map<string, number>;
  slowest: Report["slowest"];
  findings: number;
}

async function fuzz(): Promise<void> {
  const chosen = settings.format === undefined ? kinds : [settings.format];
  const tallies = new Map(
    chosen.map((kind): [Kind, KindTally] => [
      kind,
      {
        next: 0,
        tried: 0,
        results: new Map(),
        slowest: { number: 0, milliseconds: 0 },
        findings: 0,
      },
    ]),
  );
  const started = performance.now();
  const end = started + settings.minutes * 60_000;
  const share = Math.min(MAX_SLICE_MS, (end - started) / chosen.length);
  while (performance.now() < end) {
    for (const [kind, tally] of tallies) {
      const left = end - performance.now();
      // On a busy machine the threads take long to start; every kind has its turn all the same.
      const turn = Math.max(Math.min(share, left), tally.tried === 0 ? MIN_SLICE_MS : 0);
      if (turn > 0) await slice(kind, tally, turn);
    }
    const seconds = Math.round((performance.now() - started) / 1000);
    const tried = [...tallies.values()].reduce((sum, tally) => sum + tally.tried, 0);
    console.error(`${seconds} of ${Math.round(settings.minutes * 60)} s, ${tried} files tried`);
  }
  let findings = 0;
  for (const [kind, tally] of tallies) {
    const results = [...tally.results].sort(([, a], [, b]) => b - a);
    const slow = `slowest ${Math.round(tally.slowest.milliseconds)} ms (number ${tally.slowest.number})`;
    console.log(`${kind}: ${tally.tried} tried, ${tally.findings} findings, ${slow}`);
    console.log(`  ${results.map(([result, times]) => `${result} ${times}`).join(", ")}`);
    findings += tally.findings;
  }
  if (findings > 0) {
    console.log(`${findings} findings, in ${settings.output}`);
    process.exitCode = 1;
  }
}

/** Lets a thread try inputs for a while; one that hangs or ends it is a finding, and skipped. */
async function slice(kind: Kind, tally: KindTally, milliseconds: number): Promise<void> {
  // Below 0 until the thread has made its seeds.
  const current = new SharedArrayBuffer(4);
  Atomics.store(new Int32Array(current), 0, -1);
  const number = () => Atomics.load(new Int32Array(current), 0);
  const before = process.memoryUsage.rss();
  const worker = new Worker(new URL("./fuzz-worker.js", import.meta.url), {
    workerData: { seed: settings.seed, kind, first: tally.next, milliseconds, current },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let growth = 0;
  const outcome = await new Promise<Report | string>((resolve) => {
    let last = { number: -1, since: performance.now() };
    const watch = setInterval(() => {
      growth = Math.max(growth, (process.memoryUsage.rss() - before) / 2 ** 20);
      if (number() !== last.number) last = { number: number(), since: performance.now() };
      // A try that began in time is reported by the thread itself; this is for one that does not end.
      else if (last.number >= 0 && performance.now() - last.since > 2 * MAX_MILLISECONDS)
        finish("a hang");
    }, 200);
    const finish = (result: Report | string) => {
      clearInterval(watch);
      resolve(result);
    };
    worker.once("message", (message: unknown) => finish(reportSchema.parse(message)));
    worker.once("error", (error) => finish(error.stack ?? error.message));
    worker.once("exit", (code) => finish(`the thread ended with ${code}`));
  });
  await worker.terminate();
  if (growth > MAX_GROWTH_MB) keep(kind, tally, number(), `${Math.round(growth)} MB of memory`);
  if (typeof outcome === "string") {
    keep(kind, tally, number(), outcome);
    tally.tried += Math.max(0, number() - tally.next);
    tally.next = Math.max(tally.next, number() + 1);
    return;
  }
  for (const { number: found, finding } of outcome.findings) keep(kind, tally, found, finding);
  for (const [result, times] of outcome.results) {
    tally.results.set(result, (tally.results.get(result) ?? 0) + times);
  }
  if (outcome.slowest.milliseconds > tally.slowest.milliseconds) tally.slowest = outcome.slowest;
  tally.tried += outcome.next - tally.next;
  tally.next = outcome.next;
}

function keep(kind: Kind, tally: KindTally, number: number, finding: string): void {
  tally.findings++;
  const folder = join(settings.output, `${kind}-seed${settings.seed}-${number}`);
  mkdirSync(folder, { recursive: true });
  writeFiles(folder, kind, fuzzedFiles(settings.seed, kind, number));
  writeFileSync(join(folder, "finding.txt"), `${finding}\n`);
  console.error(`${folder}: ${finding.slice(0, 300)}`);
}

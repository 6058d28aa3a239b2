/** `compare`: methods x seeds x data sets x models, from files to tables, in reading order. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { shellWord } from "../../base/shell-words.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { makeFolder } from "../../platform/files/files.js";
import { holdingFolder } from "../../platform/files/folder-lock.js";
import { processorCount } from "../../platform/machine.js";
import type { Comparison } from "../../results/records/comparison.js";
import { resultTable } from "../../results/report/markdown/tables.js";
import { requireTrackers } from "../../results/trackers/trackers.js";
import { requireSharedPassFits } from "../../run/fine-tune/shared-pass.js";
import { openCommandLog } from "../../run/folder/command-log.js";
import { type PlacedCompareSettings, withComparisonFolder } from "../../run/folder/named-folder.js";
import { requireFreeFolder } from "../../run/folder/run-folder.js";
import { deviceOfJobs } from "../../run/host/device.js";
import type { Host } from "../../run/host/host.js";
import { machineRecord } from "../../run/host/machine.js";
import { usableJobs } from "../../run/host/threads.js";
import { compareCommand } from "../../run/settings/command-line.js";
import type { CompareSettings } from "../../run/settings/schemas.js";
import { type DatasetSource, datasetSources } from "../../run/sources/dataset-sources.js";
import { chosenValues, hasTuned, tunedCells } from "./chosen-values.js";
import { type ComparedInputs, readInputs, scoreAllSwept } from "./compare-data.js";
import { candidates, type PlannedRun, plannedRuns, seedList } from "./compare-runs.js";
import { type Plan, planOf, writePlan } from "./comparison-plan.js";
import { choiceNotes, writeReport } from "./comparison-report.js";
import { requireOwnSettings, type WorkElsewhere } from "./executor/executor.js";
import { requireQueue } from "./executor/queue.js";
import { cancelSlurmJobs } from "./executor/slurm/cancel.js";
import { settleRuns } from "./executor/slurm/settle.js";
import { slurmStatus } from "./executor/slurm/status.js";
import { runTask } from "./executor/slurm/task.js";
import { requireSlurm } from "./executor/slurm.js";
import { mergeParts } from "./merge.js";
import { dealt, withCosts } from "./run-cost.js";
import { runFolderOf, runTicket } from "./run-ticket.js";
import { trainShard } from "./shard.js";
import { type ComparisonStatus, comparisonStatus } from "./status.js";
import { comparedSettings, type Sweep } from "./sweep.js";
import { requireFreshSeeds, sweptRuns } from "./sweep-runs.js";
import { requireModestSweep, tellSweep } from "./sweep-time.js";
import { readTicket } from "./ticket.js";
import { type RunOutcome, type TrainedRuns, trainRuns } from "./train-runs.js";

/** What `compare` wrote; the figures are in results.json of its folder. */
export interface CompareResult {
  readonly outputDir: string;
  /** The files written there. */
  readonly files: readonly string[];
  readonly finished: number;
  readonly failed: number;
  /** Other runs that the command was to have: stopped ones, and those that no merged folder has. */
  readonly missing: number;
  /** The table of results in Markdown. */
  readonly table: string;
  /** What else there is to say, such as what comes next after a shard. */
  readonly notes: readonly string[];
  /** Numbers of the scheduler's jobs, where runs go on without this command. */
  readonly jobs?: readonly number[];
  /** Of `status` and `cancel` alone. */
  readonly status?: ComparisonStatus;
}

/**
 * Trains every method with every seed on every data set from every model, and writes DIR, named after the data if no folder is given: runs/ with a folder for
 * each run, plan.json, results.json, results.md and report.html. Runs that are finished are not repeated and those that were stopped
 * go on, whatever was added to the comparison since: a digest of what decides a run's result says which it is.
 *
 * With `shard` it trains a part of the runs; with `merge` it joins such parts; with `ticket` it trains a single planned run;
 * with `status` it only tells where the runs stand, and with `cancel` it takes them from Slurm.
 *
 * A run that fails is recorded and the others go on. Throws the errors of data sets and models before anything is
 * trained; `interrupted` after a stop on request, when what is finished was written as a partial comparison, in which
 * no difference is tested; `invalid-setting` for two of these, and for a setting of another executor; `output-in-use` while another command works in DIR; and `runs-disagree` for parts that are not of one comparison.
 */
export async function runCompare(
  listed: Readonly<Record<string, unknown>>,
  host: Host,
): Promise<CompareResult> {
  const { settings: given, sweep } = comparedSettings(listed);
  requireOnePurpose(given);
  if (given.ticket !== undefined) return trainTicket(given.ticket, given.outputDir, host);
  if (given.status !== undefined) return tellStatus(given.status, host);
  if (given.cancel !== undefined) {
    const cancelled = await cancelSlurmJobs(given.cancel, host);
    const note = `cancelled ${cancelled}; the same command goes on from what the runs have saved`;
    return { ...(await tellStatus(given.cancel, host)), notes: [note] };
  }
  if (given.merge !== undefined) return merge(given.merge, given.outputDir, host);
  const settings = withComparisonFolder(given, host);
  const { outputDir, shard } = settings;
  const asked = { settings, sweep, listed: { ...listed, outputDir } };
  if (shard !== undefined) {
    // Shards may share a folder: each run has a lock of its own.
    const plan = async () => planRuns(asked, await prepare(asked, host), true);
    return { outputDir, files: [], table: "", ...(await trainShard(shard, settings, plan, host)) };
  }
  return holdingFolder(outputDir, "compare", host, () => compareInFolder(asked, host));
}

/** What a comparison is asked for. */
interface Asked {
  /** With one value each. */
  readonly settings: PlacedCompareSettings;
  readonly sweep: Sweep | undefined;
  /** The settings with the values that are swept, for command and plan. */
  readonly listed: Readonly<Record<string, unknown>>;
}

/** Each makes a command of its own of `compare`. */
const purposes = ["shard", "merge", "status", "cancel", "ticket"] as const;

function requireOnePurpose(given: CompareSettings): void {
  const [first, second] = purposes.filter((name) => given[name] !== undefined);
  if (second === undefined) return;
  const text = `expected --${first} or --${second}, got both`;
  throw new L3MaskingError("invalid-setting", text, {
    hint: "Leave one out: they are commands of their own.",
  });
}

/** A comparison before its runs: what it is made of, and the runs with their settings. */
export interface PlannedComparison {
  readonly plan: Plan;
  readonly runs: readonly PlannedRun[];
  readonly inputs: ComparedInputs;
  /** How many runs are trained at once. */
  readonly jobs: number;
}

/** What the runs of a comparison are planned from. */
interface Prepared {
  readonly sources: readonly DatasetSource[];
  readonly inputs: ComparedInputs;
  readonly runtime: Runtime;
  readonly jobs: number;
}

async function prepare({ settings, sweep }: Asked, host: Host): Promise<Prepared> {
  const { outputDir } = settings;
  requireFreeFolder(outputDir);
  requireOwnSettings(settings);
  // Faults of the lists come before the work on texts.
  seedList(settings.seeds);
  seedList(settings.sweepSeeds);
  candidates(settings);
  if (sweep !== undefined) requireFreshSeeds(settings);
  requireSharedPassFits(settings);
  requireTrackers(settings, host);
  if (settings.executor === "queue") await requireQueue(settings, host);
  if (settings.executor === "slurm") await requireSlurm(settings);
  const sources = await datasetSources(settings, host);
  const runtime = await host.runtime({ threads: settings.threads });
  if (sweep !== undefined) await requireModestSweep(settings, sweep, sources, runtime, host);
  const inputs = await readInputs(settings, sources, runtime, host);
  if (sweep !== undefined) await scoreAllSwept(settings, sweep, sources, runtime, host);

  makeFolder(join(outputDir, "runs"));
  // Elsewhere than in threads there may be more processors.
  const processors = settings.executor === "threads" ? processorCount() : Number.POSITIVE_INFINITY;
  const { jobs, notice } = usableJobs(settings.jobs ?? 1, processors);
  if (notice !== undefined) host.emit(notice);
  return { sources, inputs, runtime, jobs };
}

/**
 * The runs. Of a sweep those that choose, and, once they have ended, those with what they chose; `failedEnds` says whether a failed one has ended or is tried
 * again first.
 */
function planRuns(
  { settings, sweep, listed }: Asked,
  { sources, inputs, runtime, jobs }: Prepared,
  failedEnds: boolean,
): PlannedComparison {
  const { outputDir, metricForBestModel } = settings;
  const existing = readdirSync(join(outputDir, "runs"));
  const threads = Math.max(1, Math.floor(runtime.threads / jobs));
  // Runs elsewhere have a process each.
  const device = deviceOfJobs(settings.device, settings.executor === "threads" ? jobs : 1);
  const place = { ...settings, device };
  const { versions } = machineRecord(runtime);
  const from = { sources, ...inputs };
  if (sweep === undefined) {
    const runs = plannedRuns(place, from, threads, existing);
    return { plan: planOf(listed, inputs, versions, runs), runs, inputs, jobs };
  }
  const tuning = sweptRuns(place, sweep, from, threads, existing, undefined);
  const tuned = hasTuned({ runs: tuning }, outputDir, failedEnds);
  const cells = tuned ? tunedCells({ runs: tuning }, outputDir, metricForBestModel) : [];
  const runs = tuned
    ? sweptRuns(place, sweep, from, threads, existing, chosenValues(cells))
    : tuning;
  const record = { settings: [...sweep.settings], samples: sweep.samples ?? null, tuned };
  return {
    plan: planOf(listed, { ...inputs, masking: [] }, versions, runs, record),
    runs,
    inputs,
    jobs,
  };
}

async function compareInFolder(asked: Asked, host: Host): Promise<CompareResult> {
  const start = host.now();
  const { settings, sweep, listed } = asked;
  const { outputDir } = settings;
  const prepared = await prepare(asked, host);
  const first = planRuns(asked, prepared, false);
  writePlan(outputDir, first.plan);
  if (sweep !== undefined) await tellSweep(asked.settings, sweep, first, prepared, host);
  const commands = openCommandLog(join(outputDir, "commands.jsonl"));
  const log = () => commands.append(compareCommand(listed), (host.now() - start) / 1000);
  const choosing = await trainPlanned(first, first.runs, settings, host);
  const chose =
    first.plan.sweep?.tuned === false &&
    choosing.elsewhere === undefined &&
    !host.cancelled() &&
    hasTuned(first.plan, outputDir, true);
  const planned = chose ? planRuns(asked, prepared, true) : first;
  if (chose) writePlan(outputDir, planned.plan);
  const measuring = planned.runs.filter(({ tuning }) => tuning !== true);
  const told = first.runs.length;
  const measured = chose ? await trainPlanned(planned, measuring, settings, host, told) : undefined;
  const outcomes = [...choosing.outcomes, ...(measured?.outcomes ?? [])];
  const elsewhere = choosing.elsewhere ?? measured?.elsewhere;
  if (elsewhere !== undefined) {
    log();
    return leftToGoOn(outputDir, outcomes, elsewhere, planned.plan);
  }
  const { comparison, files } = await writeReport(planned.plan, outputDir, host);
  log();
  if (comparison.partial) throw interrupted(comparison, outputDir);
  const failed = outcomes.filter(({ state }) => state === "failed").length;
  const notes = choiceNotes(comparison);
  const finished = finishedCount(comparison);
  return { outputDir, files, finished, failed, missing: 0, table: tableOf(comparison), notes };
}

function trainPlanned(
  planned: PlannedComparison,
  some: readonly PlannedRun[],
  settings: PlacedCompareSettings,
  host: Host,
  told = 0,
): Promise<TrainedRuns> {
  const here = settings.executor === "threads";
  // Elsewhere many run at once: the expensive ones first, so that none is left alone at the end.
  const runs = here
    ? some
    : dealt(withCosts({ ...planned, runs: some }), 1, 0).map(({ run }) => run);
  const executing = here ? { ...settings, jobs: planned.jobs } : settings;
  return trainRuns(runs, executing, host, told);
}

/** The finished runs of a comparison, those too that a sweep chose by. */
function finishedCount({ runs, sweep }: Comparison): number {
  return runs.length + (sweep?.cells ?? []).reduce((sum, { seeds }) => sum + seeds.length, 0);
}

/** What is said where runs go on without this command: the report comes when they have ended. */
function leftToGoOn(
  outputDir: string,
  outcomes: readonly RunOutcome[],
  { text, jobs }: WorkElsewhere,
  { sweep }: Plan,
): CompareResult {
  const count = (...states: RunOutcome["state"][]) =>
    outcomes.filter(({ state }) => states.includes(state)).length;
  const notes = [
    text,
    `the report goes to ${join(outputDir, "results.md")} when they have ended`,
    `where they stand: l3masking compare --status ${shellWord(outputDir)}`,
    `to cancel them: l3masking compare --cancel ${shellWord(outputDir)}`,
    ...(sweep?.tuned === false
      ? [
          "they choose the swept settings: when they have ended, the same command trains what they chose",
        ]
      : []),
  ];
  const counts = { finished: count("finished", "reused"), failed: count("failed"), missing: 0 };
  return { outputDir, files: [], ...counts, table: "", notes, jobs };
}

async function merge(
  parts: readonly string[],
  outputDir: string | undefined,
  host: Host,
): Promise<CompareResult> {
  const folder = outputDir ?? (parts.length === 1 ? parts[0] : undefined);
  if (folder === undefined) {
    const text = `expected a folder to join ${parts.length} folders in`;
    throw new L3MaskingError("missing-setting", text, { hint: "Add --output-dir." });
  }
  requireFreeFolder(folder);
  for (const part of parts) await settleRuns(part, host);
  return holdingFolder(folder, "compare", host, async () => {
    const { comparison, files, notes } = await mergeParts(parts, folder, host);
    const failed = comparison.unfinished.filter(({ state }) => state === "failed").length;
    return {
      outputDir: folder,
      files,
      finished: finishedCount(comparison),
      failed,
      missing: comparison.unfinished.length - failed,
      table: tableOf(comparison),
      notes: [...choiceNotes(comparison), ...notes],
    };
  });
}

async function tellStatus(folder: string, host: Host): Promise<CompareResult> {
  const status = comparisonStatus(folder, Date.parse(host.time()));
  const failed = status.failed.reduce((sum, { count }) => sum + count, 0);
  const counts = { finished: status.finished, failed, missing: status.stopped + status.waiting };
  return {
    outputDir: folder,
    files: [],
    ...counts,
    table: "",
    notes: await slurmStatus(folder),
    status,
  };
}

/** The run of one ticket, as a process of an executor trains it. Throws `interrupted` after a stop on request. */
async function trainTicket(
  place: string,
  outputDir: string | undefined,
  host: Host,
): Promise<CompareResult> {
  if (outputDir === undefined) {
    throw new L3MaskingError("missing-setting", "expected the folder of the comparison", {
      hint: "Add --output-dir.",
    });
  }
  const ticket = readTicket(place);
  const end =
    host.slurmTask === undefined
      ? await runTicket(ticket, outputDir, host)
      : await runTask(ticket, outputDir, host.slurmTask, host);
  const run = runFolderOf(ticket, outputDir);
  if (end.state === "interrupted") {
    throw new L3MaskingError("interrupted", `the run in ${run} was stopped`, {
      hint: "Run the same command again: it goes on from the last saved step.",
    });
  }
  if (end.state === "failed") {
    const { code, message, hint } = end.error;
    const text = [`the run in ${run} failed: ${code}: ${message}`, ...(hint ? [hint] : [])];
    host.emit({ type: "notice", level: "warning", text: text.join("\n") });
  }
  const failed = end.state === "failed" ? 1 : 0;
  const counts = { finished: 1 - failed, failed, missing: 0 };
  return { outputDir, files: [], ...counts, table: "", notes: [] };
}

/** The table of results in Markdown, of the test rows if there are any. */
function tableOf(comparison: Comparison): string {
  const { runs } = comparison;
  const rows = runs.some(({ test }) => test !== null) ? "test" : "dev";
  return runs.length === 0 ? "" : resultTable(comparison, rows);
}

function interrupted(comparison: Comparison, outputDir: string): L3MaskingError {
  const { unfinished } = comparison;
  const finished = finishedCount(comparison);
  const written = finished === 0 ? "" : ` Results so far are in ${join(outputDir, "results.md")}.`;
  return new L3MaskingError(
    "interrupted",
    `the comparison was stopped after ${finished} of ${finished + unfinished.length} runs`,
    {
      hint: `Run the same command again: finished runs are kept, the others resume.${written}`,
    },
  );
}

/** What a benchmark gets, and what its sides are made of. */
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type Contender, interleave, type OnRun, type Turns } from "./interleave.js";
import type { Outcome } from "./results.js";
import { openSide, type Side } from "./sides/conversation.js";
import { type WorkFile, writeWork } from "./work/work-file.js";

export interface BenchContext {
  /** Folder of the checkout. */
  readonly root: string;
  /** For work files and models; removed at the end. */
  readonly folder: string;
  readonly threads: number;
  /** Small sizes and few turns: does everything run? */
  readonly quick: boolean;
  /** A Python with the packages of bench/peers/requirements.txt; without it there is no peer. */
  readonly python: string | undefined;
  /** A line for whoever waits. */
  say(text: string): void;
}

/** A line, or a few, of the table in docs/performance.md. */
export interface Benchmark {
  readonly name: string;
  readonly title: string;
  readonly usesPeer: boolean;
  run(context: BenchContext): Promise<Outcome>;
}

/** Which program of bench/peers a kind of work has. */
type PeerProgram = "training" | "likelihood" | "prediction";

/** Both sides over the same work file; the peer is absent without a Python. */
export interface OpenSides {
  readonly ours: Side;
  readonly peer: Side | undefined;
}

let workFiles = 0;

/** Writes the work and opens our side alone. */
export function openOurs(context: BenchContext, work: WorkFile["work"]): Promise<Side> {
  return openSide(ourProgram(context, workPath(context, work)));
}

/** Writes the work and opens the peer's side alone; undefined without a Python. */
export async function openPeer(
  context: BenchContext,
  work: WorkFile["work"],
  program: PeerProgram,
): Promise<Side | undefined> {
  const { python } = context;
  if (python === undefined) return undefined;
  return openSide(peerProgram({ ...context, python }, workPath(context, work), program));
}

/** Opens both sides for as long as `use` works with them. */
export async function withSides<Result>(
  context: BenchContext,
  work: WorkFile["work"],
  program: PeerProgram,
  use: (sides: OpenSides) => Promise<Result>,
): Promise<Result> {
  const path = workPath(context, work);
  const { python } = context;
  const ours = await openSide(ourProgram(context, path));
  let peer: Side | undefined;
  try {
    if (python !== undefined) {
      peer = await openSide(peerProgram({ ...context, python }, path, program));
    }
    return await use({ ours, peer });
  } finally {
    await ours.close();
    await peer?.close();
  }
}

function workPath(context: BenchContext, work: WorkFile["work"]): string {
  workFiles += 1;
  const path = join(context.folder, `work-${workFiles}.json`);
  writeWork(path, { threads: context.threads, work });
  return path;
}

function ourProgram({ root }: BenchContext, path: string) {
  const words = [join(root, "build/bench/sides/ours.js"), path];
  return { name: "our side", command: process.execPath, words, environment: {} };
}

function peerProgram(
  { root, python, threads }: BenchContext & { readonly python: string },
  path: string,
  program: PeerProgram,
) {
  return {
    name: `the peer (${program})`,
    command: python,
    words: [join(root, `bench/peers/${program}.py`), path],
    environment: peerEnvironment(threads),
  };
}

/** For each of the peer's programs. */
export function peerEnvironment(threads: number): Readonly<Record<string, string>> {
  return {
    OMP_NUM_THREADS: String(threads),
    TOKENIZERS_PARALLELISM: "false",
    HF_HUB_OFFLINE: "1",
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

/** Takes turns and tells after each run how long it took and how long the rest will take. */
export function takeTurns(
  context: BenchContext,
  contenders: readonly Contender[],
  turns: Turns,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const start = performance.now();
  const onRun: OnRun = (done, total, last) => {
    if (last === undefined) return;
    const rest = ((performance.now() - start) / 1000 / done) * (total - done);
    context.say(`  ${done}/${total}  ${last.name}: ${last.seconds.toFixed(3)} s${remaining(rest)}`);
  };
  return interleave(contenders, turns, onRun);
}

function remaining(seconds: number): string {
  if (seconds < 1) return "";
  const whole = Math.round(seconds);
  return `, about ${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} left`;
}

/** Where the time of a training step goes: its parts outside the runtime, and the nodes that the runtime ran. */
import * as z from "zod";
import type { Kernels } from "../../src/engine/kernels/kernels.js";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import type { ParameterStore } from "../../src/method/train/parameter-store.js";

/** The part of a step that holds all others. */
export const WHOLE_STEP = "step";

/** Milliseconds by name. */
export type Times = ReadonlyMap<string, number>;

/** Adds up the time of named parts of a step. */
export interface StepClock {
  time<Result>(part: string, work: () => Result): Result;
  timeAsync<Result>(part: string, work: () => Promise<Result>): Promise<Result>;
  /** The parts since the last call. */
  take(): Times;
}

export function stepClock(now: () => number): StepClock {
  let times = new Map<string, number>();
  const add = (part: string, start: number) => {
    times.set(part, (times.get(part) ?? 0) + now() - start);
  };
  return {
    time(part, work) {
      const start = now();
      const result = work();
      add(part, start);
      return result;
    },
    async timeAsync(part, work) {
      const start = now();
      const result = await work();
      add(part, start);
      return result;
    },
    take() {
      const taken = times;
      times = new Map();
      return taken;
    },
  };
}

/** The runtime, with its runs timed as the part "runtime". */
export function timedRuntime(runtime: Runtime, clock: StepClock): Runtime {
  return {
    ...runtime,
    async load(name, ...given) {
      const session = await runtime.load(name, ...given);
      return {
        ...session,
        run: (...given) => clock.timeAsync("runtime", () => session.run(...given)),
      };
    },
  };
}

/** The store, with the kernels of a step timed as the parts "AdamW" and "gradient norm". */
export function timedStore(store: ParameterStore, clock: StepClock): ParameterStore {
  const timed = (kernels: Kernels): Kernels => ({
    ...kernels,
    adamw: (...given) => clock.time("AdamW", () => kernels.adamw(...given)),
    sumOfSquares: (...given) => clock.time("gradient norm", () => kernels.sumOfSquares(...given)),
  });
  return {
    ...store,
    regions: (keyOf) =>
      store.regions(keyOf).map((region) => ({ ...region, kernels: timed(region.kernels) })),
  };
}

const eventSchema = z.looseObject({
  cat: z.string().optional(),
  name: z.string().optional(),
  ts: z.number().optional(),
  dur: z.number().optional(),
  args: z.looseObject({ op_name: z.string().optional() }).optional(),
});

/** A node of a run, and its time in milliseconds. */
export interface RunNode {
  readonly name: string;
  readonly kernel: string;
  readonly milliseconds: number;
}

/** The nodes of each run in the trace of a session, in the order of the runs. */
export function runsOf(trace: unknown): RunNode[][] {
  const events = z.array(eventSchema).parse(trace);
  const starts = events
    .filter((event) => event.name === "model_run")
    .map(({ ts = 0, dur = 0 }) => ({ from: ts, to: ts + dur }))
    .sort((a, b) => a.from - b.from);
  const runs: RunNode[][] = starts.map(() => []);
  for (const { cat, name: event = "", ts = 0, dur = 0, args } of events) {
    if (cat !== "Node" || !event.endsWith(ENDING)) continue;
    const run = starts.findIndex(({ from, to }) => ts >= from && ts <= to);
    if (run < 0) continue;
    const kernel = args?.op_name ?? "unknown";
    runs[run].push({ name: event.slice(0, -ENDING.length), kernel, milliseconds: dur / 1000 });
  }
  return runs;
}

const ENDING = "_kernel_time";

/**
 * What a node belongs to, in words: "backward feed-forward: layerNorm (Mul)". Nodes are named by scope, operation, kernel
 * and number; those of a gradient by the scope and operation that it is the gradient of, before their own operation.
 */
export function groupOf({ name, kernel }: Pick<RunNode, "name" | "kernel">): string {
  const words = name.split("/");
  const backward = words[0] === "gradient";
  const scope = words.slice(backward ? 1 : 0, backward ? -2 : -1);
  const places = scope.filter((word) => !word.startsWith("layer."));
  const operation = places.pop() ?? "";
  const where = places.join("/") || "other";
  return `${backward ? "backward" : "forward"} ${where}: ${operation} (${kernel})`;
}

/**
 * Milliseconds of a step by group. `askedSteps` says which step of the work each step ran, with `passes` runs; of equal
 * steps the least time of each node counts, and of different ones the mean.
 */
export function timesByGroup(
  runs: readonly (readonly RunNode[])[],
  askedSteps: readonly number[],
  passes: number,
): Times {
  const least = new Map<string, { group: string; milliseconds: number }>();
  askedSteps.forEach((step, asked) => {
    for (let pass = 0; pass < passes; pass++) {
      for (const node of runs[asked * passes + pass] ?? []) {
        const key = `${step} ${pass} ${node.name}`;
        const { milliseconds = Number.POSITIVE_INFINITY } = least.get(key) ?? {};
        const best = Math.min(milliseconds, node.milliseconds);
        least.set(key, { group: groupOf(node), milliseconds: best });
      }
    }
  });
  const steps = new Set(askedSteps).size;
  const times = new Map<string, number>();
  for (const { group, milliseconds } of least.values()) {
    times.set(group, (times.get(group) ?? 0) + milliseconds / steps);
  }
  return times;
}

/** As `timesByGroup`, of the parts that each step had. */
export function timesByPart(parts: readonly Times[], askedSteps: readonly number[]): Times {
  const least = new Map<string, number>();
  parts.forEach((times, asked) => {
    for (const [part, milliseconds] of times) {
      const key = JSON.stringify([askedSteps[asked], part]);
      least.set(key, Math.min(least.get(key) ?? Number.POSITIVE_INFINITY, milliseconds));
    }
  });
  const steps = new Set(askedSteps).size;
  const means = new Map<string, number>();
  for (const [key, milliseconds] of least) {
    const [, part] = z.tuple([z.number(), z.string()]).parse(JSON.parse(key));
    means.set(part, (means.get(part) ?? 0) + milliseconds / steps);
  }
  return means;
}

/** Where a training step of minilm spends its time, node by node, beside the bare products. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type BenchContext, type Benchmark, openOurs } from "../benchmark.js";
import type { Figure, Outcome } from "../results.js";
import type { Side } from "../sides/conversation.js";
import { WHOLE_STEP } from "../sides/profile.js";
import { sum } from "../statistics.js";
import { realTokens } from "../work/training-batches.js";
import { minilmMethods, minilmSteps } from "./minilm-step.js";

/** Groups of nodes below this share of a step are added up. */
const SMALLEST_SHARE = 0.005;

export const stepProfileBenchmark: Benchmark = {
  name: "step-profile",
  title: "where a training step of minilm spends its time, 16 texts of about 40 tokens",
  usesPeer: false,
  async run(context) {
    const figures: Figure[] = [];
    const notes: string[] = [];
    for (const method of minilmMethods) {
      const outcome = await profile(context, method);
      figures.push(...outcome.figures);
      notes.push(...outcome.notes);
    }
    return { figures, notes, series: [], versions: {} };
  },
};

async function profile(
  context: BenchContext,
  { name, tasks }: (typeof minilmMethods)[number],
): Promise<Pick<Outcome, "figures" | "notes">> {
  const { quick, threads } = context;
  const sizes = quick ? { steps: 1, turns: 2 } : { steps: 2, turns: 6 };
  const profileFolder = join(context.folder, `profile-${name}`);
  mkdirSync(profileFolder);
  const training = await minilmSteps(context, tasks, sizes.steps);
  const { steps } = training;
  const ours = await openOurs(context, { ...training, profileFolder });
  try {
    await runSteps(context, name, ours, sizes);
    const products: number[] = [];
    for (const step of steps.keys()) {
      products.push((await ours.ask({ do: "products", step })).seconds);
    }
    const { values } = await ours.ask({ do: "profile" });
    const passes = tasks === "both" ? "both" : "main";
    const tokens = sum(steps.map((step) => realTokens(step, passes))) / steps.length;
    const whole = values[WHOLE_STEP];
    return {
      figures: partsOfStep(name, values, sum(products) / steps.length),
      notes: [
        `${name}: ${steps.length} batches of 16 texts of the sample task, ${tokens.toFixed(0)} real tokens each; a step takes ${whole.toFixed(0)} ms of ${threads === 1 ? "processor time" : "the clock"}; of ${sizes.turns - 1} runs of a batch the least time of each node counts`,
      ],
    };
  } finally {
    await ours.close();
  }
}

/** Runs the first steps of a side's work some times, one after the other. */
export async function runSteps(
  { say }: Pick<BenchContext, "say">,
  name: string,
  side: Side,
  { steps, turns }: { readonly steps: number; readonly turns: number },
): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    for (let step = 0; step < steps; step++) await side.ask({ do: "step", step });
    say(`  ${name}: ${turn + 1}/${turns}`);
  }
}

/** The parts of a step as shares of it, the largest first: `values` are its profile, `products` the seconds of the bare ones. */
export function partsOfStep(
  name: string,
  values: Readonly<Record<string, number>>,
  products: number,
): Figure[] {
  const whole = values[WHOLE_STEP];
  const figureOf = (part: string, milliseconds: number): Figure => {
    const share = (100 * milliseconds) / whole;
    return {
      work: `${name}: ${part}`,
      ours: { value: milliseconds, unit: "ms" },
      against: { name: "step", value: whole, unit: "ms" },
      figure: { unit: "%", median: share, low: share, high: share },
      reach: null,
      limit: null,
    };
  };
  const isGroup = (part: string) => /^(forward|backward) /.test(part);
  const inRuntime = values.runtime;
  const nodes = sum(Object.entries(values).flatMap(([part, ms]) => (isGroup(part) ? [ms] : [])));
  const outside = Object.entries(values).filter(
    ([part]) => !isGroup(part) && part !== WHOLE_STEP && part !== "runtime",
  );
  const rest = whole - inRuntime - sum(outside.map(([, ms]) => ms));
  const entries: [string, number][] = [
    ...Object.entries(values).filter(([part]) => isGroup(part)),
    ...outside,
    ["runtime, beside its nodes", inRuntime - nodes],
    ["the rest of the step", rest],
  ];
  const shown = entries.filter(([, ms]) => Math.abs(ms) >= SMALLEST_SHARE * whole);
  const small = sum(entries.map(([, ms]) => ms)) - sum(shown.map(([, ms]) => ms));
  return [
    figureOf("bare products alone", 1000 * products),
    ...[...shown, ["what is smaller, together", small] as const]
      .sort((a, b) => b[1] - a[1])
      .map(([part, ms]) => figureOf(part, ms)),
  ];
}

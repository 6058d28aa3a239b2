/** The most memory a training step takes, of a fresh process: at once, and in smaller micro-batches. */

import { modelParameters } from "../../src/model/heads.js";
import { elementCount } from "../../src/model/parameters.js";
import { type BenchContext, type Benchmark, openOurs, openPeer } from "../benchmark.js";
import { atMost, WITHOUT_PEER } from "../figures.js";
import type { Figure } from "../results.js";
import type { Side } from "../sides/conversation.js";
import { median } from "../statistics.js";
import { loadSource } from "../work/model.js";
import { split } from "../work/training-batches.js";
import type { TrainingWork } from "../work/work-file.js";
import { fullTraining } from "./training-step.js";

/** Gigabytes that were measured before; half of it is asked for too. */
const REACH = 7.1;
const PEER_VARIANTS = ["float32 all", "float32 selected", "bfloat16 selected"];

/** Peak of a process that has made some steps, in GB, and the seconds of a step. */
async function measured(side: Side | undefined, steps: number, variant?: string) {
  if (side === undefined) return undefined;
  try {
    const times: number[] = [];
    for (let step = 0; step < steps; step++) {
      const request = { do: "step", step: 0, ...(variant !== undefined && { variant }) };
      times.push((await side.ask(request)).seconds);
    }
    const { values } = await side.ask({ do: "memory" });
    return { gigabytes: values.peakBytes / 1e9, seconds: median(times) };
  } finally {
    await side.close();
  }
}

/** Bytes of weights, gradients and two moments. */
async function stateBytes({ model, classes }: TrainingWork): Promise<number> {
  const { spec } = await loadSource(model);
  const parameters = modelParameters(spec, { mlmHead: true, classes });
  return 16 * parameters.reduce((total, parameter) => total + elementCount(parameter), 0);
}

/** The second step finds the moments in place and repeats the peak. */
const STEPS = 2;

export const trainingMemoryBenchmark: Benchmark = {
  name: "training-memory",
  title: "peak memory of the training step, 32 x 128; a setting for half of it",
  usesPeer: true,
  async run(context: BenchContext) {
    const { quick } = context;
    const sizes = quick ? { texts: 8, length: 32, steps: 1 } : { texts: 32, length: 128, steps: 1 };
    const training = await fullTraining(context, sizes);
    const [[whole]] = training.steps;
    const state = (await stateBytes(training)) / 1e9;
    const figures: Figure[] = [];
    const notes: string[] = [];

    const others: string[] = [];
    let peer: { name: string; value: number; unit: "GB" } | null = null;
    let versions: Readonly<Record<string, string>> = {};
    for (const variant of PEER_VARIANTS) {
      const side = await openPeer(context, training, "training");
      versions = side?.versions ?? versions;
      const found = await measured(side, STEPS, variant);
      if (found === undefined) continue;
      const { gigabytes, seconds } = found;
      context.say(`  transformers ${variant}: ${gigabytes.toFixed(2)} GB`);
      others.push(`${variant} ${gigabytes.toFixed(2)} GB (${seconds.toFixed(2)} s a step)`);
      if (peer === null || gigabytes < peer.value) {
        peer = { name: `transformers ${variant}`, value: gigabytes, unit: "GB" };
      }
    }
    notes.push(others.length > 0 ? `the peer's variants: ${others.join(", ")}` : WITHOUT_PEER);

    for (const size of [sizes.texts, sizes.texts / 2, sizes.texts / 4, sizes.texts / 8]) {
      const micros = split(whole, size);
      const side = await openOurs(context, { ...training, steps: [micros] });
      const found = await measured(side, STEPS);
      if (found === undefined) continue;
      const { gigabytes, seconds } = found;
      context.say(`  ours, micro-batches of ${size}: ${gigabytes.toFixed(2)} GB`);
      const setting = `--batch-size ${size} --gradient-accumulation-steps ${micros.length}`;
      const reach = size === sizes.texts ? REACH : size === sizes.texts / 8 ? REACH / 2 : null;
      figures.push({
        work: `peak memory, step of ${sizes.texts} x ${sizes.length}, \`${setting}\` (${seconds.toFixed(2)} s a step)`,
        ours: { value: gigabytes, unit: "GB" },
        against: size === sizes.texts ? peer : null,
        figure: { unit: "GB", median: gigabytes, low: gigabytes, high: gigabytes },
        reach: reach === null ? null : atMost(reach),
        limit: {
          name: "weights, gradients and moments",
          value: state,
          unit: "GB",
          share: state / gigabytes,
        },
      });
    }
    notes.push(`VmHWM of a fresh process after ${STEPS} steps`);
    return { figures, notes, series: [], versions: { ...versions } };
  },
};

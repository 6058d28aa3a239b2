/** The training step over texts of real lengths, where the peer pads each batch to its longest text and we pack. */
import { join } from "node:path";
import { loadTokenizer } from "../../src/text/load.js";
import type { BenchContext, Benchmark } from "../benchmark.js";
import { atLeast, type Reach } from "../figures.js";
import { quickModel, randomModel, robertaBase, shippedModel } from "../work/model.js";
import { benchTexts } from "../work/texts.js";
import { epochSteps } from "../work/training-batches.js";
import type { ModelSource } from "../work/work-file.js";
import { compareTraining, type TrainingPlan } from "./training-comparison.js";

const MAX_LENGTH = 128;

interface Sizes {
  readonly batchSize: number;
  readonly warmups: number;
  readonly turns: number;
}

async function lengthPlan(
  { root }: BenchContext,
  model: ModelSource,
  size: string,
  { batchSize, warmups, turns }: Sizes,
  float32: Reach,
): Promise<TrainingPlan> {
  const { source, texts, labels, classes } = await benchTexts(root);
  const tokenizer = await loadTokenizer(join(root, "models/minilm"));
  const encodings = texts.map((text) => tokenizer.encode(text, MAX_LENGTH));
  const lengths = encodings.map(({ ids }) => ids.length).sort((a, b) => a - b);
  const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
  return {
    work: `multi-task training step, ${batchSize} texts of real lengths, ${size}, per real token`,
    training: {
      kind: "training",
      model,
      classes,
      learningRate: 1e-5,
      steps: epochSteps(encodings, labels, tokenizer, { batchSize, steps: warmups + turns }),
    },
    turns: { warmups, turns },
    reach: { float32, bfloat16: null },
    notes: [
      `lengths of ${source} under the tokenizer of models/minilm, cut at ${MAX_LENGTH}: mean ${mean.toFixed(1)}, longest ${lengths.at(-1)}; each turn has a batch of its own; the peer pads to the longest text of the batch`,
    ],
  };
}

export const lengthsBenchmark: Benchmark = {
  name: "lengths",
  title: "the same over ACL-ARC's lengths, batch 32, RoBERTa-base size",
  usesPeer: true,
  async run(context) {
    const { quick } = context;
    const model = randomModel(quick ? quickModel : robertaBase);
    const sizes = quick
      ? { batchSize: 8, warmups: 1, turns: 2 }
      : { batchSize: 32, warmups: 1, turns: 6 };
    const size = quick ? "a tiny model" : "RoBERTa-base size";
    return compareTraining(context, await lengthPlan(context, model, size, sizes, atLeast(4)));
  },
};

export const miniLengthsBenchmark: Benchmark = {
  name: "lengths-minilm",
  title: "the same at minilm size",
  usesPeer: true,
  async run(context) {
    const { quick, root } = context;
    const sizes = quick
      ? { batchSize: 2, warmups: 0, turns: 1 }
      : { batchSize: 32, warmups: 3, turns: 40 };
    const model = shippedModel(root);
    return compareTraining(context, await lengthPlan(context, model, "minilm", sizes, atLeast(3)));
  },
};

/** The training step with nothing to gain from padding: 16 texts of 128 tokens, all real. */

import { loadTokenizer } from "../../src/text/load.js";
import type { BenchContext, Benchmark } from "../benchmark.js";
import { atLeast } from "../figures.js";
import { quickModel, randomModel, robertaBase } from "../work/model.js";
import { fullText } from "../work/texts.js";
import { microBatch } from "../work/training-batches.js";
import type { TrainingWork } from "../work/work-file.js";
import { compareTraining } from "./training-comparison.js";

const CLASSES = 6;

export interface FullBatches {
  readonly texts: number;
  readonly length: number;
  readonly steps: number;
}

/** Steps of random tokens without padding. */
export async function fullTraining(
  { root, quick }: BenchContext,
  { texts, length, steps }: FullBatches,
): Promise<TrainingWork> {
  const tokenizer = await loadTokenizer(`${root}/models/minilm`);
  const labels = Array.from({ length: texts }, (_, text) => text % CLASSES);
  return {
    kind: "training",
    model: randomModel(quick ? quickModel : robertaBase),
    classes: CLASSES,
    learningRate: 1e-5,
    steps: Array.from({ length: steps }, (_, step) => {
      const encodings = labels.map((_, text) => fullText(length, tokenizer, step * texts + text));
      return [microBatch(encodings, labels, tokenizer, step)];
    }),
  };
}

export const trainingStepBenchmark: Benchmark = {
  name: "training-step",
  title: "multi-task training step, 16 x 128 all real tokens",
  usesPeer: true,
  async run(context) {
    const { quick } = context;
    const sizes = quick ? { texts: 4, length: 32, steps: 3 } : { texts: 16, length: 128, steps: 6 };
    return compareTraining(context, {
      work: `multi-task training step, ${sizes.texts} x ${sizes.length} all real tokens`,
      training: await fullTraining(context, sizes),
      turns: quick ? { warmups: 1, turns: 2 } : { warmups: 1, turns: 5 },
      reach: { float32: atLeast(2.7), bfloat16: atLeast(1) },
      notes: [],
    });
  },
};

/** The steps that most people wait for: minilm on short texts, classification alone and with masked tokens. */
import { join } from "node:path";
import { loadTokenizer } from "../../src/text/load.js";
import type { BenchContext, Benchmark } from "../benchmark.js";
import { atLeast } from "../figures.js";
import { quickModel, randomModel, shippedModel } from "../work/model.js";
import { sampleTexts } from "../work/texts.js";
import { epochSteps } from "../work/training-batches.js";
import type { TrainingWork } from "../work/work-file.js";
import { compareTraining } from "./training-comparison.js";

const BATCH_SIZE = 16;
const MAX_LENGTH = 128;

/** The methods whose steps these are. */
export const minilmMethods = [
  { name: "stl", tasks: "classification" },
  { name: "multi-task", tasks: "both" },
] as const;

/** Steps of minilm over batches of 16 texts of the sample task, with 40 tokens in the mean. */
export async function minilmSteps(
  { root, quick }: Pick<BenchContext, "root" | "quick">,
  tasks: "both" | "classification",
  steps: number,
): Promise<TrainingWork> {
  const { texts, labels, classes } = sampleTexts(root);
  const tokenizer = await loadTokenizer(join(root, "models/minilm"));
  const encodings = texts.map((text) => tokenizer.encode(text, MAX_LENGTH));
  return {
    kind: "training",
    tasks,
    model: quick ? randomModel(quickModel) : shippedModel(root),
    classes,
    learningRate: 1e-5,
    steps: epochSteps(encodings, labels, tokenizer, { batchSize: BATCH_SIZE, steps }),
  };
}

export const minilmStepBenchmarks: readonly Benchmark[] = minilmMethods.map(({ name, tasks }) => ({
  name: `minilm-${name}`,
  title: `${name} training step of minilm, 16 texts of about 40 tokens`,
  usesPeer: true,
  async run(context) {
    const turns = context.quick ? { warmups: 0, turns: 1 } : { warmups: 1, turns: 5 };
    return compareTraining(context, {
      work: `${name} training step, minilm, ${BATCH_SIZE} texts of about 40 tokens`,
      training: await minilmSteps(context, tasks, turns.warmups + turns.turns),
      turns,
      reach: { float32: atLeast(2), bfloat16: atLeast(1) },
      notes: [],
    });
  },
}));

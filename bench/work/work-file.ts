/** The work of a benchmark as a file that both sides read: ids, lengths, labels, masks. */
import { readFileSync, writeFileSync } from "node:fs";
import * as z from "zod";

const ids = z.array(z.int());

const modelSource = z.strictObject({
  /** config.json of a model with random weights; null where a folder has one. */
  config: z.record(z.string(), z.union([z.string(), z.number()])).nullable(),
  /** Folder of a masked language model. */
  maskedFolder: z.string().nullable(),
  /** Folder of a sequence classifier, for its head. */
  classifierFolder: z.string().nullable(),
});

const microBatch = z.strictObject({
  main: z.strictObject({ texts: z.array(ids), labels: ids }),
  /** Masked texts, the positions of their selected tokens, and what stood there. */
  auxiliary: z.strictObject({ texts: z.array(ids), targets: z.array(ids), labels: ids }),
});

const trainingWork = z.strictObject({
  kind: z.literal("training"),
  /** Both where absent. */
  tasks: z.enum(["both", "classification"]).optional(),
  /** Where the runtime leaves the time of every node. */
  profileFolder: z.string().optional(),
  model: modelSource,
  classes: z.int(),
  /** Each a list of micro-batches. */
  steps: z.array(z.array(microBatch)),
  learningRate: z.number(),
});

const likelihoodWork = z.strictObject({
  kind: z.literal("likelihood"),
  model: modelSource,
  maskId: z.int(),
  texts: z.array(z.strictObject({ ids, wordIds: ids })),
  /** Most tokens in a call of ours. */
  tokenBudget: z.int(),
  /** Masked copies in a batch of the peer's. */
  copies: z.int(),
});

const predictionWork = z.strictObject({
  kind: z.literal("prediction"),
  /** Folder of a sequence classifier with its tokenizer. */
  folder: z.string(),
  texts: z.array(z.string()),
  maxLength: z.int(),
});

const preparationWork = z.strictObject({
  kind: z.literal("preparation"),
  model: modelSource,
  tokenizerFolder: z.string(),
  texts: z.array(z.string()),
  classes: z.int(),
  batchSize: z.int(),
  maxLength: z.int(),
});

const workSchema = z.strictObject({
  threads: z.int(),
  work: z.discriminatedUnion("kind", [
    trainingWork,
    likelihoodWork,
    predictionWork,
    preparationWork,
  ]),
});

export type ModelSource = z.infer<typeof modelSource>;
export type BenchMicroBatch = z.infer<typeof microBatch>;
export type TrainingWork = z.infer<typeof trainingWork>;
export type LikelihoodWork = z.infer<typeof likelihoodWork>;
export type PredictionWork = z.infer<typeof predictionWork>;
export type PreparationWork = z.infer<typeof preparationWork>;
export type WorkFile = z.infer<typeof workSchema>;

export function writeWork(path: string, file: WorkFile): void {
  writeFileSync(path, JSON.stringify(file));
}

export function readWork(path: string): WorkFile {
  return workSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

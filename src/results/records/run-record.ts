/** config.json of a run: how it was made. */
import { z } from "zod";
import { AUTO, methods } from "../../method/methods.js";
import { list } from "./measures.js";

export const methodName = z.enum(methods.map(({ name }) => name));

export const modelOrigin = z.object({
  /** `org/name` on the hub. */
  repository: z.string(),
  /** The requested branch, tag or commit. */
  revision: z.string(),
  commit: z.string(),
});

/** The repository and commit that a model came from. */
export type ModelOrigin = z.infer<typeof modelOrigin>;

/** Of any run: at least its settings. */
export const runRecord = z.looseObject({
  /** `FOLDER_FORMAT` of the version that wrote it. */
  format: z.int().exactOptional(),
  settings: z.record(z.string(), z.unknown()),
});

export type RunRecord = z.infer<typeof runRecord>;

const rows = z.number();

/** Of a training run: every setting resolved, and what the run was made from. */
export const trainingRecord = z.looseObject({
  settings: z.looseObject({
    method: z.enum([AUTO, ...methodName.options]),
    taskWeights: z.string(),
    seed: z.int(),
    model: z.string(),
    trainFile: z.string(),
    validationFile: z.string().optional(),
    testFile: z.string().optional(),
  }),
  /** The hub repository and commit of the model, if it came from there. */
  model_origin: modelOrigin.exactOptional(),
  /** Absent where no encoder was trained, like the next. */
  checkpoint_digest: z.string().exactOptional(),
  tokenizer_digest: z.string().exactOptional(),
  data_digest: z.string(),
  /** What `auto` chooses from. */
  candidates: list(methodName).exactOptional(),
  /** Of the texts for the auxiliary task alone, if there are any. */
  unlabelled_digest: z.string().exactOptional(),
  /** Of the general texts that the task's are held against, if they are. */
  general_digest: z.string().exactOptional(),
  /** Of the module of the user's own strategy, if it masks by one. */
  strategy_digest: z.string().exactOptional(),
  labels: list(z.string()).refine((labels) => labels.length > 0, "expected labels"),
  rows: z.object({ train: rows, dev: rows, test: rows, unlabelled: rows.exactOptional() }),
});

export type TrainingRecord = z.infer<typeof trainingRecord>;

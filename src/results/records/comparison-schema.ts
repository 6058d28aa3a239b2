/** results.json checked as it is read: the form of `Comparison`, at the edge where files come in. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { methods } from "../../method/methods.js";
import { type Comparison, rowSets } from "./comparison.js";

const count = z.number().int().min(0);
const fraction = z.number().min(0).max(1);
const counts = z.record(z.string(), count);
const candidate = {
  method: z.enum(methods.map(({ name }) => name)),
  task_weights: z.string().nullable(),
};
const runKey = { ...candidate, dataset: z.string(), model: z.string(), seed: count };
const taskValues = z.object({ main: z.number(), auxiliary: z.number() });

const machine = z.object({
  platform: z.string(),
  architecture: z.string(),
  processor: z.string(),
  processors: count,
  memory_bytes: z.number(),
  versions: z.record(z.string(), z.string()),
});

const wall = z.object({
  this_command_seconds: z.number(),
  all_commands_seconds: z.number(),
  runs_seconds: z.number(),
});

const dataset = z.object({
  name: z.string(),
  files: z.object({ train: z.string(), dev: z.string().nullable(), test: z.string().nullable() }),
  notes: z.array(z.string()),
  labels: z.array(z.string()).min(1),
  rows: z.object({ train: count, dev: count, test: count, leak_free: count }),
  excluded: counts,
  digest: z.string(),
});

/** What a model does not see of texts as they were written, by split. */
export const splitTextCounts = z.record(
  z.string(),
  z.object({
    texts: count,
    truncated_texts: count,
    truncated_tokens: count,
    unknown_words: count,
    texts_without_tokens: count,
    repeated_texts: count,
  }),
);

const model = z.object({
  name: z.string(),
  folder: z.string(),
  family: z.string(),
  layers: count,
  hidden_size: count,
  checkpoint_digest: z.string(),
  tokenizer_digest: z.string(),
});

const labelMetrics = z.object({
  precision: fraction,
  recall: fraction,
  f1: fraction,
  support: count,
});

const rowSetMetrics = z.object({
  rows: count,
  accuracy: fraction,
  macro_f1: fraction,
  per_label: z.record(z.string(), labelMetrics),
  confusion: z.array(z.array(count)),
});

const run = z.object({
  ...runKey,
  folder: z.string(),
  digest: z.string(),
  reused: z.boolean(),
  best_step: count,
  steps: count,
  stop_reason: z.enum(["steps", "patience"]),
  dev: z.object({ accuracy: fraction, macro_f1: fraction, loss: z.number() }),
  test: rowSetMetrics.nullable(),
  leak_free: rowSetMetrics.nullable(),
  dev_curve: z.array(
    z.object({
      step: count,
      loss: z.number(),
      accuracy: fraction,
      macro_f1: fraction,
      best: z.boolean(),
    }),
  ),
  training_curve: z.array(
    z.object({
      step: count,
      main_loss: z.number().nullable(),
      auxiliary_loss: z.number().nullable(),
      learning_rate: z.number(),
      task_weights: taskValues,
      cosines: taskValues.nullable(),
    }),
  ),
  timing: z.object({
    scoring_seconds: z.number(),
    training_seconds: z.number(),
    tokens_per_second: z.number(),
  }),
  excluded: counts,
  text_counts: splitTextCounts.default({}),
});

const unfinished = z.object({
  ...runKey,
  folder: z.string(),
  digest: z.string(),
  state: z.enum(["failed", "interrupted", "waiting"]),
  error: z
    .object({ code: z.string(), message: z.string(), hint: z.string().nullable() })
    .nullable(),
});

const spread = z.object({ mean: z.number(), std: z.number().nullable(), n: count });
const cellMetrics = z.object({ accuracy: spread, macro_f1: spread });

const cell = z.object({
  ...candidate,
  dataset: z.string(),
  model: z.string(),
  seeds: z.array(count).min(1),
  test: cellMetrics.nullable(),
  leak_free: cellMetrics.nullable(),
  dev: cellMetrics,
  best_step: z.number(),
  training_seconds: z.number(),
});

const tested = { p: fraction, p_holm: fraction };
const interval = { confidence: z.literal(0.95), low: z.number(), high: z.number() };

const pairedTests = z.object({
  differences: z.array(z.number()),
  difference: z.number(),
  bootstrap: z.object({ ...tested, ...interval, samples: count }),
  sign_flip: z.object({ ...tested, smallest_p: fraction }).nullable(),
  t_test: z.object({ ...tested, ...interval, t: z.number(), degrees: count }).nullable(),
});

const paired = z.object({
  dataset: z.string(),
  model: z.string(),
  rows: z.enum(rowSets),
  a: z.object(candidate),
  b: z.object(candidate),
  seeds: z.array(count),
  row_count: count,
  accuracy: pairedTests,
  macro_f1: pairedTests,
  mcnemar: z.array(z.object({ ...tested, seed: count, only_a: count, only_b: count })),
  notes: z.array(z.string()),
});

const maskedTokens = z.array(
  z.object({
    token: z.string(),
    occurrences: count,
    expected_l3: z.number(),
    expected_rtm: z.number(),
  }),
);

/** What L3Masking selects in a data set; masking.json of a run. */
export const maskingSchema = z.object({
  dataset: z.string(),
  model: z.string(),
  texts: count,
  tokens: count,
  budget: fraction,
  l3_mean: fraction,
  histogram: z.object({ edges: z.array(z.number()), l3: z.array(count), rtm: z.array(count) }),
  most_by_l3: maskedTokens,
  most_by_rtm: maskedTokens,
  raised_by_l3: maskedTokens,
  lowered_by_l3: maskedTokens,
});

const comparisonSchema: z.ZodType<Comparison> = z.object({
  format: z.literal("l3masking-comparison"),
  version: z.literal(1),
  partial: z.boolean().default(false),
  command: z.string(),
  settings: z.record(z.string(), z.unknown()),
  machine,
  wall,
  datasets: z.array(dataset),
  models: z.array(model),
  runs: z.array(run),
  unfinished: z.array(unfinished),
  cells: z.array(cell),
  paired: z.array(paired),
  masking: z.array(maskingSchema),
  notes: z.array(z.string()),
});

/** The text of results.json. Throws `data-format` naming what is not as it should be. */
export function parseComparison(text: string, path: string): Comparison {
  try {
    return comparisonSchema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new L3MaskingError("data-format", `${path} is not what a comparison writes: ${reason}`, {
      hint: "The file was changed or is of another version: start the comparison again, finished runs are kept.",
      cause,
    });
  }
}

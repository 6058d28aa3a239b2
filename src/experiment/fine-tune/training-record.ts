/** config.json of a training run: how it was made, checked as it is read. */
import { join } from "node:path";
import { z } from "zod";
import { L3MaskingError } from "../../errors.js";
import { readRunRecord } from "./run-folder.js";

const recordSchema = z.looseObject({
  settings: z.looseObject({
    method: z.enum(["stl", "rtm", "l3"]),
    taskWeights: z.string(),
    seed: z.number().int(),
    model: z.string(),
    trainFile: z.string(),
    validationFile: z.string().optional(),
    testFile: z.string().optional(),
  }),
  checkpoint_digest: z.string(),
  tokenizer_digest: z.string(),
  data_digest: z.string(),
  labels: z.array(z.string()).min(1),
  rows: z.object({ train: z.number(), dev: z.number(), test: z.number() }),
});

export type TrainingRecord = z.infer<typeof recordSchema>;

/**
 * The record of a training run. Throws `checkpoint-missing` for a folder without one, and `data-format` for what other commands
 * write.
 */
export function readTrainingRecord(folder: string): TrainingRecord {
  const parsed = recordSchema.safeParse(readRunRecord(folder));
  if (parsed.success) return parsed.data;
  throw new L3MaskingError(
    "data-format",
    `${join(folder, "config.json")} is not what a training run writes: ${z.prettifyError(parsed.error)}`,
    { hint: "Name the --output-dir of train or compare; other commands have no report." },
  );
}

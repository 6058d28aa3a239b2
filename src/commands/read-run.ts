/** A finished training run as data: for a program that shows it. */
import type { z } from "zod";
import type { TrainedRun } from "../results/report/pages/run.js";
import { readTrainedRun } from "../run/folder/trained-run.js";
import { reportSchema } from "../run/settings/schemas.js";

export const readRunSchema = reportSchema.pick({ folder: true });

/** What `report` would draw. Throws `file-missing` for a folder without a finished run, and `data-format` for damaged files. */
export async function runReadRun({ folder }: z.output<typeof readRunSchema>): Promise<TrainedRun> {
  return readTrainedRun(folder);
}

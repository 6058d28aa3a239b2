/** What classifiers answered to held-out texts, kept in the run's folder fold by fold until the run is finished. */
import { z } from "zod";
import { findText } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { writeJson } from "../folder/run-folder.js";

const schema = z.object({
  /** Of the training texts held out. */
  rows: z.array(z.int().min(0)),
  /** [rows, C], row-major */
  logits: z.array(z.number()),
});

export type FoldAnswers = z.infer<typeof schema>;

/** Folder of the answers inside that of the run. */
export const foldsFolder = "folds";

/** The answers to a fold by a candidate: those that are kept, else those that `answer` gives, which are then kept. */
export async function keptAnswers(
  outputDir: string,
  candidate: string,
  fold: number,
  answer: () => Promise<FoldAnswers>,
): Promise<FoldAnswers> {
  const name = `${candidate}-${fold}.json`;
  const text = findText(join(outputDir, foldsFolder, name));
  const known = text === undefined ? undefined : parsed(text);
  if (known !== undefined) return known;
  const answers = await answer();
  writeJson(join(outputDir, foldsFolder), name, answers);
  return answers;
}

/** Undefined for a damaged file, whose fold is then done again, with the same result. */
function parsed(text: string): FoldAnswers | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

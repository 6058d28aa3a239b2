/** The vanilla model of a trained classifier: named, or the one that its run started from. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { L3MaskingError } from "../../errors.js";
import { readRunRecord } from "../fine-tune/run-folder.js";
import type { Host } from "../host.js";
import { type LoadedModel, loadModel, requireMlmHead } from "../inputs/vanilla.js";

const recordSchema = z.object({
  settings: z.looseObject({ model: z.string() }),
  model_origin: z.object({ repository: z.string(), commit: z.string() }).optional(),
  checkpoint_digest: z.string(),
});

/** What the run of a classifier recorded: where it started, and with which settings. */
export interface StartedRun extends z.infer<typeof recordSchema> {
  readonly folder: string;
}

/** The run that a classifier's folder is the `model` of; undefined for other folders. */
export function runOfClassifier(folder: string): StartedRun | undefined {
  const path = resolve(folder);
  const run = dirname(path);
  if (basename(path) !== "model" || !existsSync(join(run, "config.json"))) return undefined;
  // Another program's config.json may lie there too.
  const parsed = recordSchema.safeParse(readRunRecord(run));
  return parsed.success ? { ...parsed.data, folder: dirname(folder) } : undefined;
}

/**
 * Loads the vanilla model called `name`, or without a name the one that the run started from. Throws `missing-setting`
 * where neither is known, `checkpoint-missing` where the run's is no longer there, `invalid-setting` where it has other
 * weights by now, and what `loadModel` and `requireMlmHead` throw.
 */
export async function loadVanilla(
  name: string | undefined,
  run: StartedRun | undefined,
  host: Host,
): Promise<{ readonly name: string; readonly model: LoadedModel }> {
  const chosen = name ?? (run === undefined ? undefined : startingModel(run));
  if (chosen === undefined) {
    throw new L3MaskingError(
      "missing-setting",
      "expected a vanilla model to score the tokens with: the classifier is not the model/ of a run's folder, so it is not known which it was trained from",
      { hint: "Give --vanilla-model: the folder or repository that training started from." },
    );
  }
  const model = await loadModel(chosen, host);
  requireMlmHead(model);
  if (run !== undefined && model.digest !== run.checkpoint_digest) {
    const difference = `${chosen} has other weights than the model that the run in ${run.folder} started from`;
    if (name === undefined) {
      throw new L3MaskingError(
        "invalid-setting",
        `expected the vanilla model of the run: ${difference}`,
        {
          hint: `Give --vanilla-model ${chosen} to take it as it is now.`,
        },
      );
    }
    host.emit({ type: "notice", level: "warning", text: difference });
  }
  return { name: chosen, model };
}

/** What the run called its model, at the same commit where it came from the hub. */
function startingModel({ settings, model_origin: origin, folder }: StartedRun): string {
  if (origin !== undefined) return `${origin.repository}@${origin.commit}`;
  // A folder that is gone must not be looked for on the hub, where something else may have its name.
  if (existsSync(settings.model)) return settings.model;
  throw new L3MaskingError(
    "checkpoint-missing",
    `expected the vanilla model ${settings.model}, which the run in ${folder} started from, but nothing is there`,
    { hint: "Give its folder with --vanilla-model; paths start at the current folder." },
  );
}

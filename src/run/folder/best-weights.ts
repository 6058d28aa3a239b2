/** What a resumed run needs later, looked for at its beginning: the last state, and the journal and best weights that belong to it. */
import { L3MaskingError } from "../../base/errors.js";
import { weightsDigest } from "../../model/checkpoint/save.js";
import { WEIGHTS } from "../../model/checkpoint/written.js";
import { changedFiles, listedChecksums } from "../../platform/files/durable-folder.js";
import { join } from "../../platform/paths.js";
import type { Host } from "../host/host.js";
import { doneLines, openSavedStates, type RunState } from "./saved-state.js";

/** Where the best encoder of a run is kept; the second while others compete with it. */
const places = ["model", "encoder"];

/**
 * Looks for an intact state of the run in DIR, the journal of its steps, and the best weights that it refers to. Others in their place are those of a later
 * evaluation, if the run was killed right after it, which is then done again; their checksums tell. Where there are no checksums, as earlier
 * versions wrote none, a warning tells of other weights.
 *
 * Throws `checkpoint-format` where there are states and none is intact, and for best weights that are not there or were changed; and
 * `data-format` for a journal that was edited.
 */
export function requireIntactRun(outputDir: string, host: Pick<Host, "emit">): void {
  const state = openSavedStates(join(outputDir, "state")).lastIntact();
  if (state === undefined) return;
  doneLines(join(outputDir, "journal.jsonl"), state.step, stageOf(state));
  requireBestWeights(state, outputDir, host);
}

/** The stage in which a state was saved. */
export function stageOf({ firstStage }: RunState): 1 | 2 {
  return firstStage === undefined ? 1 : 2;
}

function requireBestWeights(state: RunState, outputDir: string, host: Pick<Host, "emit">): void {
  if (state.bestWeights === undefined) return;
  const step = state.best?.step ?? state.step;
  const found = places.flatMap((name) => {
    const folder = join(outputDir, name);
    const digest = weightsDigest(folder);
    return digest === undefined ? [] : [{ folder, digest, listed: listedChecksums(folder) }];
  });
  if (found.length === 0) throw lost(outputDir, step, "none");
  const meant = found.find(({ digest }) => digest === state.bestWeights);
  for (const { folder, listed } of meant === undefined ? found : [meant]) {
    // Beside the weights that are meant, those of a later evaluation may be listed already.
    for (const { name, fault } of listed === undefined ? [] : changedFiles(folder, listed)) {
      if (name !== WEIGHTS || meant === undefined)
        throw lost(outputDir, step, `others: ${fault}`, folder);
    }
  }
  if (meant !== undefined || found.some(({ listed }) => listed !== undefined)) return;
  const text = `${found[0].folder} has other weights than the state after step ${state.step} refers to; this is right if the run was killed just after an evaluation, otherwise it cannot end: start it again in another --output-dir`;
  host.emit({ type: "notice", level: "warning", text });
}

function lost(
  outputDir: string,
  step: number,
  got: string,
  folder = join(outputDir, places[0]),
): L3MaskingError {
  return new L3MaskingError(
    "checkpoint-format",
    `expected the best weights so far, of step ${step}, in ${folder}, got ${got}`,
    {
      hint: `Put back the folder as it was, or delete ${join(outputDir, "state")} to start the run from its first step.`,
    },
  );
}

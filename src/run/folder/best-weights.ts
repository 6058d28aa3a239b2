/** The weights that a resumed run needs at its end, looked for at its beginning. */
import { L3MaskingError } from "../../base/errors.js";
import { weightsDigest } from "../../model/checkpoint/save.js";
import { join } from "../../platform/paths.js";
import type { Host } from "../host/host.js";
import { openSavedStates } from "./saved-state.js";

/** Where the best encoder of a run is kept; the second while others compete with it. */
const places = ["model", "encoder"];

/**
 * Looks for the best weights that the last state of a run in DIR refers to. Throws `checkpoint-format` where there are none. Others
 * in their place are those of a later evaluation, if the run was killed right after it, which is then done again; but they may
 * also have been changed, so a warning tells of them.
 */
export function requireBestWeights(outputDir: string, host: Pick<Host, "emit">): void {
  const state = openSavedStates(join(outputDir, "state")).last();
  if (state?.bestWeights === undefined) return;
  const digests = places.flatMap((name) => weightsDigest(join(outputDir, name)) ?? []);
  if (digests.includes(state.bestWeights)) return;
  const folder = join(outputDir, places[0]);
  if (digests.length === 0) {
    throw new L3MaskingError(
      "checkpoint-format",
      `expected the best weights so far, of step ${state.best?.step ?? state.step}, in ${folder}, got none`,
      {
        hint: `Put the folder back, or delete ${join(outputDir, "state")} to start the run from its first step.`,
      },
    );
  }
  const text = `${folder} has other weights than the state after step ${state.step} refers to; this is right if the run was killed just after an evaluation, otherwise it cannot end: start it again in another --output-dir`;
  host.emit({ type: "notice", level: "warning", text });
}

/** How texts are packed into rows for a model. */
import type { PackOptions } from "../../method/batch/pack.js";
import type { ModelSpec } from "../../model/spec.js";

/** Rows as long as the model can read at most. */
export function packOptions(spec: ModelSpec): PackOptions {
  return {
    padId: spec.padId,
    firstPosition: spec.firstPosition,
    hiddenSize: spec.hiddenSize,
    maxSlots: spec.maxPositions - spec.firstPosition,
  };
}

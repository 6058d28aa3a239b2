/**
 * The weights of the main and the auxiliary loss.
 *
 * Reference: Dery et al. 2022, "Should We Be Pre-training? An Argument for End-task Aware Training as an
 * Alternative" (MT-TARTAN: equal weights).
 */
import type { TaskWeights } from "./step.js";

/** equal: 1/2 each; a task that runs alone has weight 1. */
export function equalTaskWeights(tasks: {
  readonly main: boolean;
  readonly auxiliary: boolean;
}): TaskWeights {
  const both = tasks.main && tasks.auxiliary;
  return {
    main: tasks.main ? (both ? 0.5 : 1) : 0,
    auxiliary: tasks.auxiliary ? (both ? 0.5 : 1) : 0,
  };
}

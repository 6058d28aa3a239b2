/**
 * The weights of the main and the auxiliary loss: fixed, or learned.
 *
 * Reference: Dery et al. 2022, "Should We Be Pre-training? An Argument for End-task Aware Training as an
 * Alternative" (MT-TARTAN: equal weights; META-TARTAN: learned ones).
 */

/** Weights of the two losses; they sum to 1. A task that does not run has weight 0. */
export interface TaskWeights {
  readonly main: number;
  readonly auxiliary: number;
}

/**
 * w_aux = `auxiliaryWeight`, 1/2 where absent, and w_main = 1 - w_aux; a task that runs alone has weight 1, one that does not
 * run 0.
 */
export function fixedTaskWeights(
  tasks: { readonly main: boolean; readonly auxiliary: boolean },
  auxiliaryWeight = 0.5,
): TaskWeights {
  if (tasks.main && tasks.auxiliary) {
    return { main: 1 - auxiliaryWeight, auxiliary: auxiliaryWeight };
  }
  return { main: tasks.main ? 1 : 0, auxiliary: tasks.auxiliary ? 1 : 0 };
}

/** What meta-learning keeps from step to step, and all of it: a_main and a_auxiliary, before the softmax. */
export interface MetaState {
  readonly main: number;
  readonly auxiliary: number;
}

/** Where meta-learning starts: weights of 1/2 each. */
export const initialMetaState: MetaState = { main: 0.5, auxiliary: 0.5 };

/** The cosine between the dev gradient and the gradient of each task, in [-1, 1]. */
export interface TaskCosines {
  readonly main: number;
  readonly auxiliary: number;
}

/** w = softmax(a): w_k = exp(a_k) / (exp(a_main) + exp(a_auxiliary)). */
export function metaTaskWeights({ main, auxiliary }: MetaState): TaskWeights {
  const share = 1 / (1 + Math.exp(auxiliary - main));
  return { main: share, auxiliary: 1 - share };
}

/**
 * a_k <- a_k - learningRate * (-c_k): a task whose gradient points where the dev gradient points gains weight.
 * `cosines` are those of the step.
 */
export function updatedMetaState(
  state: MetaState,
  cosines: TaskCosines,
  learningRate: number,
): MetaState {
  return {
    main: state.main + learningRate * cosines.main,
    auxiliary: state.auxiliary + learningRate * cosines.auxiliary,
  };
}

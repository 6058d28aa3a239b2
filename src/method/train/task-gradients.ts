/**
 * The gradients of single tasks, for learned task weights. Each task adds its body gradient to the slot "task" of the
 * parameter store, where it is compared with the dev gradient in the slot "dev" and then moved into "gradient". Every
 * operation here is one pass of a kernel over the whole body.
 */
import type { ParameterStore } from "./parameter-store.js";

/** Slots that a parameter store needs beside those of training: 8 bytes a parameter. */
export const metaSlots = ["task", "dev"] as const;

/** An array for each parameter name. */
type ArrayOf = (name: string) => Float32Array<ArrayBuffer>;

/** Where the training programs of both tasks put their gradients: the body's in "task", the heads' in "gradient". */
export function taskGradients(store: ParameterStore): ArrayOf {
  const isBody = bodyNames(store);
  return (name) => (isBody.has(name) ? store.view("task", name) : store.gradient(name));
}

/**
 * The weights and gradients of the dev pass: `store`'s body, its gradient in "dev", under another classification head.
 * What the session holds beside them, the masked-LM head, has no part in the pass.
 */
export function devArrays(
  store: ParameterStore,
  head: ParameterStore,
): { readonly weights: ArrayOf; readonly gradients: ArrayOf } {
  const isBody = bodyNames(store);
  const isHead = new Set(head.parameters.map(({ name }) => name));
  return {
    weights: (name) => (isHead.has(name) ? head.weight(name) : store.weight(name)),
    gradients(name) {
      if (isBody.has(name)) return store.view("dev", name);
      return isHead.has(name) ? head.gradient(name) : store.gradient(name);
    },
  };
}

export interface BodyGradients {
  clearDev(): void;
  devNorm(): number;
  /**
   * The cosine between the dev gradient, whose norm is given, and the task's gradient over all body parameters as one
   * vector; 0 where either gradient is 0. The task's gradient is then added to "gradient" and cleared.
   */
  takeTask(devNorm: number): number;
}

/** The gradients of `store`'s body. Sums are float64. Throws `graph-invalid` for a store without `metaSlots`. */
export function bodyGradients(store: ParameterStore): BodyGradients {
  const runs = store
    .regions(({ part }) => (part === "body" ? part : undefined))
    .map(({ kernels, count, offset, view }) => ({
      kernels,
      count,
      sum: offset("gradient"),
      task: offset("task"),
      dev: offset("dev"),
      taskValues: view("task"),
      devValues: view("dev"),
    }));
  return {
    clearDev() {
      for (const { devValues } of runs) devValues.fill(0);
    },
    devNorm() {
      let squares = 0;
      for (const { kernels, dev, count } of runs) squares += kernels.sumOfSquares(dev, count);
      return Math.sqrt(squares);
    },
    takeTask(devNorm) {
      let dot = 0;
      let squares = 0;
      for (const { kernels, count, sum, task, dev, taskValues } of runs) {
        dot += kernels.dotProduct(dev, task, count);
        squares += kernels.sumOfSquares(task, count);
        kernels.addScaled(sum, task, count, 1);
        taskValues.fill(0);
      }
      const norms = devNorm * Math.sqrt(squares);
      return norms === 0 ? 0 : dot / norms;
    },
  };
}

function bodyNames(store: ParameterStore): ReadonlySet<string> {
  return new Set(store.parameters.filter(({ part }) => part === "body").map(({ name }) => name));
}

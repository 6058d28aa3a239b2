/**
 * The gradients of single tasks, for learned task weights. Each task adds its body gradient to the slot "task" of the
 * parameter store, where it is compared with the dev gradient in the slot "dev" and then moved into "gradient". Every
 * operation here is one pass of a kernel over the whole body.
 */
import type { Parameter } from "../../model/parameters.js";
import type { ParameterStore } from "./parameter-store.js";

/** Slots that a parameter store needs beside those of training: 8 bytes a parameter. */
export const metaSlots = ["task", "dev"] as const;

/** Where training programs of both tasks put their gradients: those of the body in "task", those of the heads in "gradient". */
export function taskSlots({ parameters }: Pick<ParameterStore, "parameters">): SlotOf {
  const isBody = bodyNames(parameters);
  return (name) => (isBody.has(name) ? "task" : "gradient");
}

/** The slot that the gradient of a parameter is in. */
type SlotOf = (parameter: string) => string;

export interface BodyGradients {
  clearDev(): void;
  devNorm(): Promise<number>;
  /**
   * The cosine between the dev gradient, whose norm is given, and the task's gradient over all body parameters as one
   * vector; 0 where either gradient is 0. The task's gradient is then added to "gradient" and cleared.
   */
  takeTask(devNorm: number): Promise<number>;
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
    async devNorm() {
      let squares = 0;
      for (const { kernels, dev, count } of runs) squares += kernels.sumOfSquares(dev, count);
      return Math.sqrt(squares);
    },
    async takeTask(devNorm) {
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

/** Names of the parameters of the body. */
export function bodyNames(parameters: readonly Parameter[]): ReadonlySet<string> {
  return new Set(parameters.filter(({ part }) => part === "body").map(({ name }) => name));
}

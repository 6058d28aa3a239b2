/** What training programs read and write, and what they give back. */

import { type Feeds, scalarOutput } from "../../engine/program.js";
import type { HeldArray, NamedArrays } from "../../engine/runtime/runtime.js";

/** Fills the keep mask of a dropout site for the current pass: `count` bytes of 0 or 1. */
export type KeepMask = (site: string, count: number) => Uint8Array;

/** Parameter values by canonical name: views of the host that are read in place, or what the device holds now. */
export type PresentWeights = (name: string) => Float32Array | HeldArray;

/** What a training program reads and writes. */
export interface TrainingArrays {
  readonly weights: PresentWeights;
  /** Gradient arrays by canonical name: added to, never cleared here. */
  readonly gradients: PresentWeights;
  readonly keepMask: KeepMask;
  /** Present where gradients are held by the device, which makes its own dropout masks. */
  readonly device?: DeviceGradients;
}

export interface DeviceGradients {
  /** Puts a sum in the place of the gradient that is in it. */
  replaceGradient(name: string, sum: HeldArray): void;
  /** The seed of a dropout site in the current pass. */
  seedOf(site: string): number;
}

/** Of one pass of a task, with dropout. */
export interface TaskSums {
  /** Sum of the losses of its texts or selected tokens, in nats. */
  readonly lossSum: number;
  /** How many of them the model had right. */
  readonly correct: number;
}

/**
 * One pass: runs the program and adds its gradients to the arrays, but for `unread` outputs, whose gradients it leaves as they
 * are. `feeds` has what the tasks read, `lossScales` a number for each task. Gives the sums of a task by its name.
 */
export type TrainingPass = (
  feeds: Feeds,
  lossScales: Readonly<Record<string, number>>,
  sizes: Readonly<Record<string, number>>,
  unread?: ReadonlySet<string>,
) => Promise<(task: string) => TaskSums>;

/** A loaded training program, to be bound to arrays. */
export interface TrainingProgram {
  bind(arrays: TrainingArrays): TrainingPass;
  dispose(): Promise<void>;
}

/** The feeds of loss scales. */
export function scaleFeeds(lossScales: Readonly<Record<string, number>>): Feeds {
  const scales = Object.entries(lossScales);
  return Object.fromEntries(
    scales.map(([task, scale]) => [`lossScale.${task}`, Float32Array.of(scale)]),
  );
}

/** The sums of each task among the outputs of a pass. */
export function taskSums(outputs: NamedArrays): (task: string) => TaskSums {
  return (task) => ({
    lossSum: scalarOutput(outputs, `lossSum.${task}`),
    correct: scalarOutput(outputs, `correct.${task}`),
  });
}

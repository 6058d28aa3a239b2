/**
 * The output of frozen layers for the training texts, computed once: they drop nothing, so it is the same in every epoch, and a step
 * starts from it. Only where texts are read as they are: masks are drawn anew in every epoch.
 */
import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { evaluationBatches } from "../../method/batch/order.js";
import { packOptions, packTexts } from "../../method/batch/pack.js";
import { hasAuxiliaryTask, isLinear } from "../../method/methods.js";
import { compileFrozenStates } from "../../method/program/frozen-states.js";
import type { Weights } from "../../method/program/weight-feeds.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding } from "../../text/encoding.js";
import type { Host } from "../host/host.js";
import type { FineTuneSettings } from "./recipe.js";
import { stepsPerEpoch } from "./task-batches.js";
import { trainingSteps } from "./training-length.js";

/** Of each row of the main task: hidden states [tokens, H], or of the first token alone [1, H] where no layer is trained. */
export type FrozenStates = readonly Float32Array[];

/** The most that is kept in memory; a fixed number, so that a run does the same on every machine. */
export const MOST_BYTES = 2 * 2 ** 30;

/** Tokens of a batch: with 1024 it took a quarter less processor time than with 8192, which the caches of a processor do not hold. */
const BATCH_TOKENS = 1024;

export type FreezeSettings = Pick<
  FineTuneSettings,
  | "method"
  | "freezeLayers"
  | "batchSize"
  | "gradientAccumulationSteps"
  | "numTrainEpochs"
  | "maxSteps"
  | "adaptationEpochs"
  | "seed"
>;

/** What the output of the frozen layers takes, for rows of so many tokens. */
export function frozenStatesBytes(
  { freezeLayers }: FreezeSettings,
  { layers, hiddenSize }: ModelSpec,
  lengths: ArrayLike<number>,
): number {
  const states =
    freezeLayers === layers
      ? lengths.length
      : Array.from(lengths).reduce((total, length) => total + length, 0);
  return 4 * hiddenSize * states;
}

/** Is the output of the frozen layers the same in every epoch, and read in more than one? */
export function readsFrozenStates(settings: FreezeSettings, rows: number): boolean {
  const { method, freezeLayers = 0 } = settings;
  if (hasAuxiliaryTask(method) || isLinear(method) || freezeLayers === 0) return false;
  const perEpoch = stepsPerEpoch(rows, settings);
  return trainingSteps(perEpoch, settings) > perEpoch;
}

/** And does it fit? */
export function keepsFrozenStates(
  settings: FreezeSettings,
  spec: ModelSpec,
  lengths: ArrayLike<number>,
): boolean {
  const bytes = frozenStatesBytes(settings, spec, lengths);
  return readsFrozenStates(settings, lengths.length) && bytes <= MOST_BYTES;
}

/**
 * The output for the rows of the main task, or for some of them; undefined where it is computed in every step instead. Texts are batched by
 * length alone, so a resumed run gets the same. Throws `interrupted` after a stop on request. `onBatch` is told how many rows are done.
 */
export async function computeFrozenStates(
  { spec, weights }: { readonly spec: ModelSpec; readonly weights: Weights },
  encodings: readonly Encoding[],
  settings: FreezeSettings,
  runtime: Runtime,
  cancelled: Host["cancelled"],
  { rows = encodings.keys(), onBatch = () => undefined }: FrozenRows = {},
): Promise<FrozenStates | undefined> {
  const { freezeLayers = 0 } = settings;
  const lengths = encodings.map(({ ids }) => ids.length);
  if (!keepsFrozenStates(settings, spec, lengths)) return undefined;
  const program = await compileFrozenStates(runtime, spec, freezeLayers, weights);
  const chosen = Array.from(rows);
  const found: Float32Array[] = [];
  let done = 0;
  try {
    const chosenLengths = chosen.map((row) => lengths[row]);
    for (const portion of evaluationBatches(chosenLengths, BATCH_TOKENS)) {
      if (cancelled()) throw stopped();
      const ofBatch = Array.from(portion, (index) => chosen[index]);
      const texts = ofBatch.map((row) => encodings[row].ids);
      const batch = packTexts(texts, packOptions(spec));
      const states = await program.states(batch);
      ofBatch.forEach((row, text) => {
        const first = batch.firstSlots[text];
        const end = first + (freezeLayers === spec.layers ? 1 : lengths[row]);
        found[row] = states.slice(first * spec.hiddenSize, end * spec.hiddenSize);
      });
      done += portion.length;
      onBatch(done);
    }
  } finally {
    await program.dispose();
  }
  return found;
}

export interface FrozenRows {
  /** All where absent. */
  readonly rows?: Iterable<number>;
  readonly onBatch?: (done: number) => void;
}

function stopped(): L3MaskingError {
  return new L3MaskingError("interrupted", "stopped while the frozen layers read the texts", {
    hint: "Resume with the same command and --resume.",
  });
}

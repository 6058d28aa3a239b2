/** A classifier's attributions, batch by batch, in the order of the texts. */

import type { Runtime } from "../../engine/runtime/runtime.js";
import { evaluationBatches, inExampleOrder } from "../../method/batch/order.js";
import { packOptions, packTexts } from "../../method/batch/pack.js";
import { type AttributionInput, compileAttribution } from "../../method/program/attribution.js";
import type { PresentWeights } from "../../method/program/training-arrays.js";
import type { FixedWeights } from "../../method/program/weight-feeds.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding } from "../../text/encoding.js";
import { joinedWindows } from "../../text/long-texts.js";
import { allWindows } from "./windows.js";

/** Tokens that go through the gradient at once; their activations are kept. */
const BATCH_TOKENS = 1024;

/** A trained classifier as a program needs it. */
export interface ClassifierParts {
  readonly spec: ModelSpec;
  /** How many labels there are. */
  readonly classes: number;
  readonly weights: PresentWeights | FixedWeights;
}

/**
 * Of each text, the attributions [n] of its n tokens to the logit of its label in `labelIds` [N]; see `attributionGraph`. Of a text in
 * windows, those of `wholeText` to the mean of the windows' logits.
 * `onTexts` is told how many texts are done.
 */
export async function textAttributions(
  parts: ClassifierParts,
  encodings: readonly Encoding[],
  labelIds: Int32Array,
  input: AttributionInput,
  runtime: Runtime,
  onTexts: (done: number) => void = () => undefined,
): Promise<readonly Float32Array[]> {
  const { windows, counts } = allWindows(encodings);
  const told = (done: number) => onTexts(Math.floor((done / windows.length) * counts.length));
  const ofWindows = Int32Array.from(
    counts.flatMap((count, text) => new Array<number>(count).fill(labelIds[text])),
  );
  const found = await windowAttributions(parts, windows, ofWindows, input, runtime, told);
  let next = 0;
  return counts.map((count) => {
    const ofText = found.slice(next, next + count);
    next += count;
    return Float32Array.from(joinedWindows(ofText), (value) => value / count);
  });
}

async function windowAttributions(
  { spec, classes, weights }: ClassifierParts,
  encodings: readonly Encoding[],
  labelIds: Int32Array,
  input: AttributionInput,
  runtime: Runtime,
  onTexts: (done: number) => void,
): Promise<readonly Float32Array[]> {
  const program = await compileAttribution(runtime, spec, classes, weights, input);
  try {
    const portions = evaluationBatches(
      encodings.map(({ ids }) => ids.length),
      BATCH_TOKENS,
    );
    const results: Float32Array[][] = [];
    let done = 0;
    for (const portion of portions) {
      const rows = Array.from(portion, (text) => encodings[text].ids);
      const batch = packTexts(rows, packOptions(spec));
      const found = await program.attributions(
        batch,
        portion.map((text) => labelIds[text]),
      );
      results.push(
        rows.map(({ length }, text) => {
          const first = batch.firstSlots[text];
          return found.slice(first, first + length);
        }),
      );
      done += portion.length;
      onTexts(done);
    }
    return inExampleOrder(portions, results);
  } finally {
    await program.dispose();
  }
}

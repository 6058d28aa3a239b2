/** Batches of both tasks as lists of ids, so that each side lays them out as it does. */

import { randomStream } from "../../src/base/random.js";
import { batches, epochOrder } from "../../src/method/batch/order.js";
import { maskTokens } from "../../src/method/masking/corrupt.js";
import { uniformProbabilities } from "../../src/method/masking/probabilities.js";
import type { Encoding, Tokenizer } from "../../src/text/encoding.js";
import type { BenchMicroBatch } from "./work-file.js";

/** p of the paper: the share of the tokens that is selected. */
const BUDGET = 0.15;

/** A micro-batch: the texts with their labels, and the same texts masked at random (0.8 / 0.1 / 0.1). */
export function microBatch(
  encodings: readonly Encoding[],
  labels: readonly number[],
  tokenizer: Tokenizer,
  seed: number,
): BenchMicroBatch {
  const random = randomStream(seed, "mask");
  const masked = encodings.map((encoding, text) =>
    maskTokens(encoding, uniformProbabilities(encoding, BUDGET), {
      random: random.split(text),
      maskId: tokenizer.special.mask,
      vocabularySize: tokenizer.vocabularySize,
      specialIds: tokenizer.specialIds,
    }),
  );
  return {
    main: { texts: encodings.map(({ ids }) => Array.from(ids)), labels: [...labels] },
    auxiliary: {
      texts: masked.map(({ ids }) => Array.from(ids)),
      targets: masked.map(({ targets }) => Array.from(targets)),
      labels: masked.flatMap((text) => Array.from(text.labels)),
    },
  };
}

/** The first `steps` full batches of an epoch in random order, one micro-batch a step. */
export function epochSteps(
  encodings: readonly Encoding[],
  labels: readonly number[],
  tokenizer: Tokenizer,
  { batchSize, steps }: { readonly batchSize: number; readonly steps: number },
): BenchMicroBatch[][] {
  const order = epochOrder(encodings.length, randomStream(0, "order"), 0);
  const portions = batches(order, batchSize).filter(({ length }) => length === batchSize);
  return portions.slice(0, steps).map((portion, step) => [
    microBatch(
      Array.from(portion, (text) => encodings[text]),
      Array.from(portion, (text) => labels[text]),
      tokenizer,
      step,
    ),
  ]);
}

/** Tokens of a step that are no padding: of the main task, or of both together. */
export function realTokens(step: readonly BenchMicroBatch[], tasks: "main" | "both"): number {
  return step
    .flatMap(({ main, auxiliary }) => [...main.texts, ...(tasks === "both" ? auxiliary.texts : [])])
    .reduce((total, text) => total + text.length, 0);
}

/** Splits each step into micro-batches of `size` texts: the same texts, the same masks. */
export function split(step: BenchMicroBatch, size: number): BenchMicroBatch[] {
  const count = Math.ceil(step.main.texts.length / size);
  const lengths = step.auxiliary.targets.map(({ length }) => length);
  const labelStart = (text: number) => lengths.slice(0, text).reduce((a, b) => a + b, 0);
  return Array.from({ length: count }, (_, part) => {
    const [from, to] = [part * size, (part + 1) * size];
    return {
      main: { texts: step.main.texts.slice(from, to), labels: step.main.labels.slice(from, to) },
      auxiliary: {
        texts: step.auxiliary.texts.slice(from, to),
        targets: step.auxiliary.targets.slice(from, to),
        labels: step.auxiliary.labels.slice(labelStart(from), labelStart(to)),
      },
    };
  });
}

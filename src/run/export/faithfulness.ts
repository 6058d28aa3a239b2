/** An exported file beside the classifier that it was made from. */

import { L3MaskingError } from "../../base/errors.js";
import { randomStream } from "../../base/random.js";
import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import type { ArrayValue, NamedArrays, Runtime } from "../../engine/runtime/runtime.js";
import { evaluationBatches, inExampleOrder } from "../../method/batch/order.js";
import { packOptions, tokenTypesOf } from "../../method/batch/pack.js";
import type { ExportPrecision } from "../../method/program/exported.js";
import type { ModelSpec } from "../../model/spec.js";
import { predictedLabels } from "../../results/metrics/metrics.js";
import type { Tokenizer } from "../../text/encoding.js";

/** How far a file's logits are from those of the classifier, over the texts of a check. */
export interface ExportDifference {
  /** Of a single logit. */
  readonly largest: number;
  /** Texts that get the same label. */
  readonly equalLabels: number;
  readonly texts: number;
}

/**
 * Largest difference of a logit, as a share of the largest logit (at least 1), that a faithful file has. Sums in another order
 * stay far below the first; in fewer bits models differ, so the others only tell a working file from a broken one.
 */
const bounds: Readonly<Record<ExportPrecision, number>> = {
  float32: 1e-3,
  float16: 0.05,
  int8: 0.5,
};

/** Tokens of a padded batch. Small, so that the file is run with several sizes of batch and of padding. */
const BATCH_TOKENS = 512;

/**
 * Logits [N, C] of texts (ids, special tokens included) from the bytes of an exported file, fed as other programs do: padded
 * on the right. `onTexts` is told how many texts are done. Throws `runtime-failed` for a file that does not run.
 */
export async function exportedLogits(
  bytes: Uint8Array,
  spec: ModelSpec,
  texts: readonly Int32Array[],
  runtime: Runtime,
  onTexts: (done: number) => void = () => undefined,
): Promise<Float32Array> {
  const portions = evaluationBatches(
    texts.map((ids) => ids.length),
    BATCH_TOKENS,
  );
  const session = await runtime.load("exported classifier", bytes);
  const rows: Float32Array[][] = [];
  let done = 0;
  try {
    for (const portion of portions) {
      const batch = paddedInputs(
        Array.from(portion, (index) => texts[index]),
        spec,
      );
      const { arrays } = await session.run(batch, ["logits"]);
      const { logits } = arrays;
      if (logits.type !== "float32") throw notLogits(logits.type);
      const classes = logits.data.length / portion.length;
      rows.push(
        Array.from(portion, (_, row) => logits.data.slice(row * classes, (row + 1) * classes)),
      );
      done += portion.length;
      onTexts(done);
    }
  } finally {
    await session.dispose();
  }
  return Float32Array.from(inExampleOrder(portions, rows).flatMap((row) => Array.from(row)));
}

/** `input_ids`, `attention_mask` and, for BERT, `token_type_ids`: int64 [texts, longest]. */
function paddedInputs(texts: readonly Int32Array[], spec: ModelSpec): NamedArrays {
  const slots = Math.max(...texts.map((ids) => ids.length));
  const { pairSeparator } = packOptions(spec);
  const types = new Map(texts.map((ids) => [ids, tokenTypesOf(ids, pairSeparator)]));
  const filled = (value: (ids: Int32Array, slot: number) => number): ArrayValue => ({
    type: "int64",
    shape: [texts.length, slots],
    data: BigInt64Array.from(
      texts.flatMap((ids) => Array.from({ length: slots }, (_, slot) => BigInt(value(ids, slot)))),
    ),
  });
  return {
    input_ids: filled((ids, slot) => ids[slot] ?? spec.padId),
    attention_mask: filled((ids, slot) => Number(slot < ids.length)),
    ...(spec.family.tokenTypes && {
      token_type_ids: filled((ids, slot) => types.get(ids)?.[slot] ?? 0),
    }),
  };
}

/** The difference of logits [N, C], both row-major. NaN counts as infinitely far. */
export function differenceOf(
  expected: Float32Array,
  found: Float32Array,
  space: LabelSpace,
  thresholds?: readonly number[],
): ExportDifference {
  let largest = 0;
  expected.forEach((value, index) => {
    const difference = Math.abs(value - found[index]);
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  });
  const texts = expected.length / labelCount(space);
  if (!Number.isFinite(largest)) return { largest, equalLabels: 0, texts };
  const wanted = predictedLabels(expected, space, thresholds);
  const got = predictedLabels(found, space, thresholds);
  return {
    largest,
    equalLabels: wanted.filter((label, text) => label === got[text]).length,
    texts,
  };
}

/** Throws `export-mismatch` for a file whose logits are not those of the classifier. */
export function requireFaithful(
  file: string,
  precision: ExportPrecision,
  { largest }: ExportDifference,
  expected: Float32Array,
): void {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const bound = bounds[precision] * scale;
  if (largest <= bound) return;
  throw new L3MaskingError(
    "export-mismatch",
    `expected the logits of ${file} to be within ${bound.toPrecision(2)} of the classifier's, got a difference of ${largest.toPrecision(3)}`,
    {
      hint:
        precision === "float32"
          ? "Run `l3masking doctor`; if it finds no problem, report this message. Nothing was written."
          : `Remove ${precision} from --precisions; this model loses too much in it.`,
    },
  );
}

/** Texts of a check that was given none. */
const SAMPLES = 32;
const LONGEST_SAMPLE = 64;

/**
 * Texts of random tokens, or pairs of them, of lengths from 3 to 64 or the longest that the classifier reads: ids, special tokens included.
 */
export function sampledTexts(tokenizer: Tokenizer, maxLength: number): readonly Int32Array[] {
  const random = randomStream(0, "export");
  const { special, specialIds, vocabularySize, pairSeparators = 0 } = tokenizer;
  const between = new Array<number>(pairSeparators).fill(special.last);
  const longest = Math.min(LONGEST_SAMPLE, maxLength);
  const token = (): number => {
    const id = random.integer(vocabularySize);
    return specialIds.has(id) ? token() : id;
  };
  return Array.from({ length: SAMPLES }, (_, index) => {
    const inner = 1 + Math.round((index * (longest - 3 - between.length)) / (SAMPLES - 1));
    const tokens = Array.from({ length: inner }, token);
    tokens.splice(Math.ceil(inner / 2), 0, ...between);
    return Int32Array.from([special.first, ...tokens, special.last]);
  });
}

function notLogits(type: string): L3MaskingError {
  return new L3MaskingError("export-mismatch", `expected logits in float32, got ${type}`, {
    hint: "Run `l3masking doctor`; if it finds no problem, report this message.",
  });
}

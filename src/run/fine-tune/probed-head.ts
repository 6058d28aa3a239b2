/**
 * A classification head that starts as a linear probe of the vanilla model, so that fine-tuning begins where logistic regression on
 * frozen features ends, and not at chance.
 *
 *     logits = W f(s h) + b
 *
 * with the hidden state h of a text's first token and what the family's head does after its dense layer, such as f = tanh. The dense
 * layer starts as s times the identity; W and b are those of logistic regression on the training texts. Reference: Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features and Underperform
 * Out-of-Distribution" (linear probing, then fine-tuning).
 */
import { L3MaskingError } from "../../base/errors.js";
import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { compileTextFeatures } from "../../method/program/inference.js";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import { fitLogisticRegression } from "../../model/linear/logistic-regression.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding } from "../../text/encoding.js";
import type { Host } from "../host/host.js";
import { rowsOfEncodings } from "../inference/classify.js";

/** s: hidden states of a LayerNorm are about 1 in size, where tanh is still far from its limits. */
const SCALE = 0.5;
/** scikit-learn's default C. */
const INVERSE_STRENGTH = 1;

export interface ProbedTexts {
  readonly encodings: readonly Encoding[]; // [N]
  readonly labelIds: ArrayLike<number>; // [N]
  /** At least two labels; where each text has one, every label has a text. */
  readonly space: LabelSpace;
}

/**
 * Fills the classification head of `store`, whose body has the vanilla model's weights. Throws `interrupted` after a stop on request.
 * `onBatch` is told how many texts are read.
 */
export async function probeHead(
  store: ParameterStore,
  spec: ModelSpec,
  { encodings, labelIds, space }: ProbedTexts,
  evalTokens: number,
  runtime: Runtime,
  cancelled: Host["cancelled"],
  onBatch: (done: number) => void = () => undefined,
): Promise<void> {
  const stopIfAsked = () => {
    if (cancelled()) throw stopped();
  };
  const size = spec.hiddenSize;
  const dense = store.weight("classification.dense.weight").fill(0); // [H, H]
  for (let i = 0; i < size; i++) dense[i * size + i] = SCALE;
  const denseBias = "classification.dense.bias";
  if (store.parameters.some(({ name }) => name === denseBias)) store.weight(denseBias).fill(0);
  const program = await compileTextFeatures(runtime, spec, store.weight, "last layer");
  const read = rowsOfEncodings(program.features, spec, encodings, evalTokens, (done) => {
    stopIfAsked();
    onBatch(done);
  });
  const features = await read.finally(program.dispose);
  const columns = Int32Array.from({ length: size }, (_, column) => column);
  const rows = encodings.map((_, row) => ({
    columns,
    values: features.subarray(row * size, (row + 1) * size),
  }));
  const sizes = { labels: space, columns: size, inverseStrength: INVERSE_STRENGTH };
  const { weights, intercepts } = fitLogisticRegression(rows, labelIds, sizes, stopIfAsked);

  const out = store.weight("classification.out.weight"); // [C, H]
  const bias = store.weight("classification.out.bias"); // [C]
  // Of two labels the regression has one vector v, for the difference of their logits: -v/2 and v/2.
  const vectors = intercepts.length;
  for (let label = 0; label < labelCount(space); label++) {
    const part = vectors === 1 ? label - 0.5 : 1;
    const vector = vectors === 1 ? 0 : label;
    bias[label] = part * intercepts[vector];
    for (let i = 0; i < size; i++) {
      out[label * size + i] = part * weights[i * vectors + vector];
    }
  }
}

function stopped(): L3MaskingError {
  return new L3MaskingError("interrupted", "stopped while the classification head was prepared", {
    hint: "Resume with the same command and --resume.",
  });
}

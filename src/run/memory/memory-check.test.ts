import { describe, expect, it } from "vitest";
import { parseModelConfig } from "../../model/checkpoint/config.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding } from "../../text/encoding.js";
import { resolveSettings, type TrainOptions, trainSchema } from "../settings/schemas.js";
import { type CheckedRun, checkMemory, formatBytes } from "./memory-check.js";
import { runSizes } from "./run-sizes.js";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** 4 layers of 256 in RoBERTa's layout. */
const miniConfig = {
  model_type: "roberta",
  architectures: ["RobertaForMaskedLM"],
  vocab_size: 16_384,
  hidden_size: 256,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  intermediate_size: 1024,
  max_position_embeddings: 514,
  type_vocab_size: 1,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  initializer_range: 0.02,
  layer_norm_eps: 1e-5,
  pad_token_id: 1,
};
const miniSpec = parseModelConfig(miniConfig, "the mini size");
const baseSpec = parseModelConfig(
  {
    ...miniConfig,
    vocab_size: 50265,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
  },
  "the base size",
);
/** 4 bytes for each of 85,054,464 parameters in 12 layers, 39,000,576 in embeddings, 642,393 in the masked-LM head. */
const BASE_CHECKPOINT = 4 * (85_054_464 + 39_000_576 + 642_393);
const MINI_CHECKPOINT = 30 * MIB;

function encodings(count: number, length: number): Encoding[] {
  const encoding = {
    ids: new Int32Array(length),
    wordIds: new Int32Array(length),
    truncated: 0,
  };
  return Array.from({ length: count }, () => encoding);
}

function run(spec: ModelSpec, options: Partial<TrainOptions>): CheckedRun {
  const settings = resolveSettings(trainSchema, {
    model: "m",
    outputDir: "o",
    ...options,
  });
  const texts = {
    train: encodings(160, settings.maxLength),
    dev: encodings(20, settings.maxLength),
    test: encodings(20, settings.maxLength),
    unlabelled: [],
  };
  const checkpointBytes = spec === baseSpec ? BASE_CHECKPOINT : MINI_CHECKPOINT;
  const { batchSize = 32, numTrainEpochs = 6 } = settings;
  const sized = { ...settings, batchSize, numTrainEpochs };
  return { spec, classes: 3, checkpointBytes, texts, settings: sized };
}

const machine = (bytes: number) => ({ bytes, bound: "machine" }) as const;
const recordOf = (spec: ModelSpec, options: Partial<TrainOptions>) =>
  checkMemory(run(spec, options), machine(2 ** 40)).record;

describe("the estimate", () => {
  // Measured by scripts/measure-memory.mjs as VmHWM of a process of its own; see docs/memory.md.
  it.each([
    ["mini", { method: "stl", batchSize: 32, maxLength: 128 }, 703],
    ["mini", { method: "rtm", batchSize: 8, maxLength: 128 }, 492],
    ["mini", { method: "l3", batchSize: 32, maxLength: 64, estimator: "unmasked" }, 582],
    ["mini", { method: "rtm", batchSize: 16, maxLength: 64, taskWeights: "meta" }, 582],
    ["mini", { method: "rtm", batchSize: 16, maxLength: 64, sharedPass: true }, 476],
    ["base", { method: "rtm", batchSize: 8, maxLength: 64 }, 3545],
  ] as const)("is within 15 % of what was measured: %s %o", (size, options, measured) => {
    const { estimate } = recordOf(size === "base" ? baseSpec : miniSpec, options);
    expect(Math.abs(estimate / MIB / measured - 1)).toBeLessThan(0.15);
  });

  it("has the parts of the parameter store by count, and sums them", () => {
    const { parts, estimate, available } = recordOf(baseSpec, { method: "l3" });
    // Beside the checkpoint's: dense [768, 768] and out [3, 768] of the classification head, with biases.
    const weights = BASE_CHECKPOINT + 4 * (768 * 768 + 768 + 3 * 768 + 3);
    expect(parts.weights).toBe(weights);
    expect(parts.gradients).toBe(weights);
    expect(parts.moments).toBe(2 * weights);
    expect(parts.checkpoint).toBe(BASE_CHECKPOINT);
    expect(Object.values(parts).reduce((a, b) => a + b)).toBe(estimate);
    expect(available).toBe(2 ** 40);
  });

  it("counts the gradients of tasks that learned weights compare", () => {
    const equal = recordOf(miniSpec, { method: "rtm" }).parts;
    const meta = recordOf(miniSpec, { method: "rtm", taskWeights: "meta" }).parts;
    expect(meta.gradients).toBe(3 * equal.gradients);
  });

  it("counts neither gradients nor moments of what is frozen, and less of the passes", () => {
    const all = recordOf(miniSpec, { method: "stl" }).parts;
    const frozen = recordOf(miniSpec, { method: "stl", freezeLayers: 2 }).parts;
    const layer = 4 * (256 * 256 + 256) + 2 * 256 * 1024 + 1024 + 256 + 4 * 256;
    const embeddings = (16384 + 514 + 1 + 2) * 256;
    expect(frozen.weights).toBe(all.weights);
    expect(all.gradients - frozen.gradients).toBe(4 * (2 * layer + embeddings));
    expect(all.moments - frozen.moments).toBe(8 * (2 * layer + embeddings));
    expect(frozen.main_activations).toBeLessThan(0.7 * all.main_activations);
    expect(frozen.dropout_masks).toBeLessThan(0.6 * all.dropout_masks);
  });

  it("counts the output of frozen layers where it is kept: of all tokens, or of the first ones", () => {
    const states = (options: Partial<TrainOptions>) =>
      recordOf(miniSpec, { method: "stl", maxLength: 100, ...options }).parts.frozen_states;
    expect(states({ freezeLayers: 2 })).toBe(160 * 100 * 256 * 4);
    expect(states({ freezeLayers: 4 })).toBe(160 * 256 * 4);
    for (const options of [
      {},
      { freezeLayers: 0 },
      { freezeLayers: 2, method: "l3" } as const,
      { freezeLayers: 2, numTrainEpochs: 1 },
    ]) {
      expect(states(options)).toBe(0);
    }
  });

  it("counts an adapted copy of excess, entropies over the vocabulary, and the general texts of contrast", () => {
    const whole = (options: Partial<TrainOptions>, general?: readonly Encoding[]) => {
      const given = run(miniSpec, options);
      const texts = { ...given.texts, ...(general && { general }) };
      return checkMemory({ ...given, texts }, machine(2 ** 40)).record;
    };
    const scoring = (method: "l3" | "entropy" | "excess") =>
      whole({ method, estimator: "unmasked" });
    expect(scoring("entropy").scoring).toBeGreaterThan(scoring("l3").scoring);
    const adapts = (method: "l3" | "excess") => {
      const { texts, settings } = run(miniSpec, { method });
      return runSizes(texts, settings, miniSpec).adaptation;
    };
    expect(adapts("l3")).toBeUndefined();
    expect(adapts("excess")?.texts).toBe(32);
    const contrast = { method: "contrast" } as const;
    const more = whole(contrast, encodings(1000, 100)).parts.texts - whole(contrast).parts.texts;
    expect(more).toBe(1000 * 2048 + 1000 * 100 * 24);
  });

  it("has no auxiliary part without that task, and one pass where it is shared", () => {
    const stl = recordOf(miniSpec, { method: "stl" }).parts;
    expect([stl.auxiliary_activations, stl.masked_token_logits]).toEqual([0, 0]);
    const shared = recordOf(miniSpec, { method: "rtm", sharedPass: true }).parts;
    expect(shared.auxiliary_activations).toBe(0);
    // 32 texts of 126 tokens that are not special, of which 15 % are selected: their logits.
    const selected = Math.ceil(0.15 * 32 * 126);
    expect(shared.masked_token_logits / (4 * selected * 16384)).toBeCloseTo(1.1, 2);
  });

  it("has an adaptation before training, whose weights stay beside the checkpoint's", () => {
    const [stl, tapt, rtm] = (["stl", "tapt", "rtm"] as const).map((method) =>
      recordOf(miniSpec, { method }),
    );
    expect(stl.adaptation).toBeUndefined();
    expect(tapt.parts).toEqual({ ...stl.parts, checkpoint: 2 * MINI_CHECKPOINT });
    // A masked-token pass with its weights, gradients and moments, but without the main task's pass and evaluation.
    expect(tapt.adaptation).toBeLessThan(rtm.estimate);
    expect(tapt.adaptation).toBeGreaterThan(
      rtm.parts.weights + rtm.parts.gradients + rtm.parts.moments,
    );
  });

  it("halves activations with the micro-batch", () => {
    const activations = (batchSize: number) =>
      recordOf(miniSpec, { method: "stl", batchSize }).parts.main_activations;
    expect(activations(32) / activations(16)).toBeGreaterThan(1.8);
    expect(activations(32) / activations(16)).toBeLessThan(2.05);
  });
});

describe("checkMemory", () => {
  it("says nothing where the run fits", () => {
    const { estimate } = recordOf(miniSpec, { method: "l3" });
    expect(checkMemory(run(miniSpec, { method: "l3" }), machine(estimate))).not.toHaveProperty(
      "warning",
    );
  });

  it("names the parts and micro-batches of the same optimizer step that fit", () => {
    const options = { method: "l3", batchSize: 32, gradientAccumulationSteps: 2 } as const;
    const { record, warning } = checkMemory(run(baseSpec, options), machine(5 * GIB));
    const text = warning?.text ?? "";
    expect(text).toContain(`needs about ${formatBytes(record.estimate)} of memory`);
    expect(text).toContain("5.0 GiB is available: the system may kill it");
    expect(text).toContain("weights 478 MiB");
    expect(text).toContain("optimizer moments 956 MiB");
    expect(text).toMatch(/activations of the main task \d/);
    expect(text).toMatch(/logits of the masked-LM head \d/);
    const [, fits, size, steps] =
      /this fits \(([\d.]+) GiB\), with the same optimizer step: --batch-size (\d+) --gradient-accumulation-steps (\d+)$/.exec(
        text,
      ) ?? [];
    expect(Number(fits)).toBeLessThanOrEqual(5);
    expect(Number(size) * Number(steps)).toBe(64);
    // It is the largest that fits: twice the size does not.
    const sized = (batchSize: number) => recordOf(baseSpec, { ...options, batchSize }).estimate;
    expect(sized(Number(size))).toBeLessThanOrEqual(5 * GIB);
    expect(sized(2 * Number(size))).toBeGreaterThan(5 * GIB);
  });

  it("shortens texts where no batch size is enough, and does not call that the same step", () => {
    const options = { method: "stl", maxLength: 512, batchSize: 1, evalTokens: 512 } as const;
    const least = recordOf(miniSpec, { ...options, maxLength: 64 }).estimate;
    const { warning } = checkMemory(run(miniSpec, options), machine(least + 4 * MIB));
    expect(warning?.text).toMatch(/this fits \(\d+ MiB\): --max-length \d+$/);
  });

  it("says that nothing helps where nothing does, and who sets the limit", () => {
    const available = { bytes: GIB, bound: "control group" } as const;
    const { warning } = checkMemory(run(baseSpec, { method: "l3" }), available);
    expect(warning?.text).toContain("1.0 GiB is available (the limit of its control group)");
    expect(warning?.text).toContain("use a smaller model");
  });

  it("looks at calls of evaluation and scoring too", () => {
    const options = { method: "l3", batchSize: 1, evalTokens: 100_000, scoringTokens: 400_000 };
    const settings = { ...options, method: "l3" } as const;
    const { record, warning } = checkMemory(run(miniSpec, settings), machine(700 * MIB));
    expect(record.scoring).toBeGreaterThan(700 * MIB);
    expect(warning?.text).toMatch(/; before it, scoring \d/);
    expect(warning?.text).toContain(
      "with the same optimizer step: --eval-tokens 1024 --scoring-tokens 1024",
    );
  });
});

import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { cpu } from "../../engine/runtime/devices/cpu.js";
import { compileClassification } from "../../method/program/inference.js";
import { parseModelConfig } from "../../model/checkpoint/config.js";
import { predictedLabels } from "../../results/metrics/metrics.js";
import { classifyEncodings } from "../inference/classify.js";
import { probeHead } from "./probed-head.js";
import { createTrainable } from "./trainable.js";

const spec = parseModelConfig(
  {
    model_type: "bert",
    vocab_size: 40,
    hidden_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 16,
    max_position_embeddings: 16,
    pad_token_id: 0,
    initializer_range: 1,
  },
  "config.json",
);

/** Text i has the token 10 + i mod K, and the label i mod K. */
function texts(count: number, classes: number) {
  return {
    encodings: Array.from({ length: count }, (_, i) => ({
      ids: Int32Array.of(2, 10 + (i % classes), 3),
      wordIds: Int32Array.of(-1, 0, -1),
      truncated: 0,
    })),
    labelIds: Int32Array.from({ length: count }, (_, i) => i % classes),
    space: classes,
  };
}

describe("probeHead", () => {
  it.each([2, 3])("tells %i labels apart before the first step", async (classes) => {
    const runtime = await cpu.open({ threads: 1 });
    const store = createTrainable(spec, { mlmHead: false, classes }, new Map(), 0);
    const data = texts(48, classes);
    const answers = async () => {
      const program = await compileClassification(runtime, spec, classes, store.weight);
      const logits = await classifyEncodings(program, spec, data.encodings, 100);
      await program.dispose();
      return logits;
    };
    expect(predictedLabels(await answers(), classes)).not.toEqual(data.labelIds);
    const done: number[] = [];
    const never = () => false;
    await probeHead(store, spec, data, 48, runtime, never, (count) => done.push(count));
    expect(done).toEqual([16, 32, 48]);
    const logits = await answers();
    const always = () => true;
    const error = await failure(probeHead(store, spec, data, 48, runtime, always));
    expect(error).toMatchObject({ code: "interrupted" });
    expect(predictedLabels(logits, classes)).toEqual(data.labelIds);
    // At the minimum the penalty holds the weights: no label is certain, and the two of a pair mirror each other.
    expect(Math.max(...logits)).toBeLessThan(10);
    if (classes === 2) {
      for (let row = 0; row < 48; row++) expect(logits[2 * row]).toBeCloseTo(-logits[2 * row + 1]);
    }
  });
});

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { savedClassifier } from "../../../test/fixtures/host.js";
import { createBuilder } from "../../engine/graph/builder.js";
import type { GraphOutputs } from "../../engine/graph/graph.js";
import type { NdArray } from "../../engine/graph/op.js";
import { ndArray } from "../../engine/graph/ops/ndarray.js";
import { interpret } from "../../engine/graph/reference.js";
import { cpu } from "../../engine/runtime/devices/cpu.js";
import { type Checkpoint, loadCheckpoint } from "../../model/checkpoint/load.js";
import { encoderLayers } from "../../model/encoder.js";
import { classificationHead, classifier, modelParameters } from "../../model/heads.js";
import type { ModelSpec } from "../../model/spec.js";
import type { PackedBatch } from "../batch/pack.js";
import { packTexts } from "../batch/pack.js";
import { attributionGraph, compileAttribution } from "./attribution.js";
import { evaluationContext } from "./inference.js";
import type { Weights } from "./weight-feeds.js";

const CLASSES = 3;
const inputs = ["embeddings", "words"] as const;
const WORDS = "embeddings.word_embeddings.weight";

/** What PyTorch computes (scripts/golden/attributions.py). */
const ofLabels = z.array(z.array(z.number()));
const goldenSchema = z.object({
  families: z.record(
    z.string(),
    z.object({
      texts: z.array(z.object({ ids: z.array(z.number()), words: ofLabels, embeddings: ofLabels })),
    }),
  ),
});
const golden = goldenSchema.parse(
  JSON.parse(
    readFileSync(new URL("../../../test/golden/attributions.json", import.meta.url), "utf8"),
  ),
);

/** A graph in float64. */
function inFloat64(
  outputs: GraphOutputs,
  spec: ModelSpec,
  weights: (name: string) => ArrayLike<number>,
  batch: PackedBatch,
  chosen: readonly number[] = new Array<number>(batch.firstSlots.length * CLASSES).fill(0),
  growth: readonly number[] = [1],
): Readonly<Record<string, NdArray>> {
  const texts = batch.firstSlots.length;
  const parameters = modelParameters(spec, { classes: CLASSES });
  const feeds = Object.fromEntries(
    parameters.map(({ name, shape }) => [`weight.${name}`, ndArray(shape, weights(name))]),
  );
  const slots = batch.rows * batch.slots;
  return interpret(
    outputs,
    {
      ...feeds,
      ids: ndArray([slots], batch.ids),
      positions: ndArray([slots], batch.positions),
      segments: ndArray([batch.rows, batch.slots], batch.segments),
      firstSlots: ndArray([texts], batch.firstSlots),
      chosen: ndArray([texts, CLASSES], chosen),
      growth: ndArray([growth.length, 1], growth),
    },
    { R: batch.rows, S: batch.slots, B: texts },
  );
}

describe.each(["bert", "roberta"] as const)("attributions of %s", (family) => {
  const { texts } = golden.families[family];
  let checkpoint: Checkpoint;
  let weights: Weights;
  let layout: { padId: number; firstPosition: number };
  const packed = (ids: readonly (readonly number[])[]) =>
    packTexts(
      ids.map((row) => Int32Array.from(row)),
      layout,
    );

  beforeAll(async () => {
    checkpoint = await loadCheckpoint(savedClassifier(family));
    const { spec, values } = checkpoint;
    weights = (name) => values.get(name) ?? expect.unreachable(name);
    layout = { padId: spec.padId, firstPosition: spec.firstPosition };
  });

  it.each(inputs)(
    "of the %s are PyTorch's for every label, several texts in a row",
    async (input) => {
      const runtime = await cpu.open({ threads: 1 });
      const program = await compileAttribution(runtime, checkpoint.spec, CLASSES, weights, input);
      const batch = packed(texts.map(({ ids }) => ids));
      expect(batch.rows).toBeLessThan(texts.length);
      for (let label = 0; label < CLASSES; label++) {
        const labels = Int32Array.from(texts, (_, text) => (text + label) % CLASSES);
        const found = await program.attributions(batch, labels);
        expect(found.length).toBe(batch.rows * batch.slots);
        texts.forEach(({ ids, [input]: golden }, text) => {
          const first = batch.firstSlots[text];
          const expected = golden[labels[text]];
          ids.forEach((_, token) => {
            expect(Math.abs(found[first + token] - expected[token])).toBeLessThan(1e-4);
          });
        });
        batch.segments.forEach((segment, slot) => {
          if (segment < 0) expect(found[slot]).toBe(0);
        });
      }
      await program.dispose();
      // What is compared is far from 0.
      const all = texts.flatMap(({ [input]: values }) => values.flat());
      expect(all.filter((value) => Math.abs(value) > 1e-2).length).toBeGreaterThan(all.length / 3);
    },
  );

  it.each(inputs)("of the %s in float64 are PyTorch's in float64", (input) => {
    const { spec } = checkpoint;
    const { ids, [input]: golden } = texts[2];
    const graph = attributionGraph(createBuilder(), spec, CLASSES, input);
    const found = inFloat64(graph, spec, weights, packed([ids]), [0, 0, 1]).attributions;
    golden[2].forEach((expected, token) => {
      expect(found.data[token]).toBeCloseTo(expected, 7);
    });
  });

  it("are how fast the logit changes when what the layers read of a token grows", () => {
    const { spec } = checkpoint;
    const { ids, embeddings: golden } = texts[2];
    const label = 1;
    const eps = 1e-4;
    const build = createBuilder();
    const parameters = modelParameters(spec, { classes: CLASSES });
    const context = evaluationContext(build, spec, parameters);
    const grown = build.multiply(
      spec.family.embeddings(context, "R*S"),
      build.input("growth", "float32", ["R*S", 1]),
    );
    const first = encoderLayers(
      context,
      { hidden: grown },
      build.input("firstSlots", "int32", ["B"]),
    );
    const graph = { logits: classificationHead(context, first) };
    const logit = (token: number, factor: number) => {
      const growth = ids.map((_, at) => (at === token ? factor : 1));
      return inFloat64(graph, spec, weights, packed([ids]), [], growth).logits.data[label];
    };
    for (const token of ids.keys()) {
      const change = (logit(token, 1 + eps) - logit(token, 1 - eps)) / (2 * eps);
      expect(change).toBeCloseTo(golden[label][token], 5);
    }
  });

  it("of the words are how fast the logit changes when a word's embedding grows", () => {
    const { spec } = checkpoint;
    const { ids, words: golden } = texts[2];
    const label = 1;
    const eps = 1e-4;
    const parameters = modelParameters(spec, { classes: CLASSES });
    const graph = { logits: classifier(evaluationContext(createBuilder(), spec, parameters)) };
    const logit = (id: number, factor: number) => {
      const width = spec.hiddenSize;
      const table = Float64Array.from(weights(WORDS));
      for (let i = id * width; i < (id + 1) * width; i++) table[i] *= factor;
      const scaled = (name: string) => (name === WORDS ? table : weights(name));
      return inFloat64(graph, spec, scaled, packed([ids])).logits.data[label];
    };
    for (const id of new Set(ids)) {
      const change = (logit(id, 1 + eps) - logit(id, 1 - eps)) / (2 * eps);
      // A token that occurs twice grows in both places.
      const expected = golden[label].filter((_, token) => ids[token] === id);
      expect(change).toBeCloseTo(
        expected.reduce((sum, value) => sum + value, 0),
        5,
      );
    }
  });

  it("of the words vanish where LayerNorm sees nothing beside the words: it undoes their length", () => {
    const spec = { ...checkpoint.spec, layerNormEpsilon: 1e-14 };
    const { ids } = texts[2];
    const alone = (name: string) =>
      /position|token_type/.test(name) ? new Float32Array(weights(name).length) : weights(name);
    const graph = attributionGraph(createBuilder(), spec, CLASSES, "words");
    const { data } = inFloat64(graph, spec, alone, packed([ids]), [1, 0, 0]).attributions;
    expect(data.length).toBe(ids.length);
    for (const value of data) expect(Math.abs(value)).toBeLessThan(1e-9);
  });
});

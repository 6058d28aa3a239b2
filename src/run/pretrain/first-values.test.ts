import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { cpu } from "../../engine/runtime/devices/cpu.js";
import { roberta } from "../../model/families/roberta.js";
import { modelParameters } from "../../model/heads.js";
import { initialize } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import { type Initialization, setFirstValues } from "./first-values.js";

const spec: ModelSpec = {
  family: roberta,
  vocabularySize: 24,
  hiddenSize: 32,
  layers: 3,
  heads: 4,
  intermediateSize: 64,
  maxPositions: 20,
  typeVocabularySize: 1,
  layerNormEpsilon: 1e-5,
  hiddenDropout: 0,
  attentionDropout: 0,
  initializerRange: 0.02,
  padId: 1,
  firstPosition: 2,
  labels: undefined,
};
const special = { first: 0, pad: 1, last: 2, unknown: 3, mask: 23 };
const specialIds = new Set(Object.values(special));

/** Sentences "even odd even odd ..." of ids 4 to 13 or of ids 14 to 21: the two kinds never meet. 22 never occurs. */
function sentences(): Int32Array {
  const random = randomStream(5, "sentences");
  const sentence = () => {
    const [from, size] = random.uniform() < 0.5 ? [4, 10] : [14, 8];
    return [...Array.from({ length: 12 }, () => from + random.integer(size)), special.last];
  };
  return Int32Array.from(Array.from({ length: 500 }, sentence).flat());
}

async function values(initialization: Initialization) {
  const parameters = modelParameters(spec, { mlmHead: true });
  const random = randomStream(0, "init");
  const arrays = new Map(
    parameters.map((parameter) => {
      const values = new Float32Array(parameter.shape.reduce((a, b) => a * b, 1));
      initialize(parameter, values, spec.initializerRange, random);
      return [parameter.name, values];
    }),
  );
  const weight = (name: string) => arrays.get(name) ?? new Float32Array();
  const before = new Map([...arrays].map(([name, array]) => [name, array.slice()]));
  const text = { ids: sentences(), maskId: special.mask, specialIds };
  const runtime = await cpu.open({ threads: 1 });
  await setFirstValues(initialization, weight, spec, text, runtime, randomStream(0, "first"));
  const changed = [...arrays].filter(([name, array]) => array.join() !== before.get(name)?.join());
  return { weight, text, changed: changed.map(([name]) => name) };
}

const row = (table: Float32Array, id: number) =>
  table.subarray(id * spec.hiddenSize, (id + 1) * spec.hiddenSize);

function cosine(a: Float32Array, b: Float32Array): number {
  const product = a.reduce((sum, value, i) => sum + value * b[i], 0);
  return product / (Math.hypot(...a) * Math.hypot(...b));
}

describe("first values", () => {
  it("random changes nothing, sinusoidal the position table alone", async () => {
    expect((await values("random")).changed).toEqual([]);
    expect((await values("sinusoidal")).changed).toEqual(["embeddings.position_embeddings.weight"]);
  });

  it("counted knows how frequent each token is", async () => {
    const { weight, text } = await values("counted");
    const bias = weight("mlm.bias");
    const total = bias.reduce((sum, value) => sum + Math.exp(value), 0);
    const occurs = (id: number) => text.ids.filter((other) => other === id).length;
    for (const id of [4, 13, 14, 22]) {
      const expected = (occurs(id) + 1) / (text.ids.length + spec.vocabularySize);
      expect(Math.exp(bias[id]) / total).toBeCloseTo(expected, 6);
    }
  });

  it("counted puts tokens that occur together near each other, at one length, out of the position dimensions", async () => {
    const { weight } = await values("counted");
    const table = weight("embeddings.word_embeddings.weight");
    const length = spec.initializerRange * Math.sqrt(spec.hiddenSize);
    for (let id = 4; id < 22; id++) {
      expect(Math.hypot(...row(table, id))).toBeCloseTo(length, 5);
      expect(
        row(table, id)
          .subarray(24)
          .every((value) => value === 0),
      ).toBe(true);
    }
    const mean = (others: readonly number[]) =>
      others.reduce((sum, id) => sum + cosine(row(table, 4), row(table, id)), 0) / others.length;
    expect(mean([5, 6, 7, 8, 9, 10, 11, 12, 13])).toBeGreaterThan(
      mean([14, 15, 16, 17, 18, 19]) + 0.03,
    );
    expect(row(table, special.mask).every((value) => value === 0)).toBe(true);
    // A token that never occurs keeps its random row.
    expect(Math.hypot(...row(table, 22))).toBeGreaterThan(0);
  });

  it("counted sets the first two layers' attention and leaves the third", async () => {
    const { changed } = await values("counted");
    expect(changed.filter((name) => name.includes("query"))).toEqual([
      "encoder.layer.0.attention.self.query.weight",
      "encoder.layer.1.attention.self.query.weight",
    ]);
  });
});

/** Attention of a few queries and of distinct tokens, against the encoder over all slots, in float64. */
import { describe, expect, it } from "vitest";
import { randomStream } from "../base/random.js";
import { createBuilder } from "../engine/graph/builder.js";
import type { Tensor } from "../engine/graph/graph.js";
import { ndArray } from "../engine/graph/ops/ndarray.js";
import { interpret } from "../engine/graph/reference.js";
import { packTexts } from "../method/batch/pack.js";
import { evaluationContext } from "../method/program/inference.js";
import { distinctTokens, readsByRow } from "../method/program/reads.js";
import { rowQueryInputs } from "./attention.js";
import { parseModelConfig } from "./checkpoint/config.js";
import { distinctTokenEncoder, encoder } from "./encoder.js";
import type { ModelContext } from "./spec.js";

/** The last two differ in one token, as masked copies do; the first two share a row. */
const texts = [
  [5, 6, 7],
  [8, 9, 5, 6, 8],
  [9, 9, 7, 5, 6, 5],
  [9, 4, 7, 5, 6, 5],
];
const batch = packTexts(
  texts.map((ids) => Int32Array.from(ids)),
  { padId: 1, firstPosition: 2, slots: 8 },
);
const [first, second, , last] = batch.firstSlots;
/** Three of one row, none of another. */
const read = Int32Array.of(second + 4, first, last + 1, second);

const allSlots = (context: ModelContext) =>
  encoder(context, context.build.input("readSlots", "int32", ["K"]));
const fewQueries = (context: ModelContext) => encoder(context, rowQueryInputs(context.build, "K"));
const fewQueriesOfDistinctTokens = (context: ModelContext) =>
  distinctTokenEncoder(context, rowQueryInputs(context.build, "K"));

/** The hidden states [K, H] of the read slots of a model with random weights. */
function hiddenStates(
  layers: number,
  define: (context: ModelContext) => Tensor,
  tokens: Readonly<{ ids: Int32Array; positions: Int32Array }>,
): number[] {
  const spec = parseModelConfig(
    {
      model_type: "roberta",
      vocab_size: 12,
      hidden_size: 8,
      num_hidden_layers: layers,
      num_attention_heads: 2,
      intermediate_size: 16,
      max_position_embeddings: 14,
    },
    "config.json",
  );
  const parameters = spec.family.bodyParameters(spec);
  const random = randomStream(3, "weights");
  const weights = parameters.map(({ name, shape }) => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    const values = Float64Array.from({ length: count }, () => random.normal());
    return [`weight.${name}`, ndArray(shape, values)] as const;
  });
  const { queries, querySegments, ...reads } = readsByRow(batch, read);
  const lists = { ...tokens, tokens: distinctTokens(batch).tokens, readSlots: read, ...reads };
  const { rows, slots } = batch;
  const build = createBuilder();
  const { hidden } = interpret(
    { hidden: define(evaluationContext(build, spec, parameters)) },
    {
      ...Object.fromEntries(weights),
      ...Object.fromEntries(
        Object.entries(lists).map(([name, values]) => [name, ndArray([values.length], values)]),
      ),
      segments: ndArray([rows, slots], batch.segments),
      querySegments: ndArray([rows, queries], querySegments),
    },
    { R: rows, S: slots, K: read.length, Q: queries, U: tokens.ids.length },
  );
  expect(hidden.shape).toEqual([read.length, spec.hiddenSize]);
  return Array.from(hidden.data);
}

describe.each([1, 2, 3])("in an encoder of %i layers", (layers) => {
  const expected = hiddenStates(layers, allSlots, batch);
  const expectClose = (actual: readonly number[]) => {
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.5);
    actual.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 9);
    });
  };

  it("a few queries a row read what attention over all slots gives them", () => {
    expectClose(hiddenStates(layers, fewQueries, batch));
  });

  it("distinct tokens stand for all that are equal", () => {
    const distinct = distinctTokens(batch);
    expect(distinct.ids.length).toBeLessThan(batch.tokens);
    expectClose(hiddenStates(layers, fewQueriesOfDistinctTokens, distinct));
  });
});

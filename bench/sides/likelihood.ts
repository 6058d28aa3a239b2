/** Token likelihoods of our side: `scoreTexts` over the program of `score`, without the cache. */

import * as z from "zod";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { parseEstimator, scoringCost } from "../../src/method/likelihood/estimators.js";
import { scoreTexts } from "../../src/method/likelihood/score.js";
import { tokenPredictor } from "../../src/method/likelihood/token-predictor.js";
import { compileTokenLikelihood } from "../../src/method/program/inference.js";
import { modelParameters } from "../../src/model/heads.js";
import type { Encoding } from "../../src/text/encoding.js";
import { measureProducts } from "../products/measure.js";
import { forwardProducts, operations } from "../products/products.js";
import { loadSource, weightStore } from "../work/model.js";
import type { LikelihoodWork } from "../work/work-file.js";
import { millisecondsOf } from "./node-profile.js";
import { type Answering, index, timed } from "./work-kind.js";

const requestSchema = z.discriminatedUnion("do", [
  /** Scores of the texts with these indices. */
  z.object({
    do: z.literal("score"),
    texts: z.array(index),
    estimator: z.string(),
    precision: z.enum(["float32", "int8"]).default("float32"),
  }),
  /** The operations of their masked copies without padding, at the rate of bare products in a usual call. */
  z.object({ do: z.literal("products"), texts: z.array(index), estimator: z.string() }),
]);

export async function openLikelihood(work: LikelihoodWork, runtime: Runtime): Promise<Answering> {
  const source = await loadSource(work.model);
  const { spec } = source;
  const store = weightStore(source, modelParameters(spec, { mlmHead: true }));
  const predictors = {
    float32: tokenPredictor(await compileTokenLikelihood(runtime, spec, store.weight), spec),
    int8: tokenPredictor(await compileTokenLikelihood(runtime, spec, store.weight, "int8"), spec),
  };
  const encodings = work.texts.map(
    ({ ids, wordIds }): Encoding => ({
      ids: Int32Array.from(ids),
      wordIds: Int32Array.from(wordIds),
      truncated: 0,
    }),
  );

  const clock = millisecondsOf(runtime.threads);

  return async (asked) => {
    const request = requestSchema.parse(asked);
    const texts = request.texts.map((text) => encodings[text]);
    const estimator = parseEstimator(request.estimator);
    const modelTokens = scoringCost(texts, estimator);
    if (request.do === "products") {
      const slots = Math.round(
        texts.reduce((total, { ids }) => total + ids.length, 0) / texts.length,
      );
      const rows = Math.max(1, Math.floor(work.tokenBudget / slots));
      const calls = modelTokens / (rows * slots);
      const inCall = (count: number) => Math.max(1, Math.round(count / calls));
      const tokens = texts.reduce((total, { ids }) => total + ids.length, 0);
      const scored = tokens - 2 * texts.length;
      const selected = inCall(scored);
      const call = forwardProducts(spec, {
        rows,
        slots,
        // Each token as it is, and once masked.
        distinct: inCall(tokens + scored),
        queries: Math.ceil(selected / rows),
        head: { kind: "masked-tokens", selected },
      });
      const { rate } = await measureProducts(runtime, call, clock);
      return { seconds: (calls * operations(call)) / rate, values: { rate }, list: [] };
    }
    return timed(async () => {
      const scores = await scoreTexts(texts, {
        estimator,
        maskId: work.maskId,
        predict: predictors[request.precision],
        tokenBudget: work.tokenBudget,
      });
      const values = scores.flatMap((ofText) => Array.from(ofText)).filter(Number.isFinite);
      return {
        sum: values.reduce((total, value) => total + value, 0),
        scoredTokens: values.length,
        modelTokens,
      };
    }, clock);
  };
}

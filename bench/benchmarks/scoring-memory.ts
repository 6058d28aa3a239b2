/** The most memory that scoring takes: against the number of texts, and against the token budget of a call. */

import { join } from "node:path";
import { modelParameters } from "../../src/model/heads.js";
import { elementCount } from "../../src/model/parameters.js";
import { loadTokenizer } from "../../src/text/load.js";
import { type Benchmark, openOurs } from "../benchmark.js";
import { atMost } from "../figures.js";
import type { Figure } from "../results.js";
import { loadSource, quickModel, randomModel, robertaBase } from "../work/model.js";
import { benchTexts } from "../work/texts.js";

const ESTIMATOR = "block-7";
const MAX_LENGTH = 128;
/** Growth with four times the texts that is still "constant": ids and scores, and what the allocator leaves. */
const GROWTH = 5;

export const scoringMemoryBenchmark: Benchmark = {
  name: "scoring-memory",
  title: "memory of scoring: constant in texts, bounded by the token budget",
  usesPeer: false,
  async run(context) {
    const { quick, root } = context;
    const few = quick ? 8 : 100;
    const many = 4 * few;
    const budgets = quick ? [500, 1000] : [1000, 2000, 4096, 8192];
    const usual = budgets.at(quick ? -1 : 2) ?? 0;
    const model = randomModel(quick ? quickModel : robertaBase);
    const tokenizer = await loadTokenizer(join(root, "models/minilm"));
    const { source, texts } = await benchTexts(root);
    const encodings = [...new Set(texts)]
      .slice(0, many)
      .map((text) => tokenizer.encode(text, MAX_LENGTH));

    const peak = async (count: number, tokenBudget: number): Promise<number> => {
      const side = await openOurs(context, {
        kind: "likelihood",
        model,
        maskId: tokenizer.special.mask,
        texts: encodings.map(({ ids, wordIds }) => ({
          ids: Array.from(ids),
          wordIds: Array.from(wordIds),
        })),
        tokenBudget,
        copies: 1,
      });
      try {
        const chosen = Array.from({ length: count }, (_, text) => (text * 7) % many);
        await side.ask({ do: "score", texts: chosen, estimator: ESTIMATOR });
        const { values } = await side.ask({ do: "memory" });
        context.say(
          `  ${count} texts, budget ${tokenBudget}: ${(values.peakBytes / 1e9).toFixed(2)} GB`,
        );
        return values.peakBytes;
      } finally {
        await side.close();
      }
    };

    const ofFew = await peak(few, usual);
    const ofMany = await peak(many, usual);
    const growth = 100 * (ofMany / ofFew - 1);
    const { spec } = await loadSource(model);
    const weights =
      4 *
      modelParameters(spec, { mlmHead: true }).reduce(
        (total, parameter) => total + elementCount(parameter),
        0,
      );
    const figures: Figure[] = [
      {
        work: `growth of scoring's peak memory from ${few} to ${many} texts, budget ${usual}`,
        ours: { value: ofMany / 1e9, unit: "GB" },
        against: { name: `${few} texts`, value: ofFew / 1e9, unit: "GB" },
        figure: { unit: "%", median: growth, low: growth, high: growth },
        reach: atMost(GROWTH),
        limit: { name: "weights", value: weights / 1e9, unit: "GB", share: weights / ofMany },
      },
    ];
    for (const budget of budgets.filter((tokens) => tokens !== usual)) {
      const bytes = await peak(few, budget);
      figures.push({
        work: `scoring's peak memory, ${few} texts, \`--scoring-tokens ${budget}\``,
        ours: { value: bytes / 1e9, unit: "GB" },
        against: null,
        figure: { unit: "GB", median: bytes / 1e9, low: bytes / 1e9, high: bytes / 1e9 },
        reach: null,
        limit: { name: "weights", value: weights / 1e9, unit: "GB", share: weights / bytes },
      });
    }
    const notes = [`${ESTIMATOR} over ${source}; VmHWM of a fresh process each time`];
    return { figures, notes, series: [], versions: {} };
  },
};

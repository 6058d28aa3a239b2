/** Token likelihoods of many texts, exact and in blocks, against one masked copy for each token the usual way. */
import { join } from "node:path";
import { loadTokenizer } from "../../src/text/load.js";
import { type Benchmark, takeTurns, withSides } from "../benchmark.js";
import { atLeast, ownFigure, ratioFigure, timeLimit, timesOf, WITHOUT_PEER } from "../figures.js";
import type { Figure } from "../results.js";
import type { Side } from "../sides/conversation.js";
import { sum } from "../statistics.js";
import { quickModel, randomModel, robertaBase, shippedModel } from "../work/model.js";
import { benchTexts } from "../work/texts.js";
import type { ModelSource } from "../work/work-file.js";

const EXACT = "pll-word-l2r";
const BLOCK = "block-7";
/** The exact estimator over products of eight bits. */
const ROUNDED = "pll-word-l2r in int8";
const MAX_LENGTH = 128;
/** As `score` has it by default. */
const TOKEN_BUDGET = 1024;
const COPIES = 32;

/** The usual way: logits of all positions. */
const USUAL = "transformers, head over all positions";

interface Plan {
  readonly name: string;
  readonly title: string;
  readonly turns: number;
  /** Of the texts whose likelihoods are taken. */
  readonly texts: number;
  /** At full size. */
  readonly model: (root: string) => ModelSource;
  /** Least ratio to transformers of the exact likelihoods, and of those in blocks. */
  readonly exact: number;
  readonly block: number | null;
}

const plans: readonly Plan[] = [
  {
    ...{ name: "likelihood", title: "exact pseudo-log-likelihood of 200 texts; block-7" },
    ...{ turns: 10, texts: 200, model: () => randomModel(robertaBase), exact: 4, block: 25 },
  },
  {
    ...{ name: "likelihood-minilm", title: "the same of 40 texts with minilm" },
    ...{ turns: 5, texts: 40, model: shippedModel, exact: 4, block: null },
  },
];

export const likelihoodBenchmarks: readonly Benchmark[] = plans.map((plan) => ({
  name: plan.name,
  title: plan.title,
  usesPeer: true,
  async run(context) {
    const { quick, root } = context;
    const { texts: count, turns } = quick ? { texts: 4, turns: 2 } : plan;
    const { source, texts } = await benchTexts(root);
    const first = texts.slice(0, count);
    // Ours would score a repeated text once; here both sides do the same work.
    const distinct = [...new Set(first)];
    const tokenizer = await loadTokenizer(join(root, "models/minilm"));
    const encodings = distinct.map((text) => tokenizer.encode(text, MAX_LENGTH));
    const work = {
      kind: "likelihood" as const,
      model: quick ? randomModel(quickModel) : plan.model(root),
      maskId: tokenizer.special.mask,
      texts: encodings.map(({ ids, wordIds }) => ({
        ids: Array.from(ids),
        wordIds: Array.from(wordIds),
      })),
      tokenBudget: TOKEN_BUDGET,
      copies: COPIES,
    };
    /** Every turn scores texts of its own, spread over all; the turns together score each text once. */
    const textsOf = (turn: number) =>
      Array.from(encodings.keys()).filter((text) => text % turns === Math.max(0, turn));

    return withSides(context, work, "likelihood", async ({ ours, peer }) => {
      const modelTokens = new Map<string, number>();
      const contender = (
        name: string,
        side: Side,
        how: { estimator: string; precision?: string } | { variant: string },
      ) => ({
        name,
        async run(turn: number) {
          // A warm-up needs one text only.
          const chosen = turn < 0 ? textsOf(0).slice(0, 1) : textsOf(turn);
          const { seconds, values } = await side.ask({ do: "score", texts: chosen, ...how });
          if (turn >= 0) modelTokens.set(name, (modelTokens.get(name) ?? 0) + values.modelTokens);
          return seconds;
        },
      });
      const times = await takeTurns(
        context,
        [
          contender(EXACT, ours, { estimator: EXACT }),
          contender(BLOCK, ours, { estimator: BLOCK }),
          contender(ROUNDED, ours, { estimator: EXACT, precision: "int8" }),
          ...(peer === undefined ? [] : [contender(USUAL, peer, { variant: "all" })]),
        ],
        { warmups: 1, turns },
      );
      const what = (estimator: string) =>
        `${estimator === EXACT ? "exact pseudo-log-likelihood" : estimator} of ${distinct.length} texts in ${turns} turns`;
      const figures: Figure[] = [];
      for (const [estimator, reach] of [
        [EXACT, atLeast(plan.exact)],
        [BLOCK, plan.block === null ? null : atLeast(plan.block)],
      ] as const) {
        const own = timesOf(times, estimator);
        const all = Array.from(encodings.keys());
        const bare = await ours.ask({ do: "products", texts: all, estimator });
        const limit = timeLimit("products without padding", bare.seconds / turns, sum(own) / turns);
        figures.push(
          peer === undefined
            ? ownFigure(what(estimator), own, "s", null, limit)
            : ratioFigure(
                what(estimator),
                own,
                { name: USUAL, times: timesOf(times, USUAL) },
                reach,
                limit,
              ),
        );
      }
      const exactly = { name: EXACT, times: timesOf(times, EXACT) };
      figures.push(
        ratioFigure(
          "the same exact likelihoods in int8, against our float32",
          timesOf(times, ROUNDED),
          exactly,
          null,
          null,
        ),
      );
      const speeds = [...times].map(([name, list]) => {
        const speed = (modelTokens.get(name) ?? 0) / sum(list);
        return `${name} ${speed.toFixed(0)}`;
      });
      const repeated = first.length - distinct.length;
      const notes = [
        `the first ${first.length} texts of ${source}, ${repeated} repeated ones left out because we would score them once`,
        `tokens of masked copies through the model a second: ${speeds.join("; ")}`,
      ];
      if (peer === undefined) {
        notes.push(WITHOUT_PEER);
      } else {
        const request = { do: "score", texts: textsOf(0), variant: "selected" };
        const selected = (await peer.ask(request)).seconds;
        const ratio = selected / timesOf(times, EXACT)[0];
        notes.push(
          `a head over the masked position alone, which is not usual, takes the peer ${selected.toFixed(2)} s in the first turn: ${ratio.toFixed(2)} times our exact time`,
        );
      }
      return { figures, notes, series: [], versions: { ...peer?.versions } };
    });
  },
}));

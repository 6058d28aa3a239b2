/** Which share of a training run goes into tokenising texts and making batches, at minilm size, where steps are short. */
import { join } from "node:path";
import { type Benchmark, openOurs } from "../benchmark.js";
import { atMost, type Reach } from "../figures.js";
import type { Figure } from "../results.js";
import { median, spread } from "../statistics.js";
import { quickModel, randomModel, shippedModel } from "../work/model.js";
import { benchTexts } from "../work/texts.js";

const BATCH_SIZE = 32;
const MAX_LENGTH = 128;
const EPOCHS = 6;

export const preparationBenchmark: Benchmark = {
  name: "preparation",
  title: "tokenisation + batching, share of training time",
  usesPeer: false,
  async run(context) {
    const { quick, root } = context;
    const { source, texts, classes } = await benchTexts(root);
    const used = quick ? texts.slice(0, 5 * BATCH_SIZE) : texts;
    const turns = quick ? 2 : 10;
    const stepsPerEpoch = Math.ceil(used.length / BATCH_SIZE);
    const ours = await openOurs(context, {
      kind: "preparation",
      model: quick ? randomModel(quickModel) : shippedModel(root),
      tokenizerFolder: join(root, "models/minilm"),
      texts: [...used],
      classes,
      batchSize: BATCH_SIZE,
      maxLength: MAX_LENGTH,
    });
    try {
      await ours.ask({ do: "step", step: 0 });
      const times = { tokenise: [], batches: [], step: [] } as Record<string, number[]>;
      for (let turn = 0; turn < turns; turn++) {
        times.tokenise.push((await ours.ask({ do: "tokenise" })).seconds);
        times.batches.push((await ours.ask({ do: "batches", steps: stepsPerEpoch })).seconds);
        times.step.push((await ours.ask({ do: "step", step: turn })).seconds);
      }
      const figureOf = (epochs: number, reach: Reach): Figure => {
        const preparation = times.tokenise.map((once, turn) => once + epochs * times.batches[turn]);
        const training = times.step.map((step) => epochs * stepsPerEpoch * step);
        const shares = preparation.map((part, turn) => (100 * part) / (part + training[turn]));
        return {
          work: `tokenisation + batching of ${used.length} texts over ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, ${quick ? "a tiny model" : "minilm"}`,
          ours: { value: median(preparation), unit: "s" },
          against: { name: "the steps", value: median(training), unit: "s" },
          figure: { unit: "%", ...spread(shares) },
          reach,
          limit: null,
        };
      };
      const ms = (list: readonly number[]) => `${(1000 * median(list)).toFixed(1)} ms`;
      return {
        figures: [figureOf(EPOCHS, atMost(2)), figureOf(1, null)],
        notes: [
          `${source}: tokenising all ${ms(times.tokenise)}, batches of an epoch ${ms(times.batches)}, a step ${ms(times.step)}; at larger sizes the share is smaller`,
        ],
        series: [],
        versions: {},
      };
    } finally {
      await ours.close();
    }
  },
};

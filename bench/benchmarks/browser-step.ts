/** The steps of minilm in Chromium on WebAssembly: beside the bare products there, and beside Node on the same machine. */
import { type BenchContext, type Benchmark, openOurs, takeTurns } from "../benchmark.js";
import { openInChromium } from "../browser/chromium-side.js";
import { atLeast, timesOf } from "../figures.js";
import type { Side } from "../sides/conversation.js";
import { median, pairedRatio, spread, sum } from "../statistics.js";
import { minilmMethods, minilmSteps } from "./minilm-step.js";
import { partsOfStep, runSteps } from "./step-profile.js";

/** Batches, one after the other. */
const STEPS = 2;

const contender = (name: string, side: Side) => ({
  name,
  run: async (turn: number) =>
    (await side.ask({ do: "step", step: (turn + STEPS) % STEPS })).seconds,
});

async function profiled(context: BenchContext, { name, tasks }: (typeof minilmMethods)[number]) {
  const { quick } = context;
  const training = await minilmSteps(context, tasks, STEPS);
  const page = await openInChromium(context, { ...training, profileFolder: "the console" });
  try {
    await runSteps(context, name, page, { steps: STEPS, turns: quick ? 2 : 4 });
    return (await page.ask({ do: "profile" })).values;
  } finally {
    await page.close();
  }
}

export const browserStepBenchmarks: readonly Benchmark[] = minilmMethods.map((method) => ({
  name: `browser-${method.name}`,
  title: `${method.name} training step of minilm in Chromium, 16 texts of about 40 tokens`,
  usesPeer: false,
  async run(context) {
    const training = await minilmSteps(context, method.tasks, STEPS);
    const native = await openOurs(context, training);
    const page = await openInChromium(context, training);
    try {
      const turns = context.quick
        ? { warmups: STEPS, turns: STEPS }
        : { warmups: STEPS, turns: 4 * STEPS };
      const sides = [contender("Node", native), contender("Chromium", page)];
      const times = await takeTurns(context, sides, turns);
      const [inNode, inPage] = [timesOf(times, "Node"), timesOf(times, "Chromium")];
      const products: number[] = [];
      for (let step = 0; step < STEPS; step++) {
        products.push((await page.ask({ do: "products", step })).seconds);
      }
      const shares = inPage.map((seconds, turn) => (100 * products[turn % STEPS]) / seconds);
      const bare = sum(products) / STEPS;
      const ours = { value: median(inPage), unit: "s" } as const;
      const work = `${method.name} training step in Chromium, minilm, 16 texts of about 40 tokens`;
      return {
        figures: [
          {
            work: `${work}: share of the bare products there`,
            ours,
            against: { name: "bare products", value: bare, unit: "s" },
            figure: { unit: "%", ...spread(shares) },
            reach: atLeast(60),
            limit: null,
          },
          {
            work: `${work}: times as long as in Node`,
            ours,
            against: { name: "Node", value: median(inNode), unit: "s" },
            figure: { unit: "x", ...pairedRatio(inNode, inPage) },
            reach: null,
            limit: null,
          },
          ...partsOfStep(`${method.name} in Chromium`, await profiled(context, method), bare),
        ],
        notes: [
          "each product as the step writes it or with operands as they are needed, whichever is faster; the parts are of a second page, which writes down the time of every node: of each the least of its runs but the first",
        ],
        series: [],
        versions: page.versions,
      };
    } finally {
      await page.close();
      await native.close();
    }
  },
}));

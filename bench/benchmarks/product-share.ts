/** Which share of a training step the bare matrix products alone would take. */
import { type Benchmark, openOurs } from "../benchmark.js";
import { atLeast } from "../figures.js";
import { median, spread } from "../statistics.js";
import { fullTraining } from "./training-step.js";

export const productShareBenchmark: Benchmark = {
  name: "product-share",
  title: "share of the GEMM + attention ideal reached by the training step",
  usesPeer: false,
  async run(context) {
    const { quick } = context;
    const sizes = quick ? { texts: 4, length: 32, steps: 2 } : { texts: 16, length: 128, steps: 2 };
    const turns = quick ? 2 : 5;
    const ours = await openOurs(context, await fullTraining(context, sizes));
    try {
      await ours.ask({ do: "step", step: 0 });
      const steps: number[] = [];
      const products: number[] = [];
      let rate = 0;
      for (let turn = 0; turn < turns; turn++) {
        const step = await ours.ask({ do: "step", step: turn % sizes.steps });
        const bare = await ours.ask({ do: "products", step: turn % sizes.steps });
        steps.push(step.seconds);
        products.push(bare.seconds);
        rate = Math.max(rate, bare.values.rate);
        context.say(
          `  ${turn + 1}/${turns}  step ${step.seconds.toFixed(3)} s, products ${bare.seconds.toFixed(3)} s`,
        );
      }
      const shares = steps.map((seconds, turn) => (100 * products[turn]) / seconds);
      return {
        figures: [
          {
            work: `share of the bare products in a training step, ${sizes.texts} x ${sizes.length}`,
            ours: { value: median(steps), unit: "s" },
            against: { name: "bare products", value: median(products), unit: "s" },
            figure: { unit: "%", ...spread(shares) },
            reach: atLeast(80),
            limit: { name: "all of it", value: 100, unit: "%", share: median(shares) / 100 },
          },
        ],
        notes: [
          `each product as the step writes it or with operands as they are needed, whichever is faster; up to ${(rate / 1e9).toFixed(0)} GFLOP/s over all products`,
        ],
        series: [],
        versions: {},
      };
    } finally {
      await ours.close();
    }
  },
};

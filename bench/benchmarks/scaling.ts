/** How cost grows with the work: tokens of a step, training texts, seeds, labels. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadTokenizer } from "../../src/text/load.js";
import { type BenchContext, type Benchmark, openOurs } from "../benchmark.js";
import { commandLine, runNode } from "../command.js";
import { atMost } from "../figures.js";
import type { Figure, Series } from "../results.js";
import { fitGrowth, median } from "../statistics.js";
import { quickModel, randomModel, shippedModel } from "../work/model.js";
import { benchTexts, fullText } from "../work/texts.js";
import { microBatch } from "../work/training-batches.js";

/** An exponent up to this counts as linear: measurements of a few seconds move by as much. */
const LINEAR = 1.1;
const STEP_TEXT_LENGTH = 64;
const STEP_CLASSES = 6;
const TEXT_LENGTH = 64;

interface Measured {
  readonly name: string;
  readonly title: string;
  readonly sizeTitle: string;
  readonly sizes: readonly number[];
  cost(size: number): Promise<number>;
}

export const scalingBenchmark: Benchmark = {
  name: "scaling",
  title: "cost against tokens, texts, seeds, labels",
  usesPeer: false,
  async run(context) {
    const { quick } = context;
    const repeats = quick ? 1 : 3;
    const commands = await trainingCommands(context);
    const measures: Measured[] = [
      {
        name: "scaling-texts",
        title: "A run of l3 with block-7, one epoch, against training texts",
        sizeTitle: "training texts",
        sizes: quick ? [50, 100, 200] : [250, 500, 1000, 2000, 4000],
        cost: commands.texts,
      },
      {
        name: "scaling-seeds",
        title: "A comparison against seeds",
        sizeTitle: "seeds",
        sizes: quick ? [1, 2] : [1, 2, 4, 8],
        cost: commands.seeds,
      },
      {
        name: "scaling-labels",
        title: "A run of 20 steps and its evaluation against labels",
        sizeTitle: "labels",
        sizes: quick ? [2, 20, 100] : [2, 10, 100, 300, 1000],
        cost: commands.labels,
      },
    ];
    const series = [await tokenSeries(context, repeats)];
    for (const { name, title, sizeTitle, sizes, cost } of measures) {
      const points: { size: number; cost: number }[] = [];
      for (const size of sizes) {
        const times: number[] = [];
        for (let repeat = 0; repeat < repeats; repeat++) times.push(await cost(size));
        points.push({ size, cost: median(times) });
        context.say(`  ${size} ${sizeTitle}: ${median(times).toFixed(2)} s`);
      }
      series.push({ name, title, sizeTitle, points, ...fitGrowth(points) });
    }
    return {
      figures: series.map(exponentFigure),
      notes: [
        `medians of ${repeats}; the exponent is that of what comes on top of the smallest size, so that starting and loading do not hide it, or, where a cost grows by less than a fifth, of the whole cost`,
      ],
      series,
      versions: {},
    };
  },
};

function exponentFigure({ title, points, exponent }: Series): Figure {
  const [first] = points;
  const last = points[points.length - 1];
  return {
    work: `${title}, ${first.size} to ${last.size}`,
    ours: { value: last.cost, unit: "s" },
    against: { name: `at ${first.size}`, value: first.cost, unit: "s" },
    figure: { unit: "exponent", median: exponent, low: exponent, high: exponent },
    reach: atMost(LINEAR),
    limit: null,
  };
}

/** Seconds of a training step of more and more texts of equal length. */
async function tokenSeries(context: BenchContext, repeats: number): Promise<Series> {
  const { quick, root } = context;
  const tokenizer = await loadTokenizer(join(root, "models/minilm"));
  const counts = quick ? [2, 4, 8] : [8, 16, 32, 64, 128];
  const steps = counts.map((count) => {
    const labels = Array.from({ length: count }, (_, text) => text % STEP_CLASSES);
    const texts = labels.map((_, text) => fullText(STEP_TEXT_LENGTH, tokenizer, text));
    return [microBatch(texts, labels, tokenizer, 0)];
  });
  const ours = await openOurs(context, {
    kind: "training",
    model: quick ? randomModel(quickModel) : shippedModel(root),
    classes: STEP_CLASSES,
    learningRate: 1e-5,
    steps,
  });
  try {
    const points: { size: number; cost: number }[] = [];
    for (const [step, count] of counts.entries()) {
      await ours.ask({ do: "step", step });
      const times: number[] = [];
      for (let repeat = 0; repeat < 3 * repeats; repeat++) {
        times.push((await ours.ask({ do: "step", step })).seconds);
      }
      const tokens = 2 * count * STEP_TEXT_LENGTH;
      points.push({ size: tokens, cost: median(times) });
      context.say(`  ${tokens} tokens: ${median(times).toFixed(3)} s`);
    }
    return {
      name: "scaling-tokens",
      title: "A training step against its tokens, both tasks",
      sizeTitle: "tokens",
      points,
      ...fitGrowth(points),
    };
  } finally {
    await ours.close();
  }
}

/** Commands whose size is a number of texts, seeds or labels; each gives the seconds it took. */
async function trainingCommands(context: BenchContext) {
  const { root, folder, quick, threads } = context;
  const model = join(root, quick ? "test/golden/models/roberta" : "models/minilm");
  const { texts } = await benchTexts(root);
  let files = 0;
  let runs = 0;

  /** A file of texts that all differ, with labels in turn. */
  const dataFile = (count: number, labels: number): string => {
    files += 1;
    const path = join(folder, `scaling-${files}.jsonl`);
    const lines = Array.from({ length: count }, (_, row) => {
      const text = `${row} ${texts[row % texts.length]} ${files}`;
      return JSON.stringify({ text, label: `label ${row % labels}` });
    });
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  };
  const run = async (command: string, ...words: readonly string[]): Promise<number> => {
    runs += 1;
    const place = ["--output-dir", join(folder, `scaling-run-${runs}`)];
    const cache = join(folder, `scaling-cache-${runs}`);
    const line = commandLine(root, command, "--model", model, ...words, ...place);
    const { seconds } = await runNode([...line, "--threads", String(threads), "--json"], {
      environment: { L3MASKING_CACHE: cache },
    });
    return seconds;
  };
  const length = (tokens: number) => ["--max-length", String(tokens)];
  const split = (train: string, labels: number, rows: number) => [
    ...["--train-file", train, "--validation-file", dataFile(rows, labels)],
    ...["--test-file", dataFile(rows, labels)],
  ];

  const seeds = (count: number) => (count === 1 ? "0" : `0-${count - 1}`);

  return {
    texts: (count: number) =>
      run(
        "train",
        ...split(dataFile(count, 4), 4, 40),
        ...["--method", "l3", "--estimator", "block-7", "--num-train-epochs", "1"],
        ...length(TEXT_LENGTH),
      ),
    seeds: (count: number) =>
      run(
        "compare",
        ...split(dataFile(64, 4), 4, 40),
        ...["--methods", "stl", "--bootstrap-samples", "100", "--seeds", seeds(count)],
        ...["--max-steps", quick ? "2" : "20", ...length(TEXT_LENGTH)],
      ),
    labels: (count: number) => {
      const rows = quick ? 200 : 2000;
      return run(
        "train",
        ...split(dataFile(rows, count), count, rows),
        ...["--method", "stl", "--max-steps", quick ? "2" : "20", ...length(16)],
      );
    },
  };
}

/** Predictions over texts of ragged lengths, against transformers' text-classification pipeline. */

import { join } from "node:path";
import { saveCheckpoint } from "../../src/model/checkpoint/save.js";
import { modelParameters } from "../../src/model/heads.js";
import { loadTokenizer } from "../../src/text/load.js";
import { type BenchContext, type Benchmark, takeTurns, withSides } from "../benchmark.js";
import {
  atLeast,
  fastest,
  mediansText,
  ownFigure,
  ratioFigure,
  timeLimit,
  timesOf,
  WITHOUT_PEER,
} from "../figures.js";
import type { Outcome } from "../results.js";
import type { Side } from "../sides/conversation.js";
import {
  loadSource,
  quickModel,
  randomModel,
  robertaBase,
  shippedModel,
  weightStore,
} from "../work/model.js";
import { benchTexts } from "../work/texts.js";
import type { ModelSource } from "../work/work-file.js";

const CLASSES = 6;
const MAX_LENGTH = 128;
const OURS = "l3masking";
const ROUNDED = "l3masking in int8";
/** Texts in a batch of the pipeline; on a processor one at a time is often its best. */
const PEER_BATCHES = [1, 8, 32];

/** Writes a classifier with the tokenizer of minilm. */
async function classifierFolder(context: BenchContext, model: ModelSource, name: string) {
  const folder = join(context.folder, `classifier-${name}`);
  const source = await loadSource(model);
  const parameters = modelParameters(source.spec, { classes: CLASSES });
  const store = weightStore(source, parameters);
  const tokenizer = await loadTokenizer(join(context.root, "models/minilm"));
  await saveCheckpoint(folder, {
    spec: source.spec,
    values: new Map(parameters.map((parameter) => [parameter.name, store.weight(parameter.name)])),
    kind: "sequence-classification",
    labels: Array.from({ length: CLASSES }, (_, label) => `label ${label}`),
    tokenizerFiles: tokenizer.files(),
  });
  return folder;
}

async function comparePrediction(
  context: BenchContext,
  {
    size,
    folder,
    perTurn,
    turns,
  }: { size: string; folder: string; perTurn: number; turns: number },
): Promise<Outcome> {
  const { source, texts } = await benchTexts(context.root);
  const used = texts.slice(0, perTurn * turns);
  const work = { kind: "prediction" as const, folder, texts: used, maxLength: MAX_LENGTH };
  return withSides(context, work, "prediction", async ({ ours, peer }) => {
    const labels = new Map<string, number[]>();
    const contender = (
      name: string,
      side: Side,
      how: { batchSize?: number; precision?: string } = {},
    ) => ({
      name,
      async run(turn: number) {
        const from = Math.max(0, turn) * perTurn;
        const range = { from, to: from + perTurn };
        const { seconds, list } = await side.ask({ do: "predict", ...range, ...how });
        if (turn >= 0) labels.set(name, [...(labels.get(name) ?? []), ...list]);
        return seconds;
      },
    });
    const others = PEER_BATCHES.map((batchSize) => ({
      name: `transformers pipeline, batches of ${batchSize}`,
      batchSize,
    }));
    const names = others.map(({ name }) => name);
    const times = await takeTurns(
      context,
      [
        contender(OURS, ours),
        contender(ROUNDED, ours, { precision: "int8" }),
        ...(peer === undefined
          ? []
          : others.map(({ name, batchSize }) => contender(name, peer, { batchSize }))),
      ],
      { warmups: 1, turns },
    );
    const own = timesOf(times, OURS);
    const bare = await ours.ask({ do: "products", from: 0, to: perTurn });
    const limit = timeLimit("products without padding", bare.seconds, own[0]);
    const what = `predictions of ${perTurn} texts, ${size}`;
    const agree = (name: string, other: string) => {
      const [labelsOf, others] = [labels.get(name) ?? [], labels.get(other) ?? []];
      return `${labelsOf.filter((label, text) => label === others[text]).length} of ${labelsOf.length}`;
    };
    const rounded = ratioFigure(
      `the same in int8, against our float32, ${size}`,
      timesOf(times, ROUNDED),
      { name: OURS, times: own },
      null,
      null,
    );
    const notes = [
      `${source}, ${perTurn} others in each turn, from text to label`,
      `${size}: in int8 ${agree(ROUNDED, OURS)} labels are those of float32`,
    ];
    if (peer === undefined) {
      const figures = [ownFigure(what, own, "s", null, limit), rounded];
      return { figures, notes: [...notes, WITHOUT_PEER], series: [], versions: {} };
    }
    const best = fastest(times, names);
    notes.push(
      `${size}: ${agree(OURS, best.name)} labels equal the peer's; its variants: ${mediansText(times, names)}; the best counts`,
    );
    const figures = [ratioFigure(what, own, best, atLeast(3), limit), rounded];
    return { figures, notes, series: [], versions: { ...peer.versions } };
  });
}

export const predictionBenchmark: Benchmark = {
  name: "prediction",
  title: "predictions on ragged texts",
  usesPeer: true,
  async run(context) {
    const { quick, root } = context;
    const sizes = quick
      ? [{ size: "a tiny model", model: randomModel(quickModel), perTurn: 16, turns: 2 }]
      : [
          { size: "RoBERTa-base size", model: randomModel(robertaBase), perTurn: 64, turns: 5 },
          { size: "minilm", model: shippedModel(root), perTurn: 256, turns: 6 },
        ];
    const outcomes: Outcome[] = [];
    for (const [index, { model, ...plan }] of sizes.entries()) {
      const folder = await classifierFolder(context, model, String(index));
      outcomes.push(await comparePrediction(context, { ...plan, folder }));
    }
    return {
      figures: outcomes.flatMap(({ figures }) => figures),
      notes: [...new Set(outcomes.flatMap(({ notes }) => notes))],
      series: [],
      versions: outcomes[0].versions,
    };
  },
};

/** A learning curve on request: what the linear candidates reach with a part of the training texts, and what twice the texts would give. */
import { capitalized, counted, percent, textTable } from "../../base/figures.js";
import { randomStream } from "../../base/random.js";
import type { Dataset } from "../../data/dataset.js";
import { type Folds, NEVER_HELD_OUT, rowsOfFold } from "../../data/folds.js";
import type { Method } from "../../method/methods.js";
import type { EmbeddedTexts } from "../../model/linear/embed-classifier.js";
import { labelMeasureOf } from "../../results/metrics/label-measures.js";
import { classificationMetrics } from "../../results/metrics/metrics.js";
import { heldOutAnswers } from "../../results/metrics/thresholds.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import { bootstrapMetrics, standardError } from "../../results/statistics/bootstrap.js";
import type { PlacedTrainSettings } from "../folder/named-folder.js";
import type { Host } from "../host/host.js";
import { type HeldOutAnswers, titleOf } from "./choice.js";
import { embedAnswers, tfidfAnswers } from "./cross-validation.js";
import type { EmbeddedRun } from "./embedding.js";
import { curveShares } from "./linear-time.js";
import { measuredRows } from "./run-metrics.js";

const RESAMPLES = 1000;

type LearningCurve = NonNullable<RunMetrics["learning_curve"]>;

/** What it is made from. */
interface CurveInputs {
  readonly data: Pick<Dataset, "train" | "dev" | "labels" | "space">;
  /** Of the training texts, where they are held out in turn. */
  readonly folds: Folds | undefined;
  readonly settings: Pick<
    PlacedTrainSettings,
    "learningCurve" | "metricForBestModel" | "outputDir" | "seed"
  >;
}

/**
 * Trains TF-IDF, and TF-IDF with embeddings where the texts are embedded, on parts of the training texts of each fold, every label in its share, and
 * measures them on the texts held out, those of the folds or else of dev. With y_1, y_2, y_3 at 25, 50 and 100 %, the least-squares slope by
 * log2 of the number of texts is (y_3 - y_1) / 2; its standard error is that of a bootstrap over the held-out texts, so it does not cover other
 * training texts. Undefined where none is asked for. Throws `interrupted` after a stop on request.
 */
export async function learningCurve(
  inputs: CurveInputs,
  embedded: EmbeddedRun | undefined,
  host: Host,
): Promise<LearningCurve | undefined> {
  const { settings, data, folds: dealt } = inputs;
  if (!settings.learningCurve) return undefined;
  const run = dealt ? inputs : withDev(inputs);
  const folds = dealt ?? devAsFold(data);
  const embeddings = embedded && (dealt ? embedded.train : joined(embedded.train, embedded.dev));
  const sizes = curveShares.map((share) => Math.round(share * trainingTexts(folds)));
  const curves = [
    await curveOf("tfidf", (share) => tfidfAnswers(run, folds, host, share), run, sizes),
    ...(embeddings === undefined
      ? []
      : [
          await curveOf(
            "embed",
            (share) => embedAnswers(run, embeddings, folds, host, share),
            run,
            sizes,
          ),
        ]),
  ];
  const { metricForBestModel: metric } = settings;
  const { title } = labelMeasureOf(metric);
  const [{ rows }] = curves;
  const table = curves.map(({ method, points }) => [
    capitalized(titleOf(method)),
    ...points.map((point) => percent(point[metric])),
  ]);
  const heads = [
    `${title} on ${counted(rows, "held-out text")}`,
    ...sizes.map((size) => counted(size, "text")),
  ];
  const text = curves.map((curve) => doublingText(curve, title)).join(" ");
  const told = `learning curve\n${textTable([heads, ...table])}\n${text}`;
  host.emit({ type: "notice", level: "info", text: told });
  return {
    metric,
    rows,
    points: curves.flatMap(({ points }) => points),
    doubling: curves.map(({ method, gain, standard_error }) => ({ method, gain, standard_error })),
    text,
  };
}

type Curve = LearningCurve["doubling"][number] & Pick<LearningCurve, "points" | "rows">;

async function curveOf(
  method: Method,
  answer: (share: number) => Promise<HeldOutAnswers>,
  { data: { train, space }, settings }: CurveInputs,
  sizes: readonly number[],
): Promise<Curve> {
  const answers: HeldOutAnswers[] = [];
  for (const share of curveShares) answers.push(await answer(share));
  const { labelIds } = measuredRows(answers[0], train.labelIds);
  // A label that only dev has has no logit.
  const known = [...labelIds.keys()].filter((row) => labelIds[row] >= 0);
  const pick = (ids: Int32Array) => Int32Array.from(known, (row) => ids[row]);
  const expected = pick(labelIds);
  const predicted = answers.map(({ logits }) => pick(heldOutAnswers(logits, labelIds, space)));
  const points = predicted.map((ids, index) => ({
    ...{ method, share: curveShares[index], texts: sizes[index] },
    ...classificationMetrics(expected, ids, space).measures,
  }));
  const { metricForBestModel: metric, seed } = settings;
  const rows = { expected, labels: space, predicted };
  const random = randomStream(seed, "learning curve", "resamples");
  const [first, , last] = (await bootstrapMetrics(rows, RESAMPLES, random))[metric];
  return {
    method,
    points,
    rows: expected.length,
    gain: (points[2][metric] - points[0][metric]) / 2,
    standard_error: standardError(last.map((value, sample) => (value - first[sample]) / 2)),
  };
}

function doublingText({ method, gain, standard_error: error }: Curve, title: string): string {
  const points = `${gain < 0 ? "−" : "+"}${(100 * Math.abs(gain)).toFixed(1)} points`;
  return `Twice the texts would give ${titleOf(method)} about ${points} of ${title} (standard error ${(100 * error).toFixed(1)}), if the curve goes on as from 25 to 100 % of them.`;
}

/** The texts of train and dev, in this order. */
function withDev({ settings, data: { train, dev, labels, space } }: CurveInputs): CurveInputs {
  const both = {
    texts: [...train.texts, ...dev.texts],
    labelIds: Int32Array.from([...train.labelIds, ...dev.labelIds]),
    records: [...train.records, ...dev.records],
  };
  return { settings, data: { train: both, dev, labels, space }, folds: undefined };
}

/** One fold of `withDev`'s texts, that of dev. */
function devAsFold({ train, dev }: CurveInputs["data"]): Folds {
  const ofRow = new Int32Array(train.texts.length + dev.texts.length);
  return { count: 1, ofRow: ofRow.fill(NEVER_HELD_OUT, 0, train.texts.length) };
}

function joined(a: EmbeddedTexts, b: EmbeddedTexts): EmbeddedTexts {
  const embeddings = new Float32Array(a.embeddings.length + b.embeddings.length);
  embeddings.set(a.embeddings);
  embeddings.set(b.embeddings, a.embeddings.length);
  return { texts: [...a.texts, ...b.texts], embeddings };
}

/** Of a fold, on average. */
function trainingTexts(folds: Folds): number {
  const sizes = Array.from(
    { length: folds.count },
    (_, fold) => rowsOfFold(folds, fold).train.length,
  );
  return sizes.reduce((a, b) => a + b, 0) / folds.count;
}

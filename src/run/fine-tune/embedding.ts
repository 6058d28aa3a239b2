/** The candidate of a run that reads n-grams and embeddings by the model as it is: every text is embedded once, whatever is trained on it. */
import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { AUTO, readsEmbeddings } from "../../method/methods.js";
import {
  type EmbedClassifier,
  type EmbeddedTexts,
  embedLogits,
  fitEmbed,
} from "../../model/linear/embed-classifier.js";
import { openEmbedder } from "../classifiers/embed.js";
import type { Host } from "../host/host.js";
import type { RunInputs } from "./inputs.js";
import { isLeftOut, type PlannedInputs } from "./work-plan.js";

/** The texts of a run with their embeddings. */
export interface EmbeddedRun {
  readonly train: EmbeddedTexts;
  readonly dev: EmbeddedTexts;
  readonly test: EmbeddedTexts;
  /** How long it took. */
  readonly seconds: number;
}

/** Embeds all texts of a run, for `embed` and as a candidate of `auto`; undefined for other methods, and where there is no time. Throws `interrupted` after a stop on request. */
export async function embeddedRun(
  { settings, data, model, plan }: PlannedInputs,
  runtime: Runtime,
  host: Host,
): Promise<EmbeddedRun | undefined> {
  const { method, evalTokens } = settings;
  if ((method !== AUTO && !readsEmbeddings(method)) || isLeftOut(plan, "embed")) return undefined;
  const start = host.now();
  const { train, dev, test } = data.encodings;
  const encodings = [...train, ...dev, ...test];
  const total = encodings.length;
  const { embed, dispose } = await openEmbedder({ model }, runtime);
  try {
    const all = await embed(encodings, evalTokens, (done) => {
      host.emit({ type: "progress", task: "embedding", done, total, unit: "texts" });
      if (host.cancelled() && done < total) throw stopped(`${done} of ${total} texts`);
    });
    const width = model.spec.hiddenSize;
    const part = (texts: readonly string[], first: number): EmbeddedTexts => ({
      texts,
      embeddings: all.subarray(first * width, (first + texts.length) * width),
    });
    return {
      train: part(data.train.texts, 0),
      dev: part(data.dev.texts, train.length),
      test: part(data.test?.texts ?? [], train.length + dev.length),
      seconds: (host.now() - start) / 1000,
    };
  } finally {
    await dispose();
  }
}

export interface TrainedEmbed {
  readonly classifier: EmbedClassifier;
  /** How long embedding and training took. */
  readonly seconds: number;
  /** Logits [N, C] of a split's texts. */
  logitsOf(split: "dev" | "test"): Float32Array;
}

/** Trains on all training texts, where that is wanted. Throws `interrupted` after a stop on request. */
export function trainEmbed(
  { data: { train, space } }: RunInputs,
  embedded: EmbeddedRun | undefined,
  wanted: string,
  host: Host,
): TrainedEmbed | undefined {
  if (embedded === undefined || !(wanted === AUTO || readsEmbeddings(wanted))) return undefined;
  const start = host.now();
  const classifier = fitEmbed(embedded.train, train.labelIds, space, () => {
    if (host.cancelled()) throw stopped("the texts, while the classifier was trained");
  });
  return {
    classifier,
    seconds: embedded.seconds + (host.now() - start) / 1000,
    logitsOf: (split) => embedLogits(classifier, embedded[split]),
  };
}

function stopped(place: string): L3MaskingError {
  return new L3MaskingError("interrupted", `stopped after embedding ${place}`, {
    hint: "Resume with the same command and --resume.",
  });
}

/** A linear classifier that reads embeddings, in memory. */

import { L3MaskingError } from "../../base/errors.js";
import type { Task } from "../../data/task.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { compileTextEmbeddings } from "../../method/program/text-embeddings.js";
import { wordAttributions } from "../../model/linear/attribution.js";
import { embeddingPart, embedLogits } from "../../model/linear/embed-classifier.js";
import { explainedLabel } from "../../results/records/predictions.js";
import type { ExplainedText } from "../../results/records/token-masks.js";
import { encodeOnce } from "../../text/encode-once.js";
import type { Encoding } from "../../text/encoding.js";
import { trainedTemperature, trainedThresholds } from "../folder/saved-classifier.js";
import type { Host } from "../host/host.js";
import { predictionsOf, rowsOfEncodings } from "../inference/classify.js";
import { allWindows, averagedEmbeddings } from "../inference/windows.js";
import type { ClassifierSettings, ExplainSettings } from "../settings/schemas.js";
import { weightsOf } from "../sources/model-facts.js";
import { countEncodings, requireKnownWords } from "../sources/text-counts.js";
import { type Embedder, loadEmbed } from "./embed-folder.js";
import { givenFlags, ofEncoders } from "./linear.js";
import { explainedWords } from "./linear-explanation.js";
import { classifierOf, type OpenClassifier, type ReadTexts, tellTexts } from "./open-classifier.js";

/** Those of encoders but for the most tokens of a text, which its encoder has as well. */
const withoutUse = ofEncoders.filter((name) => name !== "maxLength");

/** Tokens of a batch where no setting says how many. */
const BATCH_TOKENS = 1024;

/** Embeds texts by the model as it is. The caller disposes of it. */
export async function openEmbedder(
  { model: { spec, weights } }: Pick<Embedder, "model">,
  runtime: Runtime,
) {
  const fixed = weightsOf(await weights());
  const program = await compileTextEmbeddings(runtime, spec, { fixed });
  return {
    /** [N, H]; those of a text's windows are averaged. */
    async embed(
      encodings: readonly Encoding[],
      evalTokens: number,
      onBatch: (done: number) => void,
    ): Promise<Float32Array> {
      const { windows, counts } = allWindows(encodings);
      const told = (done: number) => onBatch(Math.floor((done / windows.length) * counts.length));
      const found = await rowsOfEncodings(program.embeddings, spec, windows, evalTokens, told);
      return averagedEmbeddings(found, counts);
    },
    dispose: () => program.dispose(),
  };
}

/** Opens the classifier in a folder. Throws what `loadEmbed` throws, and `invalid-setting` for settings that it has no use for. */
export async function openEmbed(
  folder: string,
  settings: ClassifierSettings,
  host: Host,
): Promise<OpenClassifier> {
  const { evalTokens } = settings;
  requireNoOthers(folder, [
    ...givenFlags(settings, withoutUse),
    ...(settings.precision === "int8" ? ["--precision int8"] : []),
  ]);
  const { classifier, labels, task, model, maxLength } = await loadEmbed(
    folder,
    settings.maxLength,
    host,
    settings.longTexts,
  );
  const { tokenizer } = model;
  const temperature = settings.fittedTemperature ? trainedTemperature(folder) : 1;
  const thresholds = trainedThresholds(folder, labels, task, temperature);
  const { embed, dispose } = await openEmbedder({ model }, await host.runtime(settings));
  const read = (texts: readonly string[]): ReadTexts => {
    const encodings = texts.map(encodeOnce(tokenizer, maxLength));
    return {
      counts: countEncodings(encodings, tokenizer),
      async logits(onBatch) {
        const embeddings = await embed(encodings, evalTokens, onBatch);
        return embedLogits(classifier, { texts, embeddings }).map((logit) => logit / temperature);
      },
    };
  };
  return classifierOf({ folder, labels, task, thresholds, hasTokens: true, read, dispose }, host);
}

/**
 * Explains texts by their words, as `explainLinear` does, and by what the embedding of the whole text adds to the label's score. `check` is
 * given the labels before any text is embedded. Throws what `loadEmbed` and `check` throw, `invalid-setting` for settings that it has no use
 * for, and `interrupted` after a stop on request.
 */
export async function explainEmbed(
  settings: ExplainSettings,
  textsOf: (task: Task) => Promise<readonly string[]>,
  check: (labels: readonly string[]) => void,
  host: Host,
): Promise<readonly ExplainedText[]> {
  requireNoOthers(settings.model, givenFlags(settings, withoutUse));
  const { classifier, labels, task, model, maxLength } = await loadEmbed(
    settings.model,
    settings.maxLength,
    host,
  );
  check(labels);
  const texts = await textsOf(task);
  const encodings = texts.map(encodeOnce(model.tokenizer, maxLength));
  requireKnownWords(countEncodings(encodings, model.tokenizer), "the texts");
  const { embed, dispose } = await openEmbedder({ model }, await host.runtime(settings));
  try {
    const total = texts.length;
    const embeddings = await embed(encodings, BATCH_TOKENS, (done) =>
      tellTexts("explaining", done, total, host),
    );
    const thresholds = trainedThresholds(settings.model, labels, task);
    const logits = embedLogits(classifier, { texts, embeddings });
    const predictions = predictionsOf(logits, labels, thresholds);
    const { size } = classifier;
    return texts.map((text, index) => {
      const prediction = predictions[index];
      const explained = settings.label ?? explainedLabel(prediction);
      const label = labels.indexOf(explained);
      const embedding = embeddings.subarray(index * size, (index + 1) * size);
      return {
        text,
        ...explainedWords(wordAttributions(classifier, text, label)),
        ...prediction,
        explained_label: explained,
        embedding_attribution: embeddingPart(classifier, embedding, label),
      };
    });
  } finally {
    await dispose();
  }
}

/** Throws `invalid-setting` for flags that it has no use for. */
function requireNoOthers(folder: string, flags: readonly string[]): void {
  if (flags.length === 0) return;
  const given = flags.join(", ");
  throw new L3MaskingError(
    "invalid-setting",
    `expected no ${given} for ${folder}, a linear classifier of n-grams and embeddings`,
    { hint: `Leave ${given} out.` },
  );
}

/** `explain`: the tokens of single texts, as the vanilla model and the trained classifier see them. */

import { L3MaskingError } from "../base/errors.js";
import { nearestName } from "../base/nearest.js";
import { randomStream } from "../base/random.js";
import { readRecords } from "../data/read.js";
import { type Task, textsFor } from "../data/task.js";
import { createStrategy } from "../method/masking/probabilities.js";
import { maskingOf } from "../method/methods.js";
import { dirname, resolve } from "../platform/paths.js";
import { explainedLabel } from "../results/records/predictions.js";
import { type ExplainedText, maskLevels } from "../results/records/token-masks.js";
import { renderExplanation } from "../results/report/pages/explanation.js";
import { explainEmbed } from "../run/classifiers/embed.js";
import { type LoadedClassifier, loadClassifier } from "../run/classifiers/encoder.js";
import { type ClassifierKind, classifierKind } from "../run/classifiers/kinds.js";
import { explainLinear } from "../run/classifiers/linear-explanation.js";
import { tellTexts } from "../run/classifiers/open-classifier.js";
import { explainStack } from "../run/classifiers/stack-explanation.js";
import { tokenMasks } from "../run/fine-tune/token-masks.js";
import { requireWritable, writeWhole } from "../run/folder/run-folder.js";
import { type RecordedRun, runOfClassifier } from "../run/folder/training-record.js";
import type { Host } from "../run/host/host.js";
import { asWritten, attributedWords } from "../run/inference/attributed-words.js";
import { textAttributions } from "../run/inference/attributions.js";
import { columnsFor, requireColumns } from "../run/inference/columns.js";
import {
  explainedStrategy,
  maskingSettings,
  predictionsFor,
  vanillaEncodings,
} from "../run/inference/explained-texts.js";
import { loadVanilla } from "../run/inference/run-vanilla.js";
import type { ExplainSettings } from "../run/settings/schemas.js";
import { scoreEncodings } from "../run/sources/model.js";
import { asReading, weightsOf } from "../run/sources/model-facts.js";
import { alteredNotice, countEncodings, requireKnownWords } from "../run/sources/text-counts.js";
import { encodeOnce } from "../text/encode-once.js";
import { wholeText } from "../text/long-texts.js";

/** What `explain` found: texts token by token. */
export interface ExplainResult {
  readonly model: string;
  /** The vanilla model, by a name that finds it again; null for a linear classifier and a stack, which have none. */
  readonly vanilla_model: string | null;
  /** Estimator, budget and what else decides mask probabilities and masks, by name of the setting; empty without a vanilla model. */
  readonly masking: Readonly<Record<string, string | number>>;
  /** What the attributions are parts of: "n-grams" for a linear classifier; of a stack, those of its encoder. */
  readonly attribution_input: "embeddings" | "words" | "n-grams";
  /** Of a stack: the share of its encoder; TF-IDF has the rest. */
  readonly encoder_weight?: number;
  readonly seed: number;
  /** Mask probabilities at which the next stronger colour begins. */
  readonly mask_levels: readonly number[];
  /** Texts of the input that are not explained. */
  readonly left_out: number;
  readonly texts: readonly ExplainedText[];
  /** The page written; absent where none was asked for. */
  readonly output?: string;
}

/**
 * Explains texts: surprisals under the vanilla model, mask probabilities and sampled masks of L3Masking, the predicted label,
 * and each token's attribution to the logit of that label or of `label`. Settings of masking that are not given are those
 * of the classifier's run. Of a run whose method scores no tokens, of a linear classifier and of a stack, only label and attributions are given,
 * word by word, unless a vanilla model is named, which the last two have no use for. Writes a page where `output` names one.
 *
 * Throws `missing-setting` without texts, `invalid-setting` for texts given twice, an unknown label, settings that the classifier has no use
 * for, an output that is no page or cannot be written, and a vanilla model that reads the texts as other tokens; and what `loadClassifier`,
 * `loadVanilla`, reading and scoring throw. A stop on request throws `interrupted` between batches.
 */
export async function runExplain(settings: ExplainSettings, host: Host): Promise<ExplainResult> {
  const { output } = settings;
  if (output !== undefined) requirePage(output);
  const kind = classifierKind(settings.model);
  let leftOut = 0;
  const explained = await explainedBy[kind](
    settings,
    async (task) => {
      const chosen = await chosenTexts(settings, task);
      leftOut = chosen.leftOut;
      return chosen.texts;
    },
    host,
  );
  const result: ExplainResult = {
    model: settings.model,
    seed: settings.seed,
    mask_levels: maskLevels,
    left_out: leftOut,
    ...explained,
    ...(output !== undefined && { output }),
  };
  if (output !== undefined) {
    writeWhole(output, renderExplanation(result, { date: host.today() }).html);
  }
  return result;
}

/** The texts to explain, once the task of the classifier is known. */
type ChosenTexts = (task: Task) => Promise<readonly string[]>;

type Explained = Pick<
  ExplainResult,
  "vanilla_model" | "masking" | "attribution_input" | "encoder_weight" | "texts"
>;

type Explain = (settings: ExplainSettings, textsOf: ChosenTexts, host: Host) => Promise<Explained>;

/** By linear classifiers and a stack: nothing but labels and attributions, word by word. */
const explainedBy: { readonly [Kind in ClassifierKind]: Explain } = {
  encoder: explainedByTokens,
  linear: async (settings, textsOf) => ({
    ...byWords,
    texts: await explainLinear(settings, textsOf, labelCheck(settings)),
  }),
  embed: async (settings, textsOf, host) => ({
    ...byWords,
    texts: await explainEmbed(settings, textsOf, labelCheck(settings), host),
  }),
  async stack(settings, textsOf, host) {
    const found = await explainStack(settings, textsOf, labelCheck(settings), host);
    return {
      ...byWords,
      attribution_input: settings.attributionInput,
      encoder_weight: found.encoderWeight,
      texts: found.texts,
    };
  },
};

const byWords = { vanilla_model: null, masking: {}, attribution_input: "n-grams" } as const;

function labelCheck({ label }: ExplainSettings): (labels: readonly string[]) => void {
  return (labels) => requireLabel(label, labels);
}

async function explainedByTokens(
  settings: ExplainSettings,
  textsOf: ChosenTexts,
  host: Host,
): Promise<Explained> {
  const { seed, samples } = settings;
  const classifier = await loadClassifier(settings.model, settings.maxLength, host);
  const { labels, maxLength, tokenizer } = classifier;
  requireLabel(settings.label, labels);
  const texts = await textsOf(classifier.task);
  const run = runOf(classifier.folder);
  const needs = run && maskingOf(run.record.settings.method)?.needs;
  if (settings.vanillaModel === undefined && run && needs !== "scores") {
    return explainedWithoutMasks(settings, texts, classifier, host);
  }
  if (tokenizer.keeps === "windows") {
    throw new L3MaskingError(
      "invalid-setting",
      `expected no --vanilla-model for ${settings.model}, which reads long texts in windows, while masks are those of a text in one piece`,
      { hint: "Leave --vanilla-model out." },
    );
  }
  const found = await loadVanilla(settings.vanillaModel, run, host);
  const longTexts = tokenizer.keeps ?? "head";
  const vanilla = {
    name: found.name,
    model: asReading(found.model, { longTexts, task: classifier.task }),
  };
  const encodings = texts.map(encodeOnce(tokenizer, maxLength));
  const counts = countEncodings(encodings, tokenizer);
  requireKnownWords(counts, "the texts");
  const notice = alteredNotice(counts);
  if (notice !== undefined) host.emit(notice);
  const ofVanilla = vanillaEncodings(texts, encodings, vanilla.model, classifier);

  const masking = maskingSettings(settings, run);
  const runtime = await host.runtime(settings);
  const scoring = { ...settings, maxLength, estimator: masking.estimator };
  const { scores } = await scoreEncodings(vanilla.model, ofVanilla, scoring, runtime, host);
  const strategy = createStrategy(explainedStrategy(run), {
    budget: masking.mlmProbability,
    calibration: masking.calibration,
    exponent: masking.gamma,
  });
  const predictions = await predictionsFor(classifier, encodings, runtime, (done) =>
    tellTexts("predicting", done, texts.length, host),
  );
  const asked = predictions.map((one) => settings.label ?? explainedLabel(one));
  const { spec, values } = classifier;
  const attributions = await textAttributions(
    { spec, classes: labels.length, weights: { fixed: weightsOf(values) } },
    encodings,
    Int32Array.from(asked, (label) => labels.indexOf(label)),
    settings.attributionInput,
    runtime,
    (done) => tellTexts("explaining", done, texts.length, host),
  );

  const explained = texts.map((text, index): ExplainedText => {
    const encoding = encodings[index];
    const probabilities = strategy.probabilities(
      ofVanilla[index],
      scores[index],
      randomStream(seed, strategy.name, index),
    );
    const draws = { ...masking, seed, samples };
    return {
      text,
      truncated: encoding.truncated,
      ids: Array.from(encoding.ids),
      ...tokenMasks(encoding, index, scores[index], probabilities, draws, tokenizer),
      ...predictions[index],
      explained_label: asked[index],
      attribution: Array.from(attributions[index]),
    };
  });
  return {
    vanilla_model: vanilla.name,
    masking: {
      estimator: masking.estimator,
      mlm_probability: masking.mlmProbability,
      calibration: masking.calibration,
      gamma: masking.gamma,
      selection: masking.selection,
      mask_replace_prob: masking.maskReplaceProb,
      random_replace_prob: masking.randomReplaceProb,
    },
    attribution_input: settings.attributionInput,
    texts: explained,
  };
}

/** The run of a classifier, or of the stack whose encoder it is. */
function runOf(folder: string): RecordedRun | undefined {
  const whole = dirname(resolve(folder));
  return runOfClassifier(classifierKind(whole) === "stack" ? whole : folder);
}

/** Of a run whose method scores no tokens: labels and attributions alone, word by word. */
async function explainedWithoutMasks(
  settings: ExplainSettings,
  texts: readonly string[],
  classifier: LoadedClassifier,
  host: Host,
): Promise<Explained> {
  const { spec, values, labels, maxLength, tokenizer } = classifier;
  const { attributionInput } = settings;
  const encodings = texts.map(encodeOnce(tokenizer, maxLength));
  const counts = countEncodings(encodings, tokenizer);
  requireKnownWords(counts, "the texts");
  const notice = alteredNotice(counts);
  if (notice !== undefined) host.emit(notice);
  const runtime = await host.runtime(settings);
  const predictions = await predictionsFor(classifier, encodings, runtime, (done) =>
    tellTexts("predicting", done, texts.length, host),
  );
  const asked = predictions.map((one) => settings.label ?? explainedLabel(one));
  const found = await textAttributions(
    { spec, classes: labels.length, weights: { fixed: weightsOf(values) } },
    encodings,
    Int32Array.from(asked, (label) => labels.indexOf(label)),
    attributionInput,
    runtime,
    (done) => tellTexts("explaining", done, texts.length, host),
  );
  const explained = texts.map((text, index): ExplainedText => {
    const words = asWritten(
      attributedWords(wholeText(encodings[index]), found[index], tokenizer),
      text,
    );
    return {
      text,
      truncated: encodings[index].truncated,
      tokens: words.pieces.map((piece) => piece.trimStart()),
      pieces: words.pieces,
      word_ids: words.pieces.map((_, word) => word),
      surprisal: words.pieces.map(() => null),
      mask_probability: words.pieces.map(() => null),
      masks: [],
      ...predictions[index],
      explained_label: asked[index],
      attribution: words.attribution,
    };
  });
  return {
    vanilla_model: null,
    masking: {},
    attribution_input: attributionInput,
    texts: explained,
  };
}

/**
 * The texts given, which a classifier of pairs takes two by two, or the first of the file; and how many of the file are left out. Throws
 * `data-pair` for an odd number of texts where they are pairs.
 */
async function chosenTexts(
  { texts, input, textColumn, maxTexts }: ExplainSettings,
  task: Task,
): Promise<{ readonly texts: readonly string[]; readonly leftOut: number }> {
  const given = texts ?? [];
  if (given.length > 0 && input !== undefined) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected texts or --input, got both: ${given.length} texts and ${input}`,
      { hint: "Keep one of the two." },
    );
  }
  if (input === undefined) {
    if (given.length > 0) return { texts: twoByTwo(given, task), leftOut: 0 };
    throw new L3MaskingError("missing-setting", "expected a text to explain, got none", {
      hint: 'Write it at the end, l3masking explain --model runs/l3/model "The text.", or pass --input FILE.',
    });
  }
  const file = await readRecords(input, columnsFor({ textColumn, labels: "unread" }, task));
  requireColumns(file, task, input);
  const { records } = file;
  const chosen = records.slice(0, maxTexts).map(({ text }) => text);
  return { texts: chosen, leftOut: records.length - chosen.length };
}

function twoByTwo(texts: readonly string[], task: Task): readonly string[] {
  const { length: parts } = task.textColumns;
  const groups = Array.from({ length: Math.ceil(texts.length / parts) }, (_, index) =>
    texts.slice(index * parts, (index + 1) * parts),
  );
  return textsFor(
    groups.map((group) => (group.length === 2 ? ([group[0], group[1]] as const) : group[0])),
    task,
  );
}

/** Throws `invalid-setting` for a file that is no page, or cannot be written. */
function requirePage(path: string): void {
  if (!/\.html?$/i.test(path)) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected an output file that ends in .html, got ${path}`,
      {
        hint: "Name an HTML page after --output, or use --json for the numbers.",
      },
    );
  }
  requireWritable(path);
}

function requireLabel(label: string | undefined, labels: readonly string[]): void {
  if (label === undefined || labels.includes(label)) return;
  const nearest = nearestName(label, labels);
  throw new L3MaskingError(
    "invalid-setting",
    `expected one of the classifier's labels (${labels.join(", ")}), got "${label}"`,
    { hint: nearest === undefined ? "Correct --label." : `Did you mean "${nearest}"?` },
  );
}

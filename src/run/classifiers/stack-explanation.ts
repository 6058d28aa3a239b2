/**
 * Texts explained by a stack. Up to a constant that all labels share, its logit of a label is
 *
 *     z = w z_encoder + (1 - w) z_tfidf
 *
 * so a word's part in it is w times its part in the encoder's logit, by gradient x input, and 1 - w times its exact part in that of TF-IDF.
 */

import { L3MaskingError } from "../../base/errors.js";
import type { Task } from "../../data/task.js";
import { labelSpace } from "../../data/task.js";
import { wordAttributions } from "../../model/linear/attribution.js";
import { type TfidfClassifier, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { join } from "../../platform/paths.js";
import { explainedLabel } from "../../results/records/predictions.js";
import type { ExplainedText } from "../../results/records/token-masks.js";
import { encodeOnce } from "../../text/encode-once.js";
import { NO_WORD, type Tokenizer } from "../../text/encoding.js";
import { wholeText } from "../../text/long-texts.js";
import { trainedThresholds } from "../folder/saved-classifier.js";
import type { Host } from "../host/host.js";
import type {
  AttributedTokens,
  AttributeTokens,
  ExplainTexts,
} from "../inference/attributed-words.js";
import { textAttributions } from "../inference/attributions.js";
import { predictionsOf } from "../inference/classify.js";
import { logitsFor } from "../inference/explained-texts.js";
import type { ExplainSettings } from "../settings/schemas.js";
import { weightsOf } from "../sources/model-facts.js";
import { alteredNotice, countEncodings, requireKnownWords } from "../sources/text-counts.js";
import { loadClassifier } from "./encoder.js";
import { givenFlags, ofEncoders } from "./linear.js";
import { tellTexts } from "./open-classifier.js";
import { ENCODER, loadStackParts } from "./stack.js";
import { stackedLogits } from "./stacked-logits.js";

/** What a stack needs to explain a text beside the encoder. */
export interface ExplainedStack {
  readonly linear: TfidfClassifier;
  /** w, the share of the encoder. */
  readonly encoderWeight: number;
  readonly tokenizer: Tokenizer;
}

/** The words of a text between spaces, and the part of each in the stack's logit of a label: by both, and by either alone. */
export interface StackedWords {
  /** With the space before each. */
  readonly pieces: readonly string[]; // [n]
  /** The sums of both parts. */
  readonly attribution: readonly number[]; // [n]
  readonly parts: { readonly encoder: readonly number[]; readonly tfidf: readonly number[] }; // [n] each
}

/**
 * Words of `text` with their parts in the logit of `label` (an id), by the tokens' parts in that of the encoder. What the encoder did not
 * read has the part of TF-IDF alone. Where the encoder's words cannot be told apart by the spaces of the text, all of it is one piece.
 */
export function stackedWords(
  { linear, encoderWeight: w, tokenizer }: ExplainedStack,
  text: string,
  label: number,
  { encoding, attribution }: AttributedTokens,
): StackedWords {
  const words = wordAttributions(linear, text, label);
  const found = pieceOfWords(text, words.pieces, tokenizer);
  const pieces = found === undefined ? [text] : words.pieces;
  const encoder = pieces.map(() => 0);
  encoding.wordIds.forEach((word, position) => {
    if (word !== NO_WORD) encoder[found?.[word] ?? 0] += w * attribution[position];
  });
  // Of two labels its score is the difference of two logits, half of which is either's part.
  const share = (1 - w) * (linear.linear.intercepts.length === 1 ? 0.5 : 1);
  const tfidf = pieces.map(() => 0);
  words.attributions.forEach((value, word) => {
    tfidf[found === undefined ? 0 : word] += share * value;
  });
  return {
    pieces,
    attribution: encoder.map((value, piece) => rounded(value + tfidf[piece])),
    parts: { encoder: encoder.map(rounded), tfidf: tfidf.map(rounded) },
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** In which piece each of the tokenizer's words lies; undefined where the pieces by themselves have other words than the text. */
function pieceOfWords(
  text: string,
  pieces: readonly string[],
  tokenizer: Tokenizer,
): readonly number[] | undefined {
  const wordsIn = (part: string) =>
    tokenizer
      .encode(part, Number.MAX_SAFE_INTEGER)
      .wordIds.reduce((most, word) => Math.max(most, word + 1), 0);
  const end = text.slice(pieces.reduce((sum, { length }) => sum + length, 0));
  const found = pieces.flatMap((piece, index) => {
    const part = index === pieces.length - 1 ? piece + end : piece;
    return new Array<number>(wordsIn(part)).fill(index);
  });
  return found.length === wordsIn(text) && pieces.length > 0 ? found : undefined;
}

/** Explains texts by both classifiers, word by word. */
export function stackExplainer(
  stack: ExplainedStack,
  labels: readonly string[],
  attribute: AttributeTokens,
): ExplainTexts {
  return async (texts, asked) => {
    const tokens = await attribute(texts, asked);
    return texts.map((text, index) => {
      const label = labels.indexOf(asked[index]);
      const { pieces, attribution } = stackedWords(stack, text, label, tokens[index]);
      return { pieces: [...pieces], attribution: [...attribution] };
    });
  };
}

/** Explained texts, and w. */
export interface ExplainedByStack {
  readonly texts: readonly ExplainedText[];
  readonly encoderWeight: number;
}

/**
 * Explains texts by the stack in a folder. Surprisals and mask probabilities are null and there are no masks. `check` is given the labels
 * before any work. Throws what opening its parts and `check` throw, `invalid-setting` for settings of masking, and `interrupted` after a stop
 * on request.
 */
export async function explainStack(
  settings: ExplainSettings,
  textsOf: (task: Task) => Promise<readonly string[]>,
  check: (labels: readonly string[]) => void,
  host: Host,
): Promise<ExplainedByStack> {
  const { model: folder, maxLength, attributionInput } = settings;
  requireNoMasking(folder, settings);
  const { encoderWeight, encoder: place, linear } = await loadStackParts(folder);
  const classifier = await loadClassifier(place, maxLength, host);
  const { labels, task, tokenizer, spec, values } = classifier;
  check(labels);
  const texts = await textsOf(task);
  const encodings = texts.map(encodeOnce(tokenizer, classifier.maxLength));
  const counts = countEncodings(encodings, tokenizer);
  requireKnownWords(counts, "the texts");
  const notice = alteredNotice(counts);
  if (notice !== undefined) host.emit(notice);
  const runtime = await host.runtime(settings);
  const total = texts.length;
  const ofEncoder = await logitsFor(classifier, encodings, runtime, (done) =>
    tellTexts("predicting", done, total, host),
  );
  const logits = stackedLogits(
    encoderWeight,
    ofEncoder,
    tfidfLogits(linear, texts),
    labelSpace(labels, task),
  );
  const predictions = predictionsOf(logits, labels, trainedThresholds(folder, labels, task));
  const asked = predictions.map((prediction) => settings.label ?? explainedLabel(prediction));
  const labelIds = Int32Array.from(asked, (label) => labels.indexOf(label));
  const found = await textAttributions(
    { spec, classes: labels.length, weights: { fixed: weightsOf(values) } },
    encodings,
    labelIds,
    attributionInput,
    runtime,
    (done) => tellTexts("explaining", done, total, host),
  );
  const explained = texts.map((text, index): ExplainedText => {
    const tokens = { encoding: wholeText(encodings[index]), attribution: found[index] };
    const words = stackedWords({ linear, encoderWeight, tokenizer }, text, labelIds[index], tokens);
    const { pieces, attribution, parts } = words;
    return {
      text,
      truncated: encodings[index].truncated,
      tokens: pieces.map((piece) => piece.trimStart()),
      pieces: [...pieces],
      word_ids: pieces.map((_, word) => word),
      surprisal: pieces.map(() => null),
      mask_probability: pieces.map(() => null),
      masks: [],
      ...predictions[index],
      explained_label: asked[index],
      attribution: [...attribution],
      attribution_parts: parts,
    };
  });
  return { texts: explained, encoderWeight };
}

/** Its encoder has a maximum length; nothing else of masking has a use. */
const ofMasking = ofEncoders.filter((name) => name !== "maxLength");

function requireNoMasking(folder: string, settings: object): void {
  const given = givenFlags(settings, ofMasking);
  if (given.length === 0) return;
  const flags = given.join(", ");
  throw new L3MaskingError(
    "invalid-setting",
    `expected no ${flags} for ${folder}, a stack with TF-IDF, which has no tokens to mask`,
    { hint: `Leave ${flags} out, or explain its encoder alone: --model ${join(folder, ENCODER)}.` },
  );
}

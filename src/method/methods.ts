/**
 * The fine-tuning methods that can be run and compared: one row each, from which flags, tables, pages and the model card
 * take its name. In the order of tables: baselines first; pages hold the last one against the others.
 */
import { L3MaskingError } from "../base/errors.js";
import { strategyOf } from "./masking/probabilities.js";
import type { StrategyName } from "./masking/strategies/strategies.js";
import { type MaskingStrategy, modelNeeds } from "./masking/strategies/strategy.js";

/** A row of the table. */
export interface MethodRow {
  /** Its name in `--method` and files. */
  readonly name: string;
  /** Its name in tables and charts. */
  readonly title: string;
  /** A few words for sentences and for the help of the flag. */
  readonly brief: string;
  /** A sentence for somebody who has never heard of it. */
  readonly meaning: string;
  /** Its look in charts: colour, dashes and marker of this number (results/report/charts/series.ts). */
  readonly look: number;
  /** Is it among the methods of a comparison that names none? */
  readonly comparedByDefault: boolean;
  /** Is what it trains a linear classifier? An encoder is fine-tuned where absent. */
  readonly linear?: true;
  /** Does the linear classifier read embeddings by the model beside the n-grams? */
  readonly embeddings?: true;
  /** Is what it trains mixed with the baseline? */
  readonly stacked?: true;
  /** Does the encoder learn to predict masked tokens of the texts before it learns to classify them? */
  readonly adaptsFirst?: true;
  /** Passes over the texts for each one that the settings ask for; 1 where absent. */
  readonly passes?: number;
  /** How tokens are masked for the auxiliary task; absent where the main task is trained alone. */
  readonly masking?: StrategyName | "own";
}

export const methods = [
  {
    name: "tfidf",
    title: "TF-IDF",
    brief: "n-grams with logistic regression",
    meaning:
      "The baseline: logistic regression on the weighted words and character sequences of a text. It trains in seconds and needs no model.",
    look: 3,
    comparedByDefault: true,
    linear: true,
  },
  {
    name: "embed",
    title: "TF-IDF + embeddings",
    brief: "n-grams and the model's embeddings with logistic regression",
    meaning:
      "Logistic regression on the weighted words and character sequences of a text and on its embedding, the mean of what the model makes of its tokens. The model itself is not trained, so it takes little more time than embedding the texts once.",
    look: 4,
    comparedByDefault: false,
    linear: true,
    embeddings: true,
  },
  {
    name: "stl",
    title: "STL",
    brief: "classification alone",
    meaning: "Single-task learning: the model learns only to classify the texts.",
    look: 0,
    comparedByDefault: true,
  },
  {
    name: "stl-long",
    title: "STL long",
    brief: "classification alone, with as many passes of the encoder as two tasks take",
    meaning:
      "A control for multi-task learning: the model learns only to classify, but for twice as many steps, so that it computes as much as a model with two tasks. What a second task gains over this, it gains by more than computing longer.",
    look: 8,
    comparedByDefault: false,
    passes: 2,
  },
  {
    name: "tapt",
    title: "TAPT",
    brief: "random token masking first, then classification alone",
    meaning:
      "Task-adaptive pretraining: first the model learns to predict tokens of the task's texts that are masked at random, then it learns to classify them. The same two tasks as in multi-task learning, one after the other.",
    look: 9,
    comparedByDefault: false,
    adaptsFirst: true,
  },
  {
    name: "stack",
    title: "TF-IDF + STL",
    brief: "the baseline and classification alone, their probabilities mixed",
    meaning:
      "TF-IDF with logistic regression and a model that learns only to classify the texts, side by side: the probabilities that the two give a label are mixed by a weight chosen on texts that neither was trained on.",
    look: 5,
    comparedByDefault: false,
    stacked: true,
  },
  {
    name: "rtm",
    title: "MTL RTM",
    brief: "random token masking",
    meaning:
      "Multi-task learning with random token masking: besides classifying, the model learns to predict tokens of the same texts that are masked at random.",
    look: 1,
    comparedByDefault: true,
    masking: "uniform",
  },
  {
    name: "l3-shuffled",
    title: "MTL L3 shuffled",
    brief: "a control: the chances of L3Masking, dealt at random",
    meaning:
      "A control for L3Masking: every text's mask probabilities are those of L3Masking, dealt to its tokens at random. What L3Masking gains over this, it gains by knowing which tokens are unlikely.",
    look: 6,
    comparedByDefault: false,
    masking: "shuffled",
  },
  {
    name: "l3-inverted",
    title: "MTL L3 inverted",
    brief: "a control: L3Masking turned round",
    meaning:
      "A control for L3Masking, turned round: tokens that the vanilla model finds likely are masked more often.",
    look: 7,
    comparedByDefault: false,
    masking: "inverted",
  },
  {
    name: "entropy",
    title: "MTL entropy",
    brief: "tokens masked where the vanilla model is unsure",
    meaning:
      "Multi-task learning in which tokens are masked more often where the vanilla model is unsure what stands there, whether it then finds the token likely or not.",
    look: 10,
    comparedByDefault: false,
    masking: "entropy",
  },
  {
    name: "excess",
    title: "MTL excess surprisal",
    brief: "tokens masked that a briefly adapted model finds easier",
    meaning:
      "Multi-task learning in which those tokens are masked more often that a model finds easier once it was briefly adapted to the texts: what can be learned from them, in place of all that is unlikely.",
    look: 11,
    comparedByDefault: false,
    masking: "excess",
  },
  {
    name: "contrast",
    title: "MTL domain contrast",
    brief: "words masked that are typical of the texts",
    meaning:
      "Multi-task learning in which those words are masked more often that are more frequent in these texts than in general text (--general-file).",
    look: 12,
    comparedByDefault: false,
    masking: "contrast",
  },
  {
    name: "own",
    title: "MTL own strategy",
    brief: "tokens masked by a strategy of one's own (--strategy)",
    meaning:
      "Multi-task learning in which tokens are masked by a strategy that is no part of this program: a module that was named with --strategy.",
    look: 13,
    comparedByDefault: false,
    masking: "own",
  },
  {
    name: "l3",
    title: "MTL L3Masking",
    brief: "L3Masking",
    meaning:
      "Multi-task learning with L3Masking: besides classifying, the model learns to predict masked tokens of the same texts. Tokens that the vanilla model (the checkpoint before fine-tuning) finds unlikely are masked more often, because it has yet to learn them.",
    look: 2,
    comparedByDefault: true,
    masking: "l3",
  },
] as const satisfies readonly MethodRow[];

/** The method whose strategy comes from outside. */
export const OWN = "own";

/** In place of a method: `train` chooses one by texts that are held out. */
export const AUTO = "auto";

/** Name of a method. */
export type Method = (typeof methods)[number]["name"];

/** What `auto` chooses from, the cheapest first; a stack costs no more than its encoder, and leans on two. */
export const autoCandidates = [
  "tfidf",
  "embed",
  "stack",
  "stl",
] as const satisfies readonly Method[];

/** Names of the methods of a comparison that names none, in the order of the table. */
export const comparedMethods = methods
  .filter(({ comparedByDefault }) => comparedByDefault)
  .map(({ name }) => name);

/** The row of a method. Errors: `invalid-setting` for a name that is not in the table. */
export function methodOf(name: string): MethodRow {
  const found = methods.find((method) => method.name === name);
  if (found !== undefined) return found;
  throw new L3MaskingError(
    "invalid-setting",
    `expected a method (${methods.map((method) => method.name).join(", ")}), got ${name}`,
  );
}

/** The masking strategy of a method's auxiliary task; undefined where the main task is trained alone. */
export function maskingOf(method: string): MaskingStrategy | undefined {
  const masking = maskingName(method);
  return masking && strategyOf(masking);
}

/** Does it train a linear classifier instead of an encoder? */
export function isLinear(method: string): boolean {
  return methods.some((row: MethodRow) => row.name === method && row.linear === true);
}

/** Does it train a linear classifier that reads embeddings by the model, which stays as it is? */
export function readsEmbeddings(method: string): boolean {
  return methods.some((row: MethodRow) => row.name === method && row.embeddings === true);
}

/** Does it mix the encoder that it trains with the baseline? */
export function isStacked(method: string): boolean {
  return methods.some((row: MethodRow) => row.name === method && row.stacked === true);
}

/** Does the vanilla model have to score the texts first, by likelihoods or by something else that it predicts of masked tokens? */
export function needsScores(method: string): boolean {
  const needs = maskingOf(method)?.needs;
  return needs !== undefined && modelNeeds.has(needs);
}

/** Is a copy of the model adapted to the texts first, to tell what can be learned from them? */
export function needsAdaptedModel(method: string): boolean {
  return maskingOf(method)?.needs === "excess";
}

/** Are the texts held against general ones? */
export function needsGeneralTexts(method: string): boolean {
  return maskingOf(method)?.needs === "contrasts";
}

/** Is there an auxiliary task beside the main one? */
export function hasAuxiliaryTask(method: string): boolean {
  return maskingName(method) !== undefined;
}

/** Does the encoder learn to predict masked tokens before it learns to classify? */
export function adaptsFirst(method: string): boolean {
  return methods.some((row: MethodRow) => row.name === method && row.adaptsFirst === true);
}

/** Are tokens masked, beside classification or before it? */
export function masksTokens(method: string): boolean {
  return hasAuxiliaryTask(method) || adaptsFirst(method);
}

/** Passes over the texts for each one that the settings ask for. */
export function passesOf(method: string): number {
  const row: MethodRow | undefined = methods.find(({ name }) => name === method);
  return row?.passes ?? 1;
}

/** None of the candidates of `auto` has an auxiliary task. */
function maskingName(method: string): MethodRow["masking"] {
  return method === AUTO ? undefined : methodOf(method).masking;
}

/** What follows from a model that was read: how long a row may be, which heads it has, its weights as programs read them. */

import { L3MaskingError } from "../../base/errors.js";
import { usualLayout } from "../../data/formats/label-layout.js";
import { readsPairs, type Task } from "../../data/task.js";
import type { Weights } from "../../method/program/weight-feeds.js";
import type { LoadReport } from "../../model/checkpoint/report.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Tokenizer } from "../../text/encoding.js";
import { keepingOfLongTexts, type LongTextPart } from "../../text/long-texts.js";
import { readingPairs } from "../../text/pairs.js";
import type { TrainedReading } from "../folder/training-arguments.js";

/** How texts are read: what is kept of long ones, whether they are read in pairs, and what they are asked. */
export interface TextReading {
  readonly longTexts: LongTextPart;
  readonly task: Task;
}

/** A model made to read texts so, and to give them one label or several. Throws `invalid-setting` for pairs of which more than the head is to be kept. */
export function asReading<
  Model extends { readonly spec: ModelSpec; readonly tokenizer: Tokenizer },
>(given: Model, { longTexts, task }: TextReading): Model {
  const { severalLabels: _, ...other } = given.spec;
  const several = task.severalLabels !== undefined;
  const model = { ...given, spec: { ...other, ...(several && { severalLabels: true }) } };
  if (!readsPairs(task)) {
    return { ...model, tokenizer: keepingOfLongTexts(model.tokenizer, longTexts) };
  }
  if (longTexts !== "head") {
    throw new L3MaskingError(
      "invalid-setting",
      `expected --long-texts head with pairs of texts (${task.textColumns.join(", ")}), got ${longTexts}`,
      { hint: "Leave --long-texts out: of a pair the longer text is cut first." },
    );
  }
  const separators = model.spec.family.pairSeparators;
  const tokenizer = readingPairs(model.tokenizer, separators);
  return { ...model, tokenizer, spec: specFor(tokenizer, model.spec) };
}

/** The model as it reads texts of a tokenizer, in pairs or alone. */
export function specFor({ pairSeparators, special }: Tokenizer, spec: ModelSpec): ModelSpec {
  return pairSeparators === undefined ? spec : { ...spec, pairSeparator: special.last };
}

/** Throws `checkpoint-config` if the tokenizer has ids that the model of `config` lacks. */
export function requireTokenizerFits(tokenizer: Tokenizer, spec: ModelSpec, config: string): void {
  if (tokenizer.vocabularySize <= spec.vocabularySize) return;
  const last = JSON.stringify(tokenizer.token(tokenizer.vocabularySize - 1));
  throw new L3MaskingError(
    "checkpoint-config",
    `expected a tokenizer of at most ${spec.vocabularySize} ids (vocab_size of ${config}), got ${tokenizer.vocabularySize}, the last of them for ${last}`,
    { hint: "Use the tokenizer files that belong to the checkpoint." },
  );
}

/** The longest row a model can read, special tokens included. */
export function longestRow(spec: ModelSpec): number {
  return spec.maxPositions - spec.firstPosition;
}

/** `maxLength` if the model can read it. Throws `invalid-setting` otherwise. */
export function checkedMaxLength(maxLength: number, spec: ModelSpec): number {
  if (maxLength <= longestRow(spec)) return maxLength;
  throw new L3MaskingError(
    "invalid-setting",
    `expected a max_length of at most ${longestRow(spec)}, the model's limit, got ${maxLength}`,
    { hint: `Use --max-length ${longestRow(spec)} or less.` },
  );
}

/** Parameter values as a program reads them. Throws `checkpoint-tensor` for one that is absent. */
export function weightsOf(values: ReadonlyMap<string, Float32Array>): Weights {
  return (name) => {
    const value = values.get(name);
    if (value !== undefined) return value;
    throw new L3MaskingError("checkpoint-tensor", `expected the parameter ${name}, found none`, {
      hint: "Use a checkpoint that has it.",
    });
  };
}

/** What is asked of a model's heads; `folder` is what messages call its place. */
export interface ModelHeads {
  readonly spec: ModelSpec;
  readonly report: Pick<LoadReport, "missing">;
  readonly folder: string;
}

export function hasMlmHead({ spec, report }: Omit<ModelHeads, "folder">): boolean {
  return !spec.family.mlmHeadParameters(spec).some(({ name }) => report.missing.includes(name));
}

/** Throws `checkpoint-tensor` for a model that cannot score tokens. */
export function requireMlmHead(model: ModelHeads): void {
  if (hasMlmHead(model)) return;
  throw new L3MaskingError(
    "checkpoint-tensor",
    `expected a masked-LM head in ${model.folder} to score tokens with, found none`,
    {
      hint: `Start from a masked-LM checkpoint, grow a head with l3masking pretrain --model ${model.folder} --text TEXTS, or train with --method stl.`,
    },
  );
}

/**
 * The labels of a classifier, by id. Throws `checkpoint-tensor` for a model without a classification head, and `checkpoint-config` for one
 * that answers with numbers.
 */
function classifierLabels({ spec, report, folder }: ModelHeads): readonly string[] {
  const { labels } = spec;
  const hasHead = (classes: number) =>
    !spec.family
      .classificationHeadParameters(spec, classes)
      .some(({ name }) => report.missing.includes(name));
  if (labels === undefined || !hasHead(labels.length)) {
    throw new L3MaskingError(
      "checkpoint-tensor",
      `expected a text classifier in ${folder}, found a model without a classification head or labels`,
      {
        hint: "Pass the model folder of a run, such as runs/first/model.",
      },
    );
  }
  if (labels.length === 1) {
    throw new L3MaskingError(
      "checkpoint-config",
      `expected a classifier with a logit for each of at least two labels, got a single logit, ${JSON.stringify(labels[0])}, in ${folder}/config.json`,
      {
        hint: "A single logit is a regression, or the answer to a yes-or-no question through a sigmoid; train a classifier with two labels.",
      },
    );
  }
  if (spec.otherProblem !== undefined) {
    throw new L3MaskingError(
      "checkpoint-config",
      `expected a classifier that gives texts labels, got problem_type "${spec.otherProblem}" in ${folder}/config.json`,
      {
        hint: "Train a classifier on labelled texts; this model answers with numbers.",
      },
    );
  }
  return labels;
}

/** Longest text for classifiers that do not say what they were trained with. */
const USUAL_MAX_LENGTH = 512;

/** How a classifier reads texts, and what it answers. */
export interface ClassifierReading {
  readonly spec: ModelSpec;
  readonly task: Task;
  /** Label names by id. */
  readonly labels: readonly string[];
  /** Longest text it was trained with, special tokens included. */
  readonly maxLength: number;
  /** Keeps of a longer text what it kept in training. */
  readonly tokenizer: Tokenizer;
}

/** `asked` has what replaces how it was trained. Throws what `classifierLabels` and `checkedMaxLength` throw. */
export function classifierReading(
  model: ModelHeads & { readonly tokenizer: Tokenizer },
  trained: TrainedReading,
  asked: Partial<Pick<TrainedReading, "maxLength" | "longTexts">> = {},
): ClassifierReading {
  const labels = classifierLabels(model);
  const usual = Math.min(USUAL_MAX_LENGTH, longestRow(model.spec));
  const maxLength = checkedMaxLength(asked.maxLength ?? trained.maxLength ?? usual, model.spec);
  const severalLabels = model.spec.severalLabels
    ? (trained.task.severalLabels ?? usualLayout)
    : undefined;
  const task = { ...trained.task, severalLabels };
  const { spec, tokenizer } = asReading(model, { ...trained, ...asked, task });
  return { spec, task, labels, maxLength, tokenizer };
}

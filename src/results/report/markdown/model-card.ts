/**
 * A classifier's model card: README.md with the front matter that the Hugging Face hub reads, and what a person should know before
 * using the model: labels, data, method, scores, files, and the command that made it.
 */

import { percent } from "../../../base/figures.js";
import { readsPairs, type Task } from "../../../data/task.js";
import { type Method, methodOf } from "../../../method/methods.js";
import type { ModelFamily } from "../../../model/spec.js";
import { labelMeasures, type OfLabelMeasures } from "../../metrics/label-measures.js";
import { probabilityMeasures } from "../../metrics/probability-measures.js";
import {
  type TaskFigures,
  taskCell,
  taskMeasuresIn,
  titleBeside,
} from "../../metrics/task-measures.js";
import type { Confidence, LabelMetrics } from "../../records/measures.js";
import { markdownTable } from "./tables.js";

/** Tells a card that was written from one that a person changed. */
export const CARD_MARK =
  "<!-- written by l3masking export; remove this line to keep your edits -->";

/** A file for other programs, and how far its logits are from the classifier's. */
export interface ExportedFile {
  /** Path below the folder. */
  readonly name: string;
  readonly precision: "float32" | "float16" | "int8";
  readonly bytes: number;
  /** Largest difference of a logit. */
  readonly largest: number;
  /** Texts that get the same label, of those compared. */
  readonly equalLabels: number;
  readonly texts: number;
}

/** What is known of the training. */
export interface CardRun {
  readonly command: string;
  readonly method: Method;
  readonly taskWeights: string;
  readonly seed: number;
  readonly baseModel: string;
  /** Where the base model came from, if it was named as on the hub. */
  readonly origin?: { readonly repository: string; readonly commit: string };
  readonly checkpointDigest: string | undefined;
  readonly dataDigest: string;
  readonly rows: { readonly train: number; readonly dev: number; readonly test: number };
  /** Fractions from 0 to 1. */
  readonly scores: readonly (OfLabelMeasures<number> & {
    readonly rowSet: string;
    readonly rows: number;
    /** What the task adds. */
    readonly figures?: TaskFigures;
  })[];
  readonly perLabel: Readonly<Record<string, LabelMetrics>> | undefined;
  /** Of the probabilities on test. */
  readonly confidence: Confidence | undefined;
}

export interface ModelCard {
  readonly model: {
    readonly family: Pick<ModelFamily, "title" | "tokenTypes">;
    readonly layers: number;
    readonly hiddenSize: number;
    readonly vocabularySize: number;
  };
  readonly labels: readonly string[];
  readonly task: Task;
  /** Longest text, special tokens included. */
  readonly maxLength: number;
  readonly run: CardRun | undefined;
  readonly files: readonly ExportedFile[];
  /** What the files were compared on, in words. */
  readonly checkedOn: string;
}

/** The card as Markdown. Names of labels and files are shown as they are written, never as markup. */
export function modelCard(card: ModelCard): string {
  const { model, labels, run } = card;
  const parts = [
    frontMatter(card),
    CARD_MARK,
    "# Text classifier",
    `${purpose(card)} A ${model.family.title} encoder of ${model.layers} layers x ${model.hiddenSize} with a vocabulary of ${model.vocabularySize}${run === undefined ? "" : `, fine-tuned from ${code(run.baseModel)} with l3masking`}. It reads the first ${card.maxLength} tokens of ${readsPairs(card.task) ? "a pair, of which the longer text is cut first" : "a text"}.`,
    `## Labels\n\n${labels.map((label, id) => `${id}. ${code(label)}`).join("\n")}`,
    run === undefined
      ? "## Training\n\nThe training of this model is not recorded."
      : trainingPart(run),
    run && scoresPart(run, labels),
    filesPart(card),
    usePart(card),
    run && limitsPart(run, card.task),
    CITATIONS,
  ];
  return `${parts.filter((part) => part !== undefined).join("\n\n")}\n`;
}

function purpose(card: ModelCard): string {
  const { labels, task } = card;
  return task.severalLabels === undefined
    ? `Classifies ${subject(card)} into one of ${labels.length} classes.`
    : `Gives ${subject(card)} any number of ${labels.length} labels, each with a probability of its own; from which on it is given says \`thresholds.json\`.`;
}

function subject({ task }: ModelCard): string {
  const columns = task.textColumns.map(code).join(" and ");
  return readsPairs(task) ? `a pair of texts, ${columns},` : "a text";
}

/** YAML, whose strings are written as JSON writes them, which YAML reads. */
function frontMatter({ run }: ModelCard): string {
  const text = JSON.stringify;
  const test = run?.scores.find(({ rowSet }) => rowSet === "test");
  const lines = [
    "---",
    "pipeline_tag: text-classification",
    "library_name: transformers",
    `tags: ["l3masking", "onnx", "transformers.js"]`,
    ...(run?.origin ? [`base_model: ${text(run.origin.repository)}`] : []),
    ...(test === undefined
      ? []
      : [
          `metrics: ${text(labelMeasures.map(({ hubType }) => hubType))}`,
          "model-index:",
          `- name: "text classifier"`,
          "  results:",
          "  - task: {type: text-classification}",
          `    dataset: {name: "test split", type: ${text(`sha256:${run?.dataDigest ?? ""}`)}}`,
          "    metrics:",
          ...labelMeasures.map(
            (measure) =>
              `    - {type: ${measure.hubType}, name: ${titleBeside(measure, test.figures)}, value: ${test[measure.name]}}`,
          ),
        ]),
    "---",
  ];
  return lines.join("\n");
}

function trainingPart(run: CardRun): string {
  const { rows, origin } = run;
  const { meaning, masking } = methodOf(run.method);
  const weights = masking === undefined ? "" : ` Task weights: ${code(run.taskWeights)}.`;
  return `## Training

${meaning}${weights} Seed ${run.seed}.

\`\`\`sh
${run.command}
\`\`\`

| | |
| --- | --- |
| base model | ${cell(code(run.baseModel))}${origin === undefined ? "" : `, commit ${code(origin.commit)}`} |
${run.checkpointDigest === undefined ? "" : `| SHA-256 of its files | ${code(run.checkpointDigest)} |\n`}| texts | ${rows.train} train, ${rows.dev} dev, ${rows.test} test |
| SHA-256 of the texts | ${code(run.dataDigest)} |`;
}

function scoresPart(run: CardRun, labels: readonly string[]): string {
  const { scores, perLabel, confidence } = run;
  const figures = scores.map((of) => of.figures);
  const added = taskMeasuresIn(figures);
  const table = markdownTable(
    [
      "texts",
      "rows",
      ...labelMeasures.map((measure) => titleBeside(measure, figures.at(0))),
      ...added.map(({ title }) => title),
    ],
    scores.map(({ rowSet, rows, figures: of, ...values }) => [
      rowSet,
      String(rows),
      ...labelMeasures.map(({ name }) => percent(values[name])),
      ...added.map((measure) => taskCell(measure, of)),
    ]),
    1,
  );
  const ofLabels =
    perLabel &&
    markdownTable(
      ["label", "precision", "recall", "F1", "test rows"],
      labels.flatMap((label) => {
        const found = perLabel[label];
        if (found === undefined) return [];
        const { precision, recall, f1, support } = found;
        return [[code(label), percent(precision), percent(recall), percent(f1), String(support)]];
      }),
      1,
    );
  const calibration =
    confidence &&
    `Probabilities on test: ${probabilityMeasures
      .map(({ name, title, format }) => `${title} ${format(confidence[name])}`)
      .join(", ")}.`;
  const notes =
    "One seed; the step with the best score on dev was kept, so dev flatters the model.";
  return ["## Scores", table, notes, ofLabels, calibration]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

function filesPart({ model, files, checkedOn }: ModelCard): string {
  const table = markdownTable(
    ["file", "numbers", "MB", "largest logit difference", "same label"],
    files.map(({ name, precision, bytes, largest, equalLabels, texts }) => [
      code(name),
      precision,
      (bytes / 1e6).toFixed(1),
      largest.toPrecision(2),
      `${equalLabels} of ${texts}`,
    ]),
    2,
  );
  return `## ONNX files\n\nInputs \`input_ids\`, \`attention_mask\`${model.family.tokenTypes ? ", `token_type_ids`" : ""} (int64 [batch, sequence]); output \`logits\`
(float32 [batch, ${"labels"}]). Compared with the classifier on ${checkedOn}:\n\n${table}`;
}

/** What transformers.js calls the precisions. */
const dtypes = { float32: "fp32", float16: "fp16", int8: "q8" } as const;

function usePart({ files, task }: ModelCard): string {
  const isPair = readsPairs(task);
  // Where labels do not exclude each other, the likeliest alone says little.
  const several = task.severalLabels !== undefined;
  const dtype = dtypes[files.at(-1)?.precision ?? "float32"];
  return `## Use

\`\`\`python
from transformers import pipeline
classify = pipeline("text-classification", model="FOLDER"${several ? ", top_k=None" : ""})
print(classify(${isPair ? '{"text": "The first text.", "text_pair": "The second text."}' : '"A text."'}))
\`\`\`

\`\`\`js
${isPair ? pairScript(dtype, several) : textScript(dtype, several)}
\`\`\`

\`\`\`sh
l3masking predict --model FOLDER --input texts.csv
\`\`\``;
}

function textScript(dtype: string, several: boolean): string {
  return `import { env, pipeline } from "@huggingface/transformers";
env.localModelPath = ".";
env.allowRemoteModels = false;
const classify = await pipeline("text-classification", "FOLDER", { dtype: "${dtype}" });
console.log(await classify("A text."${several ? ", { top_k: null }" : ""}));`;
}

/** Its pipeline takes no pairs. */
function pairScript(dtype: string, several: boolean): string {
  return `import { AutoModelForSequenceClassification, AutoTokenizer, env } from "@huggingface/transformers";
env.localModelPath = ".";
env.allowRemoteModels = false;
const tokenizer = await AutoTokenizer.from_pretrained("FOLDER");
const model = await AutoModelForSequenceClassification.from_pretrained("FOLDER", { dtype: "${dtype}" });
const { logits } = await model(tokenizer("The first text.", { text_pair: "The second text." }));
console.log(logits.${several ? "sigmoid()" : "softmax(-1)"}.tolist());`;
}

function limitsPart({ rows, scores }: CardRun, { severalLabels }: Task): string {
  const unseen = scores.some(({ rowSet }) => rowSet.includes("do not occur"));
  return `## Limits

* It learned from ${rows.train} training texts and ${severalLabels === undefined ? "assigns one of its labels to every text" : "decides about each of its labels for every text"}, even one of another kind or language.
* Its scores hold for texts like those of the test split${unseen ? "; some of its texts also occur in train, so trust the row without them" : ""}.
* It inherits biases and errors of its training texts, their labels and the base model.`;
}

const CITATIONS = `## References

* Kimura, Komamizu, Hatano: L3Masking: Multi-task Fine-tuning for Language Models by Leveraging Lessons Learned from Vanilla Models.
  CustomNLP4U 2024.
* Dery, Michel, Talwalkar, Neubig: Should We Be Pre-training? An Argument for End-task Aware Training as an Alternative. ICLR 2022.`;

/** Text as code, however many backticks it has, on one line. */
function code(text: string): string {
  const line = text.replace(/\s+/g, " ");
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = /^`|`$|^ | $/.test(line) || line === "" ? " " : "";
  return `${fence}${space}${line}${space}${fence}`;
}

/** Text in a cell of a table that is written by hand. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

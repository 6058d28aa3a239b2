/** The commands of the command line: what they take, what they call, examples. */
import { compareSchema } from "../compare-config.js";
import {
  checkSchema,
  evaluateSchema,
  explainSchema,
  exportSchema,
  perplexitySchema,
  predictSchema,
  pretrainSchema,
  pushSchema,
  reportSchema,
  resolveSettings,
  scoreSchema,
  serveSchema,
  trainSchema,
} from "../config.js";
import { nearestName } from "../data/nearest.js";
import { type DataFiles, filesOfFolder, filesOfList } from "../data/split-files.js";
import { errorFamilies, L3MaskingError } from "../errors.js";
import type { Watch } from "../node.js";
import { completionScript, shells } from "./completion.js";
import { explanationText } from "./explanation-text.js";
import type { CommandName } from "./flags.js";
import type { Outcome } from "./reporter.js";
import {
  checkSummary,
  compareSummary,
  doctorSummary,
  evaluateSummary,
  exportSummary,
  perplexitySummary,
  predictSummary,
  pretrainSummary,
  pushSummary,
  reportSummary,
  scoreSummary,
  serveSummary,
  trainSummary,
} from "./summaries.js";
import type { Terminal } from "./terminal.js";

/** The package's public functions that commands call. */
export type Library = Pick<
  typeof import("../node.js"),
  | "fineTune"
  | "compare"
  | "scoreFile"
  | "predictFile"
  | "evaluateFile"
  | "explain"
  | "checkFiles"
  | "writeReport"
  | "exportModel"
  | "pushModel"
  | "pretrain"
  | "perplexity"
  | "serve"
  | "doctor"
>;

/** Settings as flags and files gave them, not yet checked. */
export type GivenSettings = Readonly<Record<string, unknown>>;

export interface CommandDescription {
  readonly name: string;
  readonly summary: string;
  /** Whose settings are the flags; absent for a command without settings. */
  readonly settings?: CommandName;
  /** Words that belong to no flag. */
  readonly operands?: {
    readonly syntax: string;
    readonly description: string;
    /** Settings that the operands stand for. */
    resolve(
      operands: readonly string[],
      given: GivenSettings,
      terminal: Terminal,
    ): Promise<GivenSettings>;
  };
  readonly examples: readonly string[];
  /** Is an interrupt the way to end it, and no failure? */
  readonly endsByInterrupt?: boolean;
  run(library: Library, given: GivenSettings, watch: Watch): Promise<Outcome>;
}

export const commandDescriptions: readonly CommandDescription[] = [
  {
    name: "train",
    summary: "Fine-tune a text classifier and write a run folder",
    settings: "train",
    operands: {
      syntax: "DATA",
      description:
        "Training file, or a folder with train, dev (or valid, validation) and test files",
      resolve: trainFiles,
    },
    examples: [
      "l3masking train examples/sample-task --model models/small --output-dir runs/l3",
      "l3masking train data.csv --model roberta-base --method stl --seed 1 --output-dir runs/stl-1",
      "l3masking train --dataset acl-arc --model roberta-base --preset published --output-dir runs/acl-arc",
      "l3masking train examples/sample-task --model models/small --output-dir runs/l3 --resume",
    ],
    async run(library, given, watch) {
      const settings = resolveSettings(trainSchema, given);
      const result = await library.fineTune(settings, watch);
      const text = trainSummary(result);
      return { result, text, exitCode: 0 };
    },
  },
  {
    name: "compare",
    summary: "Train methods x seeds x data sets x models, and test their differences",
    settings: "compare",
    operands: {
      syntax: "DATA...",
      description: "Data sets, as after --dataset",
      resolve: comparedData,
    },
    examples: [
      "l3masking compare examples/sample-task --model models/small --output-dir comparisons/first",
      "l3masking compare --dataset a b --model m n --methods stl,l3 --seeds 0-2 --jobs 2 --output-dir comparisons/two",
    ],
    async run(library, given, watch) {
      const result = await library.compare(resolveSettings(compareSchema, given), watch);
      const exitCode = result.failed > 0 ? errorFamilies.training : 0;
      return { result, text: compareSummary(result), exitCode };
    },
  },
  {
    name: "score",
    summary: "Write the log-likelihood of every token of every text",
    settings: "score",
    examples: [
      "l3masking score --model models/small --input texts.jsonl --output scores.jsonl",
      "l3masking score --model models/small --input texts.csv --estimator block-7 --output fast.jsonl",
    ],
    async run(library, given, watch) {
      const result = await library.scoreFile(resolveSettings(scoreSchema, given), watch);
      return { result, text: scoreSummary(result), exitCode: 0 };
    },
  },
  {
    name: "predict",
    summary: "Classify texts",
    settings: "predict",
    examples: [
      "l3masking predict --model runs/l3/model --input texts.jsonl",
      "l3masking predict --model runs/l3/model --input texts.csv --output labels.csv",
    ],
    async run(library, given, watch) {
      const result = await library.predictFile(resolveSettings(predictSchema, given), watch);
      return { result, text: predictSummary(result), exitCode: 0 };
    },
  },
  {
    name: "evaluate",
    summary: "Measure a classifier on labelled texts",
    settings: "evaluate",
    examples: ["l3masking evaluate --model runs/l3/model --input test.jsonl"],
    async run(library, given, watch) {
      const result = await library.evaluateFile(resolveSettings(evaluateSchema, given), watch);
      return { result, text: evaluateSummary(result), exitCode: 0 };
    },
  },
  {
    name: "explain",
    summary: "Show texts token by token: surprisal, masks, and what speaks for the label",
    settings: "explain",
    operands: { syntax: "TEXT...", description: "Texts, each in quotes", resolve: explainedTexts },
    examples: [
      'l3masking explain --model runs/l3/model "The impeller lost two vanes."',
      "l3masking explain --model runs/l3/model --input test.jsonl --output explained.html",
    ],
    async run(library, given, watch) {
      const result = await library.explain(resolveSettings(explainSchema, given), watch);
      return { result, text: explanationText(result), exitCode: 0 };
    },
  },
  {
    name: "check",
    summary: "Examine a data set before training: labels, lengths, duplicates, leaks",
    settings: "check",
    operands: {
      syntax: "FILE...",
      description:
        "One file: train. Several: told apart by train, dev (or valid, validation) and test in their names, else in this order. Or one folder",
      resolve: checkedFiles,
    },
    examples: [
      "l3masking check train.jsonl dev.jsonl test.jsonl",
      "l3masking check examples/sample-task --model models/small",
      "l3masking check --dataset acl-arc",
      "l3masking check data.csv --output check.html",
    ],
    async run(library, given, watch) {
      const result = await library.checkFiles(resolveSettings(checkSchema, given), watch);
      return { result, text: checkSummary(result), exitCode: 0 };
    },
  },
  {
    name: "report",
    summary: "Write the HTML page of a training run or a comparison",
    settings: "report",
    operands: {
      syntax: "FOLDER",
      description: "The output folder of train or compare",
      resolve: reportedFolder,
    },
    examples: ["l3masking report comparisons/first", "l3masking report runs/l3 --output l3.html"],
    async run(library, given, watch) {
      const result = await library.writeReport(resolveSettings(reportSchema, given), watch);
      return { result, text: reportSummary(result), exitCode: 0 };
    },
  },
  {
    name: "pretrain",
    summary: "Pretrain a small model with masked-token prediction",
    settings: "pretrain",
    examples: [
      "l3masking pretrain --tokenizer tokenizer.json --text corpus.txt --max-steps 20000 --output-dir models/mine",
      "l3masking pretrain --tokenizer tokenizer.json --text corpus.txt --max-steps 20000 --output-dir models/mine --resume",
    ],
    async run(library, given, watch) {
      const result = await library.pretrain(resolveSettings(pretrainSchema, given), watch);
      return { result, text: pretrainSummary(result), exitCode: 0 };
    },
  },
  {
    name: "perplexity",
    summary: "Measure a masked language model on plain text",
    settings: "perplexity",
    examples: ["l3masking perplexity --model models/l3-mini --text corpus.txt"],
    async run(library, given, watch) {
      const result = await library.perplexity(resolveSettings(perplexitySchema, given), watch);
      return { result, text: perplexitySummary(result), exitCode: 0 };
    },
  },
  {
    name: "serve",
    summary: "Answer HTTP requests with a classifier",
    settings: "serve",
    operands: {
      syntax: "DIR",
      description: "Folder of a trained classifier",
      resolve: modelFolder,
    },
    examples: [
      "l3masking serve runs/l3/model",
      "l3masking serve runs/l3/model --host 0.0.0.0 --port 80 --precision int8",
    ],
    endsByInterrupt: true,
    async run(library, given, watch) {
      const result = await library.serve(resolveSettings(serveSchema, given), watch);
      return { result, text: serveSummary(result), exitCode: 0 };
    },
  },
  {
    name: "export",
    summary: "Write a classifier as ONNX files for other programs, with a model card",
    settings: "export",
    operands: {
      syntax: "DIR",
      description: "Folder of a trained classifier",
      resolve: modelFolder,
    },
    examples: [
      "l3masking export runs/l3/model --input test.jsonl",
      "l3masking export runs/l3/model --precisions float32 --output-dir released",
    ],
    async run(library, given, watch) {
      const result = await library.exportModel(resolveSettings(exportSchema, given), watch);
      return { result, text: exportSummary(result), exitCode: 0 };
    },
  },
  {
    name: "push",
    summary: "Upload a model folder to the Hugging Face hub",
    settings: "push",
    operands: {
      syntax: "DIR",
      description: "Folder of a model",
      resolve: modelFolder,
    },
    examples: ["l3masking push runs/l3/model --repository org/name"],
    async run(library, given, watch) {
      const result = await library.pushModel(resolveSettings(pushSchema, given), watch);
      return { result, text: pushSummary(result), exitCode: 0 };
    },
  },
  {
    name: "doctor",
    summary: "Check that everything the package needs is there and works",
    examples: ["l3masking doctor"],
    async run(library, _given, watch) {
      const result = await library.doctor(watch);
      const exitCode = result.every(({ ok }) => ok) ? 0 : 1;
      return { result, text: doctorSummary(result), exitCode };
    },
  },
  {
    name: "completion",
    summary: "Print a script that completes commands, flags and their values in a shell",
    operands: { syntax: "SHELL", description: shells.join(", "), resolve: chosenShell },
    examples: [
      "source <(l3masking completion bash)",
      "l3masking completion fish > ~/.config/fish/completions/l3masking.fish",
    ],
    async run(_library, { shell: chosen }) {
      const shell = shells.find((name) => name === chosen) ?? "bash";
      const result = completionScript(shell, commandDescriptions);
      return { result, text: result, exitCode: 0 };
    },
  },
];

/** DATA of `train`. Files given by flags come before those found in the folder. */
async function trainFiles(
  operands: readonly string[],
  given: GivenSettings,
  terminal: Terminal,
): Promise<DataFiles> {
  if (operands.length === 0) return {};
  const [data] = operands;
  if (given.trainFile !== undefined) throw givenTwice(data);
  return filesAt(data, terminal);
}

/** DATA... of `compare`. */
async function comparedData(
  operands: readonly string[],
  given: GivenSettings,
): Promise<GivenSettings> {
  if (operands.length === 0) return {};
  if (given.dataset !== undefined || given.trainFile !== undefined) throw givenTwice(operands[0]);
  return { dataset: operands };
}

/** TEXT... of `explain`. */
async function explainedTexts(
  operands: readonly string[],
  given: GivenSettings,
): Promise<GivenSettings> {
  if (operands.length === 0) return {};
  if (given.texts !== undefined) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected texts by themselves or after --texts, got both ("${operands[0]}" and others)`,
      { hint: "Keep one of the two." },
    );
  }
  return { texts: operands };
}

/** FOLDER of `report`. */
async function reportedFolder(
  operands: readonly string[],
  given: GivenSettings,
): Promise<GivenSettings> {
  if (operands.length === 0) return {};
  if (given.folder !== undefined) throw givenTwice(operands[0]);
  return { folder: operands[0] };
}

/** DIR of `serve`, `export` and `push`. */
async function modelFolder(
  operands: readonly string[],
  given: GivenSettings,
): Promise<GivenSettings> {
  if (operands.length === 0) return {};
  if (given.model !== undefined) throw givenTwice(operands[0]);
  return { model: operands[0] };
}

/** SHELL of `completion`. */
async function chosenShell(operands: readonly string[]): Promise<GivenSettings> {
  const shell = operands.at(0);
  const known: readonly string[] = shells;
  if (shell !== undefined && known.includes(shell)) return { shell };
  const nearest = shell === undefined ? undefined : nearestName(shell, shells);
  throw new L3MaskingError(
    "invalid-setting",
    `expected one of ${shells.join(", ")}, got ${shell ?? "nothing"}`,
    {
      hint:
        nearest === undefined
          ? "Name the shell: l3masking completion bash."
          : `Did you mean ${nearest}?`,
    },
  );
}

/** FILE... of `check`. */
async function checkedFiles(
  operands: readonly string[],
  given: GivenSettings,
  terminal: Terminal,
): Promise<DataFiles> {
  if (operands.length === 0) return {};
  if (operands.length === 1 && given.trainFile === undefined) {
    return filesAt(operands[0], terminal);
  }
  const flags = ["trainFile", "validationFile", "testFile"];
  if (flags.some((name) => given[name] !== undefined)) throw givenTwice(operands[0]);
  return filesOfList(operands);
}

async function filesAt(path: string, terminal: Terminal): Promise<DataFiles> {
  const names = await terminal.listFolder(path);
  return names === undefined ? { trainFile: path } : filesOfFolder(path, names);
}

function givenTwice(operand: string): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    `expected files by name or by flag, got ${operand} and a flag such as --train-file`,
    { hint: "Keep one of the two." },
  );
}

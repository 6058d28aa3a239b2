/** The commands of the command line: what they take and what they call. */

import { errorFamilies, L3MaskingError } from "../../base/errors.js";
import { nearestName } from "../../base/nearest.js";
import { type DataFiles, filesOfFolder, filesOfList } from "../../data/split-files.js";
import type { Watch } from "../../node.js";
import { compareSchema } from "../../run/settings/compare.js";
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
} from "../../run/settings/train.js";
import { completionScript, shells } from "./completion.js";
import { explanationText } from "./explanation-text.js";
import type { ConfigurableCommand } from "./flags.js";
import { type CommandName, type CommandOverview, commandOverviews } from "./overview.js";
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
  typeof import("../../node.js"),
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

/** What a command takes and does. */
interface CommandBehaviour {
  /** Whose settings are the flags; absent for a command without settings. */
  readonly settings?: ConfigurableCommand;
  /** Is an interrupt the way to end it, and no failure? */
  readonly endsByInterrupt?: boolean;
  /** Settings that the operands stand for. */
  resolve?(
    operands: readonly string[],
    given: GivenSettings,
    terminal: Terminal,
  ): Promise<GivenSettings>;
  run(library: Library, given: GivenSettings, watch: Watch): Promise<Outcome>;
}

export type CommandDescription = CommandOverview & CommandBehaviour;

const behaviours: Readonly<Record<CommandName, CommandBehaviour>> = {
  train: {
    settings: "train",
    resolve: trainFiles,
    async run(library, given, watch) {
      const settings = resolveSettings(trainSchema, given);
      const result = await library.fineTune(settings, watch);
      const text = trainSummary(result);
      return { result, text, exitCode: 0 };
    },
  },
  compare: {
    settings: "compare",
    resolve: comparedData,
    async run(library, given, watch) {
      const result = await library.compare(resolveSettings(compareSchema, given), watch);
      const exitCode = result.failed > 0 ? errorFamilies.training : 0;
      return { result, text: compareSummary(result), exitCode };
    },
  },
  score: {
    settings: "score",
    async run(library, given, watch) {
      const result = await library.scoreFile(resolveSettings(scoreSchema, given), watch);
      return { result, text: scoreSummary(result), exitCode: 0 };
    },
  },
  predict: {
    settings: "predict",
    async run(library, given, watch) {
      const result = await library.predictFile(resolveSettings(predictSchema, given), watch);
      return { result, text: predictSummary(result), exitCode: 0 };
    },
  },
  evaluate: {
    settings: "evaluate",
    async run(library, given, watch) {
      const result = await library.evaluateFile(resolveSettings(evaluateSchema, given), watch);
      return { result, text: evaluateSummary(result), exitCode: 0 };
    },
  },
  explain: {
    settings: "explain",
    resolve: explainedTexts,
    async run(library, given, watch) {
      const result = await library.explain(resolveSettings(explainSchema, given), watch);
      return { result, text: explanationText(result), exitCode: 0 };
    },
  },
  check: {
    settings: "check",
    resolve: checkedFiles,
    async run(library, given, watch) {
      const result = await library.checkFiles(resolveSettings(checkSchema, given), watch);
      return { result, text: checkSummary(result), exitCode: 0 };
    },
  },
  report: {
    settings: "report",
    resolve: reportedFolder,
    async run(library, given, watch) {
      const result = await library.writeReport(resolveSettings(reportSchema, given), watch);
      return { result, text: reportSummary(result), exitCode: 0 };
    },
  },
  pretrain: {
    settings: "pretrain",
    async run(library, given, watch) {
      const result = await library.pretrain(resolveSettings(pretrainSchema, given), watch);
      return { result, text: pretrainSummary(result), exitCode: 0 };
    },
  },
  perplexity: {
    settings: "perplexity",
    async run(library, given, watch) {
      const result = await library.perplexity(resolveSettings(perplexitySchema, given), watch);
      return { result, text: perplexitySummary(result), exitCode: 0 };
    },
  },
  serve: {
    settings: "serve",
    resolve: modelFolder,
    endsByInterrupt: true,
    async run(library, given, watch) {
      const result = await library.serve(resolveSettings(serveSchema, given), watch);
      return { result, text: serveSummary(result), exitCode: 0 };
    },
  },
  export: {
    settings: "export",
    resolve: modelFolder,
    async run(library, given, watch) {
      const result = await library.exportModel(resolveSettings(exportSchema, given), watch);
      return { result, text: exportSummary(result), exitCode: 0 };
    },
  },
  push: {
    settings: "push",
    resolve: modelFolder,
    async run(library, given, watch) {
      const result = await library.pushModel(resolveSettings(pushSchema, given), watch);
      return { result, text: pushSummary(result), exitCode: 0 };
    },
  },
  doctor: {
    async run(library, _given, watch) {
      const result = await library.doctor(watch);
      const exitCode = result.every(({ ok }) => ok) ? 0 : 1;
      return { result, text: doctorSummary(result), exitCode };
    },
  },
  completion: {
    resolve: chosenShell,
    async run(_library, { shell: chosen }) {
      const shell = shells.find((name) => name === chosen) ?? "bash";
      const result = completionScript(shell, commandDescriptions);
      return { result, text: result, exitCode: 0 };
    },
  },
};

/** All commands, in the order of the help. */
export const commandDescriptions: readonly CommandDescription[] = commandOverviews.map(
  (overview) => ({ ...overview, ...behaviours[overview.name] }),
);

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

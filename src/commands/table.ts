/**
 * Every command by name. A thread serves this table; in a program that has a thread of its own it can be called directly.
 *
 * It stands by itself, so that the list of commands is printed fast: settings and commands are loaded when they are asked
 * for, and their types are all that is known of them here.
 */
import { type Command, command } from "./command.js";
import { portable } from "./portable.js";

/** In the order of the help. */
const records = {
  train: portable.train,
  compare: command({
    help: {
      summary: "Train methods x seeds x data sets x models, and test their differences",
      operands: {
        syntax: "DATA...",
        description: "Data sets, like those after --dataset",
        fills: "dataset",
      },
      examples: [
        "l3masking compare examples/sample-task --methods stl,l3",
        "l3masking compare messages.csv --methods stl,l3 --gamma 0.5,1,2 --learning-rate 1e-4,2e-4",
        "l3masking compare --dataset a b --model m n --methods stl,l3 --seeds 0-2 --jobs 2 --output-dir comparisons/two",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).sweepingSchema,
    load: async () => (await import("./compare/compare.js")).runCompare,
  }),
  score: portable.score,
  predict: portable.predict,
  evaluate: portable.evaluate,
  explain: portable.explain,
  check: portable.check,
  report: portable.report,
  pretrain: command({
    help: {
      summary: "Pretrain a small model with masked-token prediction",
      examples: [
        "l3masking pretrain --tokenizer tokenizer.json --text corpus.txt --max-steps 20000 --output-dir models/mine",
        "l3masking pretrain --tokenizer tokenizer.json --text corpus.txt --max-steps 20000 --output-dir models/mine --resume",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).pretrainSchema,
    load: async () => (await import("./pretrain.js")).runPretrain,
  }),
  perplexity: command({
    help: {
      summary: "Measure a masked language model on plain text",
      examples: ["l3masking perplexity --text corpus.txt"],
    },
    settings: async () => (await import("../run/settings/schemas.js")).perplexitySchema,
    load: async () => (await import("./perplexity.js")).runPerplexity,
  }),
  export: portable.export,
  push: command({
    help: {
      summary: "Upload a model folder to the Hugging Face hub",
      operands: { syntax: "DIR", description: "Folder of a model", fills: "model" },
      examples: ["l3masking push runs/l3/model --repository org/name"],
    },
    settings: async () => (await import("../run/settings/schemas.js")).pushSchema,
    load: async () => (await import("./push.js")).runPush,
  }),
  worker: command({
    help: {
      summary: "Train runs that compare puts into a queue, on this machine",
      examples: [
        "l3masking worker --queue redis://10.0.0.3:6379",
        "l3masking worker --queue rediss://queue.example:6379 --jobs 2 --max-idle 600",
      ],
      endsByInterrupt: true,
    },
    settings: async () => (await import("../run/settings/schemas.js")).workerSchema,
    load: async () => (await import("./worker.js")).runWorker,
  }),
  doctor: command({
    help: {
      summary: "Check that everything the package needs is installed and works",
      examples: ["l3masking doctor", "l3masking doctor --time-devices"],
    },
    settings: async () => (await import("../run/settings/schemas.js")).doctorSchema,
    load: async () => (await import("./doctor.js")).runDoctor,
  }),
  // Calls of the library alone.
  scoreTexts: portable.scoreTexts,
  openClassifier: portable.openClassifier,
  classify: portable.classify,
  readRows: portable.readRows,
  examine: portable.examine,
  readRun: portable.readRun,
};

export type CommandName = keyof typeof records;

/** What each command gives back. */
type CommandResults = {
  readonly [Name in CommandName]: Awaited<ReturnType<(typeof records)[Name]["run"]>>;
};

export type CommandResult<Name extends CommandName> = CommandResults[Name];

export const commands: { readonly [Name in CommandName]: Command<CommandResult<Name>> } = records;

export function isCommand(name: unknown): name is CommandName {
  return typeof name === "string" && Object.hasOwn(commands, name);
}

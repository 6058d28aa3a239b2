/** Settings of `compare` alone: lists of what is compared, and what belongs to the comparison and not to its runs. */
import { z } from "zod";
import { comparedMethods, methods } from "../../method/methods.js";
import { integer, list, text } from "./kinds.js";
import { taskWeights } from "./method.js";
import { setting } from "./setting.js";
import { SHIPPED_MODEL } from "./shipped-model.js";
import { comparisonNames } from "./written-names.js";

const commands = ["compare"] as const;

/** Where runs can be trained; `src/commands/compare/executor/` has a file for each. */
export const executorNames = ["queue", "slurm", "threads"] as const;

const seedRanges = () =>
  z
    .array(z.string().regex(/^\d+(-\d+)?$/, "expected a seed such as 3 or a range such as 0-4"))
    .min(1);

export const compareSettings = [
  setting({
    name: "dataset",
    commands,
    type: list().optional(),
    description:
      "Data sets: known names, folders with train, dev (or valid, validation) and test files, or training files",
    heading: "Model and files",
    placeholder: "path",
    reads: true,
    identity: "represented",
    axis: true,
  }),
  setting({
    name: "trainFile",
    commands,
    type: text().optional(),
    description: "Labelled training texts of a single data set, instead of --dataset",
    heading: "Model and files",
    placeholder: "file",
    reads: true,
    identity: "represented",
  }),
  setting({
    name: "model",
    commands,
    type: list().default([SHIPPED_MODEL]),
    description: `Checkpoints to fine-tune, each its own vanilla model: ${SHIPPED_MODEL}, which the package contains, folders or hub repositories (docs/models.md)`,
    heading: "Model and files",
    placeholder: "folder",
    reads: true,
    aliases: ["modelNameOrPath"],
    identity: "represented",
    axis: true,
  }),
  setting({
    name: "methods",
    commands,
    type: z
      .array(z.enum(methods.map(({ name }) => name)))
      .min(1)
      .default(comparedMethods),
    description: "Methods to compare (see train --help)",
    heading: "Method",
    commas: true,
    identity: "represented",
    axis: true,
  }),
  setting({
    name: "taskWeights",
    commands,
    type: z.array(taskWeights.type.unwrap()).min(1).default(["equal"]),
    description:
      "How the two losses are weighted (see train --help); a method with a single task runs once",
    heading: "Method",
    commas: true,
    identity: "represented",
    axis: true,
  }),
  setting({
    name: "seeds",
    commands,
    type: seedRanges().default(["0-4"]),
    description: "Seeds of the runs: numbers and ranges, such as 0-4 or 0,1,7",
    heading: "Training",
    placeholder: "seed",
    commas: true,
    identity: "represented",
    axis: true,
  }),
  setting({
    name: "sweepSeeds",
    commands,
    type: seedRanges().default(["1000-1002"]),
    description:
      "Seeds of the runs that choose between several values of a setting on dev; none of --seeds, whose runs then measure what was chosen",
    heading: "Training",
    placeholder: "seed",
    commas: true,
    identity: "represented",
  }),
  setting({
    name: "sweepSamples",
    commands,
    type: integer(1).optional(),
    description:
      "Try so many combinations of several values, drawn at random by the first of --sweep-seeds, instead of all",
    heading: "Training",
    unit: "combinations",
    identity: "represented",
  }),
  setting({
    name: "loggingDir",
    commands,
    type: text().optional(),
    description:
      "Folder for TensorBoard's event files, one subfolder per run; by default `tensorboard` in each run folder",
    heading: "Evaluation and saving",
    placeholder: "folder",
    writes: [],
    identity: "none",
  }),
  setting({
    name: "bootstrapSamples",
    commands,
    type: integer(100).default(10_000),
    description: "Resamples of the paired bootstrap",
    heading: "Evaluation and saving",
    // Not of a run, but of the report.
    identity: "counts",
  }),
  setting({
    name: "jobs",
    commands,
    type: integer(1).optional(),
    description:
      "Runs trained at once, in threads at most one per processor; they share the threads evenly. By default one, and with Slurm as many as it gives",
    heading: "Limits",
    identity: "none",
  }),
  setting({
    name: "outputDir",
    commands,
    type: text().optional(),
    description:
      "Folder for the comparison; the same command resumes what is in it. By default named after the data, such as comparisons/messages",
    heading: "Model and files",
    placeholder: "folder",
    writes: comparisonNames,
    identity: "none",
  }),
  setting({
    name: "executor",
    commands,
    type: z.enum(executorNames).default("threads"),
    description:
      "Where the runs are trained: in threads of this machine, as jobs of Slurm, or by workers at a queue (docs/clusters.md)",
    heading: "More machines",
    identity: "none",
  }),
  setting({
    name: "slurmOptions",
    commands,
    type: text().optional(),
    description:
      'Further options of sbatch for all jobs, such as "--partition=long --time=8:00:00 --mem=8G"',
    heading: "More machines",
    placeholder: "options",
    identity: "none",
    when: { executor: "slurm" },
  }),
  setting({
    name: "wait",
    commands,
    type: z.boolean().default(false),
    description:
      "Follow runs that were submitted to Slurm until they have ended; Ctrl-C stops the following, not the runs",
    heading: "More machines",
    identity: "none",
    when: { executor: "slurm" },
  }),
  setting({
    name: "shard",
    commands,
    type: z
      .string()
      .regex(/^\d{1,6}\/\d{1,6}$/, "expected a part such as 2/8")
      .optional(),
    description:
      "Train one part of the runs only, such as 2/8 on the second of eight machines, without a report (docs/clusters.md)",
    heading: "More machines",
    placeholder: "i/n",
    identity: "none",
  }),
  setting({
    name: "merge",
    commands,
    type: list().optional(),
    description:
      "Train nothing: join the runs of these folders of shards in --output-dir, or take one folder as it is, and write the report",
    heading: "More machines",
    placeholder: "folder",
    reads: true,
    identity: "none",
  }),
  setting({
    name: "status",
    commands,
    type: text().optional(),
    description:
      "Train nothing: tell where the runs of the comparison in this folder stand, on any machine that sees it",
    heading: "More machines",
    placeholder: "folder",
    reads: true,
    identity: "none",
  }),
  setting({
    name: "cancel",
    commands,
    type: text().optional(),
    description:
      "Train nothing: cancel the Slurm jobs of the comparison in this folder; what its runs have saved stays",
    heading: "More machines",
    placeholder: "folder",
    reads: true,
    identity: "none",
  }),
  setting({
    name: "ticket",
    commands,
    type: text().optional(),
    description:
      "Train one planned run only, into --output-dir: a file with a ticket, or FILE#3 for the third line. Schedulers call it",
    heading: "More machines",
    placeholder: "file",
    reads: true,
    identity: "none",
  }),
];

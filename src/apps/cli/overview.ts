/**
 * What the help of the program says of its commands. It stands by itself, without the settings, because to load and read those
 * takes longer than all else that `--help` does.
 */
export interface CommandOverview {
  readonly name: string;
  readonly summary: string;
  /** Words that belong to no flag. */
  readonly operands?: { readonly syntax: string; readonly description: string };
  readonly examples: readonly string[];
  /** Does it all itself? Other commands have a worker thread do their work. */
  readonly standsAlone?: boolean;
}

export const commandOverviews = [
  {
    name: "train",
    summary: "Fine-tune a text classifier and write a run folder",
    operands: {
      syntax: "DATA",
      description:
        "Training file, or a folder with train, dev (or valid, validation) and test files",
    },
    examples: [
      "l3masking train examples/sample-task --model models/small --output-dir runs/l3",
      "l3masking train data.csv --model roberta-base --method stl --seed 1 --output-dir runs/stl-1",
      "l3masking train --dataset acl-arc --model roberta-base --preset published --output-dir runs/acl-arc",
      "l3masking train examples/sample-task --model models/small --output-dir runs/l3 --resume",
    ],
  },
  {
    name: "compare",
    summary: "Train methods x seeds x data sets x models, and test their differences",
    operands: { syntax: "DATA...", description: "Data sets, as after --dataset" },
    examples: [
      "l3masking compare examples/sample-task --model models/small --output-dir comparisons/first",
      "l3masking compare --dataset a b --model m n --methods stl,l3 --seeds 0-2 --jobs 2 --output-dir comparisons/two",
    ],
  },
  {
    name: "score",
    summary: "Write the log-likelihood of every token of every text",
    examples: [
      "l3masking score --model models/small --input texts.jsonl --output scores.jsonl",
      "l3masking score --model models/small --input texts.csv --estimator block-7 --output fast.jsonl",
    ],
  },
  {
    name: "predict",
    summary: "Classify texts",
    examples: [
      "l3masking predict --model runs/l3/model --input texts.jsonl",
      "l3masking predict --model runs/l3/model --input texts.csv --output labels.csv",
    ],
  },
  {
    name: "evaluate",
    summary: "Measure a classifier on labelled texts",
    examples: ["l3masking evaluate --model runs/l3/model --input test.jsonl"],
  },
  {
    name: "explain",
    summary: "Show texts token by token: surprisal, masks, and what speaks for the label",
    operands: { syntax: "TEXT...", description: "Texts, each in quotes" },
    examples: [
      'l3masking explain --model runs/l3/model "The impeller lost two vanes."',
      "l3masking explain --model runs/l3/model --input test.jsonl --output explained.html",
    ],
  },
  {
    name: "check",
    summary: "Examine a data set before training: labels, lengths, duplicates, leaks",
    operands: {
      syntax: "FILE...",
      description:
        "One file: train. Several: told apart by train, dev (or valid, validation) and test in their names, else in this order. Or one folder",
    },
    examples: [
      "l3masking check train.jsonl dev.jsonl test.jsonl",
      "l3masking check examples/sample-task --model models/small",
      "l3masking check --dataset acl-arc",
      "l3masking check data.csv --output check.html",
    ],
  },
  {
    name: "report",
    summary: "Write the HTML page of a training run or a comparison",
    operands: { syntax: "FOLDER", description: "The output folder of train or compare" },
    examples: ["l3masking report comparisons/first", "l3masking report runs/l3 --output l3.html"],
  },
  {
    name: "pretrain",
    summary: "Pretrain a small model with masked-token prediction",
    examples: [
      "l3masking pretrain --tokenizer tokenizer.json --text corpus.txt --max-steps 20000 --output-dir models/mine",
      "l3masking pretrain --tokenizer tokenizer.json --text corpus.txt --max-steps 20000 --output-dir models/mine --resume",
    ],
  },
  {
    name: "perplexity",
    summary: "Measure a masked language model on plain text",
    examples: ["l3masking perplexity --model models/l3-mini --text corpus.txt"],
  },
  {
    name: "serve",
    summary: "Answer HTTP requests with a classifier",
    operands: { syntax: "DIR", description: "Folder of a trained classifier" },
    examples: [
      "l3masking serve runs/l3/model",
      "l3masking serve runs/l3/model --host 0.0.0.0 --port 80 --precision int8",
    ],
  },
  {
    name: "export",
    summary: "Write a classifier as ONNX files for other programs, with a model card",
    operands: { syntax: "DIR", description: "Folder of a trained classifier" },
    examples: [
      "l3masking export runs/l3/model --input test.jsonl",
      "l3masking export runs/l3/model --precisions float32 --output-dir released",
    ],
  },
  {
    name: "push",
    summary: "Upload a model folder to the Hugging Face hub",
    operands: { syntax: "DIR", description: "Folder of a model" },
    examples: ["l3masking push runs/l3/model --repository org/name"],
  },
  {
    name: "doctor",
    summary: "Check that everything the package needs is there and works",
    examples: ["l3masking doctor"],
  },
  {
    name: "completion",
    summary: "Print a script that completes commands, flags and their values in a shell",
    operands: { syntax: "SHELL", description: "bash, zsh, fish" },
    examples: [
      "source <(l3masking completion bash)",
      "l3masking completion fish > ~/.config/fish/completions/l3masking.fish",
    ],
    standsAlone: true,
  },
] as const satisfies readonly CommandOverview[];

export type CommandName = (typeof commandOverviews)[number]["name"];

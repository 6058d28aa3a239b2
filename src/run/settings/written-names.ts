/** What lies in the folders that commands fill, by the names at their top. */

/** In the folder of a run of `train` or `pretrain`. */
export const runNames = [
  "adaptation",
  "baseline",
  "config.json",
  "encoder",
  "errors.csv",
  "errors.jsonl",
  "examples.json",
  "failure.json",
  "figures.csv",
  "folds",
  "journal.jsonl",
  "masking.json",
  "metrics.json",
  "mlflow.json",
  "model",
  "plan.json",
  "predictions-held-out.jsonl",
  "predictions-test.jsonl",
  "progress.json",
  "rescored",
  "splits",
  "state",
  "tensorboard",
] as const;

/** In the folder of a comparison; the page is not among them, as `report --output` may name it. */
export const comparisonNames = [
  "commands.jsonl",
  "figures.csv",
  "plan.json",
  "results.json",
  "results.csv",
  "results.md",
  "results.tex",
  "runs",
  "slurm",
  "tuning.csv",
  "tuning.tex",
] as const;

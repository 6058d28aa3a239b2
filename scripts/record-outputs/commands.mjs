/**
 * The commands that are recorded, in the order they run; later ones read what earlier ones wrote. They run in a folder with
 * `model` (a tiny masked language model), `data` (train, dev and test .jsonl of 36, 12 and 12 texts), `plain.txt` and
 * `settings.yaml`.
 *
 * A command may have `kill`: other words that are started first, with `--json`, and killed when they print a text. One that
 * is `unordered` does several things at a time, whose lines come as they come.
 */

/** A command of flags as { "max-steps": 6, resume: true }, so that later ones take the place of earlier ones. */
function command(name, first, flags) {
  const words = Object.entries(flags).flatMap(([flag, value]) =>
    value === true ? [`--${flag}`] : [`--${flag}`, String(value)],
  );
  return { name, words: [...first, ...words] };
}

const limits = { threads: 1, "max-length": 32 };
const rates = { "learning-rate": 3e-3, "head-learning-rate": 1e-2 };
const tiny = { "max-steps": 6, "eval-steps": 3, "batch-size": 8, "dev-batch-size": 6, ...rates };
const training = { model: "model", ...limits, ...tiny, "scoring-tokens": 400 };
const test = { input: "data/test.jsonl" };
const classifier = { model: "runs/l3-meta/model", threads: 1 };
const classify = { ...classifier, ...test };

const train = (name, flags = {}, data = "data") =>
  command(`train-${name}`, ["train", data], {
    ...training,
    "output-dir": `runs/${name}`,
    ...flags,
  });

const score = (name, flags = {}) =>
  command(`score-${name}`, ["score"], {
    ...{ model: "model", ...limits, ...test, output: `scores-${name}.jsonl` },
    ...flags,
  });

const compare = (name, flags) =>
  command(name, ["compare", "data"], {
    ...{ ...training, "output-dir": "comparison", "bootstrap-samples": 200 },
    ...{ "task-weights": "equal,meta", ...flags },
  });

const pretrain = (name, flags) =>
  command(name, ["pretrain"], {
    ...{ tokenizer: "model", text: "plain.txt", "validation-text": "plain.txt" },
    ...{ "hidden-size": 16, "num-hidden-layers": 1, "num-attention-heads": 2 },
    ...{ "max-positions": 64, "batch-tokens": 256, ...limits, "output-dir": `runs/${name}` },
    ...{ "max-steps": 8, "eval-steps": 4, "save-steps": 4, ...flags },
  });

/** Goes on with what was killed. State is saved long before the kill and not again until long after it. */
const resumed = (begun, printed) => ({
  name: begun.name,
  words: [...begun.words, "--resume"],
  kill: { words: begun.words, printed },
});

const trainings = [
  train("stl", { method: "stl" }),
  train("rtm-equal", { method: "rtm" }),
  train("rtm-meta", { method: "rtm", "task-weights": "meta" }),
  train("l3-equal", { seed: 1 }),
  train("l3-meta", { "task-weights": "meta", "second-stage": true, "second-stage-epochs": 2 }),
  train("l3-fixed", { "task-weights": "fixed", "auxiliary-weight": 0.3, gamma: 0.5 }),
  train("l3-shared", {
    ...{ "shared-pass": true, "class-weights": "balanced", selection: "whole-word" },
    "report-to": "tensorboard",
  }),
  train("l3-published", { calibration: "published", selection: "fixed-size", json: true }),
  train("l3-further", { "unlabeled-file": "plain.txt", "gradient-accumulation-steps": 2 }),
  train("l3-cosine", { "lr-scheduler-type": "cosine", "metric-for-best-model": "accuracy" }),
  train("l3-threads", { threads: 2, estimator: "block-3", patience: 1 }),
  train("split", { config: "settings.yaml" }, "data/train.jsonl"),
  resumed(
    train("killed", { "max-steps": 60, "eval-steps": 30, "task-weights": "meta" }),
    '"type":"step","stage":1,"step":33,',
  ),
];

/** The commands beside the help of each. */
export const commands = [
  command("check", ["check", "data"], { model: "model", output: "check.html" }),
  command("check-json", ["check", "data/train.jsonl", "data/test.jsonl"], { json: true }),
  score("default"),
  score("pll", { estimator: "pll" }),
  score("block", { estimator: "block-3" }),
  score("unmasked", { estimator: "unmasked", json: true }),
  score("int8", { "scoring-precision": "int8" }),
  ...trainings,
  compare("compare", { seeds: "0" }),
  { ...compare("compare-further", { seeds: "0,1", jobs: 2 }), unordered: true },
  compare("compare-json", { seeds: "0,1", json: true }),
  command("report-run", ["report", "runs/l3-meta"], { charts: "charts/run" }),
  command("report-comparison", ["report", "comparison"], { charts: "charts/comparison" }),
  command("predict", ["predict"], classify),
  command("predict-csv", ["predict"], { ...classify, output: "labels.csv" }),
  command("predict-int8", ["predict"], { ...classify, precision: "int8", output: "int8.jsonl" }),
  command("evaluate", ["evaluate"], classify),
  command("evaluate-json", ["evaluate"], { ...classify, "fitted-temperature": true, json: true }),
  command("explain", ["explain", "A cow says moo."], classifier),
  command("explain-page", ["explain"], { ...classify, output: "explained.html" }),
  command("explain-json", ["explain"], { ...classify, seed: 4, "max-texts": 2, json: true }),
  command("export", ["export"], { ...classify, "output-dir": "exported" }),
  command("perplexity", ["perplexity"], { model: "model", text: "plain.txt", ...limits }),
  pretrain("pretrain", {}),
  pretrain("pretrain-further", { model: "model", dropout: 0.1, "shifted-share": 0.5 }),
  resumed(
    pretrain("pretrain-killed", { "max-steps": 400, "eval-steps": 200, "save-steps": 200 }),
    '"step":215,',
  ),
  command("completion", ["completion", "bash"], {}),
  command("fail-flag", ["train", "data"], { nonsense: 1 }),
  train("fail-value", { gamma: -1 }),
  { ...train("stl"), name: "fail-folder" },
  command("fail-file", ["predict"], { ...classify, input: "absent.jsonl" }),
  command("fail-json", ["evaluate"], { ...classify, input: "plain.txt", json: true }),
];

/** The commands that show help: the program's own list of commands, so that a new one is found. */
export function helpCommands(help) {
  const names = [...(help.split("\nCommands:\n")[1] ?? "").matchAll(/^ {2}([a-z]+) /gm)];
  return names.map(([, name]) => command(`help-${name}`, [name], { help: true }));
}

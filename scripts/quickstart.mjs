/**
 * `npm run quickstart`: the main job from texts to trained classifiers, on the sample task.
 *
 *     npm run quickstart                     with the model in models/l3-mini
 *     npm run quickstart -- --model FOLDER   with another vanilla model
 *
 * Scores the training texts, trains one classifier in each of the three frameworks with one seed, and
 * writes runs/quickstart-N.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatDuration } from "../dist/apps/cli/progress.js";
import { createProgressLine } from "../dist/apps/cli/progress-line.js";
import { fineTune, L3MaskingError, scoreTexts } from "../dist/node.js";

const data = "examples/sample-task";
const estimator = "pll-word-l2r";
const seed = 0;

/** Short enough for two processors; the defaults of `train` are closer to the paper. */
const settings = { maxLength: 64, batchSize: 16, numTrainEpochs: 4, learningRate: 5e-4, seed };

const methods = [
  ["stl", "STL", "classification alone"],
  ["rtm", "RTM", "classification with random token masking"],
  ["l3", "L3", "classification with L3Masking"],
];

const shippedModel = "models/l3-mini";

const MODEL_NEEDED = `${shippedModel} is missing from this checkout. Give the folder of a BERT or RoBERTa checkpoint (config.json,
weights, tokenizer files), for example a download of FacebookAI/roberta-base:

    npm run quickstart -- --model path/to/roberta-base

A large model takes many times longer than the small one this script is made for.`;

/** The folder of the vanilla model: the one asked for, else the one that comes with the repository. */
function chooseModel() {
  const { values } = parseArgs({ options: { model: { type: "string" } } });
  if (values.model !== undefined) return values.model;
  return existsSync(shippedModel) ? shippedModel : undefined;
}

function firstFreeFolder() {
  for (let n = 1; ; n++) if (!existsSync(`runs/quickstart-${n}`)) return `runs/quickstart-${n}`;
}

function readRows(split) {
  const lines = readFileSync(join(data, `${split}.jsonl`), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** Surprisal of each word: the sum over its tokens, -log P(word) in nats, averaged over its occurrences. */
function surprisingWords(scores) {
  const words = new Map();
  for (const { tokens, word_ids: wordIds, logprob } of scores) {
    const ofText = new Map();
    wordIds.forEach((id, i) => {
      if (id === null) return;
      const { spelling = "", surprisal = 0 } = ofText.get(id) ?? {};
      ofText.set(id, {
        spelling: spelling + tokens[i].replace(/^(Ġ|##)/, ""),
        surprisal: surprisal - logprob[i],
      });
    });
    for (const { spelling, surprisal } of ofText.values()) {
      // Numbers and punctuation are hard to guess in any text.
      if (!/^[a-z]{3,}$/i.test(spelling)) continue;
      const word = spelling.toLowerCase();
      const { count = 0, total = 0 } = words.get(word) ?? {};
      words.set(word, { count: count + 1, total: total + surprisal });
    }
  }
  return [...words]
    .filter(([, { count }]) => count >= 2)
    .map(([word, { count, total }]) => ({ word, count, surprisal: total / count }))
    .sort((a, b) => b.surprisal - a.surprisal || (a.word < b.word ? -1 : 1));
}

/** A paragraph of words, at most 80 characters a line. */
function wrap(words, indent) {
  const lines = [indent];
  for (const word of words) {
    if (lines.at(-1).length + 1 + word.length > 80) lines.push(indent);
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines.join("\n");
}

const percent = (fraction) => (100 * fraction).toFixed(1);

/** Accuracy and macro-F1 of giving every text the most frequent label of the training texts. */
function mostFrequentLabel(train, test) {
  const labels = [...new Set(train.map(({ label }) => label))];
  const countIn = (rows, label) => rows.filter((row) => row.label === label).length;
  const label = labels.sort((a, b) => countIn(train, b) - countIn(train, a))[0];
  const accuracy = countIn(test, label) / test.length;
  // Recall is 1 and precision the accuracy for this label; F1 is 0 for the others.
  return { accuracy, macroF1: (2 * accuracy) / (1 + accuracy) / labels.length };
}

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
const progress = createProgressLine(
  {
    write: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
  },
  process.env,
  () => performance.now(),
);
const watch = {
  signal: stop.signal,
  onEvent(event) {
    if (event.type === "progress") progress.show(event);
    if (event.type === "notice" && event.level === "warning") progress.writeLines(event.text);
  },
};

async function quickstart(model) {
  const started = performance.now();
  const folder = firstFreeFolder();
  const rows = { train: readRows("train"), dev: readRows("dev"), test: readRows("test") };
  const labels = new Set(rows.train.map(({ label }) => label));
  const { num_hidden_layers: layers, hidden_size: hiddenSize } = JSON.parse(
    readFileSync(join(model, "config.json"), "utf8"),
  );

  console.log(`L3Masking quickstart: which desk of a boatyard should answer a message?

data    ${data}: ${rows.train.length} train, ${rows.dev.length} dev, ${rows.test.length} test messages, ${labels.size} labels
model   ${model}: ${layers} layers x ${hiddenSize}
plan    score the training messages, then train three classifiers: ${settings.numTrainEpochs} epochs,
        batches of ${settings.batchSize}, learning rate ${settings.learningRate}, seed ${seed}
`);
  console.log(`1/4  How surprising is each token to the model? (exact: ${estimator})`);
  const texts = rows.train.map(({ text }) => text);
  const scores = await scoreTexts(
    texts,
    { model, estimator, maxLength: settings.maxLength },
    watch,
  );

  const results = [];
  for (const [index, [method, short, words]] of methods.entries()) {
    console.log(`${index + 2}/4  ${short}: classification ${words.replace("classification ", "")}`);
    const options = {
      ...settings,
      model,
      method,
      estimator,
      trainFile: join(data, "train.jsonl"),
      validationFile: join(data, "dev.jsonl"),
      testFile: join(data, "test.jsonl"),
      outputDir: join(folder, method),
      // The same for all three.
      baseline: method === "l3",
    };
    const { metrics } = await fineTune(options, watch);
    results.push({ short, words, metrics });
  }

  const line = (name, ...cells) =>
    `${name.padEnd(46)}${cells.map((cell) => cell.padStart(10)).join("")}`;
  console.log(
    `\n${line(`Test, ${rows.test.length} messages`, "accuracy", "macro-F1", "training")}`,
  );
  const guess = mostFrequentLabel(rows.train, rows.test);
  console.log(
    line("always the most frequent label", percent(guess.accuracy), percent(guess.macroF1)),
  );
  const { baseline, verdict } = results.at(-1).metrics;
  const { accuracy, macro_f1: macroF1 } = baseline.test;
  console.log(line("TF-IDF with logistic regression", percent(accuracy), percent(macroF1)));
  for (const { short, words, metrics } of results) {
    const { accuracy, macro_f1: macroF1 } = metrics.test;
    const seconds = formatDuration(metrics.timing.training_seconds);
    console.log(line(`${short.padEnd(4)} ${words}`, percent(accuracy), percent(macroF1), seconds));
  }
  console.log(`
One seed, one small test set: this shows that it runs, not which method is better.
The verdict on L3:
${wrap(verdict.split(" "), " ")}
`);

  const words = surprisingWords(scores).slice(0, 24);
  console.log(`The words that surprise the model most, and that L3 therefore masks most often:
${wrap(
  words.map(({ word }) => word),
  " ",
)}

Trained models: ${folder}/{${methods.map(([method]) => method).join(",")}}/model
Took ${formatDuration((performance.now() - started) / 1000)}.

Try next:
  npx l3masking evaluate --model ${join(folder, "l3", "model")} --input ${join(data, "test.jsonl")}
  npx l3masking predict --model ${join(folder, "l3", "model")} --input examples/messages.csv
  npx l3masking train ${data} --model ${model} \\
      --seed 1 --output-dir ${join(folder, "l3-seed-1")}

Your own texts: docs/own-data.md`);
}

const model = chooseModel();
if (model === undefined) {
  console.error(MODEL_NEEDED);
  process.exitCode = 2;
} else {
  try {
    await quickstart(model);
  } catch (error) {
    if (!(error instanceof L3MaskingError)) throw error;
    progress.clear();
    console.error(`error [${error.code}]: ${error.message}`);
    if (error.hint !== undefined) console.error(`hint: ${error.hint}`);
    process.exitCode = error.exitCode;
  }
}

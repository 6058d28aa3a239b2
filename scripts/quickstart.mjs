/**
 * `npm run quickstart`: the main job, from labelled texts to a classifier and a verdict on it, on the sample task.
 *
 *     npm run quickstart                    with the model that the package contains
 *     npm run quickstart -- --model MODEL   with another one: a folder, or a repository of the hub
 *
 * Trains TF-IDF with logistic regression, the baseline to beat, the same with the model's embeddings, and the fine-tuned model on the
 * same rows, keeps what is best on dev, measures it on messages that none has seen, and writes runs/quickstart, runs/quickstart-2, ...
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatDuration } from "../dist/apps/cli/progress.js";
import { createProgressLine } from "../dist/apps/cli/progress-line.js";
import { fineTune, L3MaskingError } from "../dist/node.js";

const data = "examples/sample-task";

/** Short enough for two processors. */
const settings = { maxLength: 64 };

/** Wrong rows to show. */
const ERRORS = 3;

function freeFolder() {
  for (let n = 1; ; n++) {
    const folder = `runs/quickstart${n === 1 ? "" : `-${n}`}`;
    if (!existsSync(folder)) return folder;
  }
}

function readRows(path) {
  const text = readFileSync(path, "utf8").trimEnd();
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line));
}

/** A paragraph of at most 80 characters a line. */
function wrap(text, indent = "") {
  const lines = [];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1) ?? ""} ${word}`;
    if (lines.length > 0 && longer.length <= 80) lines[lines.length - 1] = longer;
    else lines.push(`${indent}${word}`);
  }
  return lines.join("\n");
}

const percent = (fraction) => `${(100 * fraction).toFixed(0)} %`;

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
    if (event.type === "notice" && event.text.startsWith("baseline to beat")) {
      console.log("2/2  The model, fine-tuned on the same messages");
    }
  },
};

async function quickstart(model) {
  const started = performance.now();
  const outputDir = freeFolder();
  const files = {
    trainFile: join(data, "train.jsonl"),
    validationFile: join(data, "dev.jsonl"),
    testFile: join(data, "test.jsonl"),
  };
  const [train, dev, test] = Object.values(files).map(readRows);
  const labels = new Set(train.map(({ label }) => label));
  console.log(`Quickstart: which desk of a boatyard should answer a message?

data   ${data}: ${train.length} train, ${dev.length} dev, ${test.length} test messages, ${labels.size} labels
run    ${outputDir}

1/2  The baseline to beat: TF-IDF with logistic regression; and the same with embeddings`);
  const options = { ...settings, ...files, outputDir, ...(model !== undefined && { model }) };
  const { metrics } = await fineTune(options, watch);
  const { verdict, test: measured, timing } = metrics;
  const wrong = readRows(join(outputDir, "errors.jsonl"));
  const errors = wrong.slice(0, ERRORS).map(({ text, expected, predicted, probability }) => {
    const answer = `labelled ${expected}, predicted ${predicted} (${percent(probability)} sure):`;
    return `  ${answer}\n${wrap(text, "    ")}`;
  });
  const classifier = join(outputDir, "model");
  console.log(`
${wrap(verdict)}

${wrap(metrics.held_out?.choice ?? "")}

Accuracy ${percent(measured.accuracy)}, macro-F1 ${percent(measured.macro_f1)}; trained in ${formatDuration(timing.training_seconds)}, ${formatDuration((performance.now() - started) / 1000)} in all.

Of its ${wrong.length} errors, those it is surest of. Is the label right?
${errors.join("\n")}
All of them: ${join(outputDir, "errors.csv")}

Next:
  npx l3masking predict --model ${classifier} --input examples/messages.csv

Your own texts: npx l3masking train messages.csv (docs/own-data.md)`);
}

const { values } = parseArgs({ options: { model: { type: "string" } } });
try {
  await quickstart(values.model);
} catch (error) {
  if (!(error instanceof L3MaskingError)) throw error;
  progress.clear();
  console.error(`error [${error.code}]: ${error.message}`);
  if (error.hint !== undefined) console.error(`hint: ${error.hint}`);
  process.exitCode = error.exitCode;
}

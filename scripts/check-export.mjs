/**
 * Holds transformers.js against `l3masking predict` on an exported classifier: labels and probabilities of the texts of a file.
 *
 * node scripts/check-export.mjs MODEL_FOLDER TEXTS FOLDER_WITH_TRANSFORMERS_JS
 */
import { createRequire } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { readRecords } from "../dist/data/read.js";
import { Classifier } from "../dist/node.js";
import { trainedReading } from "../dist/run/folder/saved-classifier.js";
import { loadTokenizer } from "../dist/text/load.js";

const [folder, input, library] = process.argv.slice(2);
const { env, pipeline } = createRequire(`${resolve(library)}/package.json`)(
  "@huggingface/transformers",
);

const { records } = await readRecords(input, { labels: "optional" });
const tokenizer = await loadTokenizer(folder);
const longest = trainedReading(folder).maxLength ?? 512;
// transformers.js reads on where `predict` cuts a text.
const texts = records
  .map(({ text }) => text)
  .filter((text) => text.trim() !== "" && tokenizer.encode(text, longest).truncated === 0);
const classifier = await Classifier.load(folder);
const expected = await classifier.predict(texts);
await classifier.dispose();

env.localModelPath = dirname(resolve(folder));
env.allowRemoteModels = false;
console.log(`transformers.js ${env.version}, ${texts.length} texts of at most ${longest} tokens`);
for (const dtype of ["fp32", "fp16", "q8"]) {
  const classify = await pipeline("text-classification", basename(resolve(folder)), { dtype });
  let largest = 0;
  let equalLabels = 0;
  for (const [index, text] of texts.entries()) {
    const found = await classify(text, { top_k: null });
    const { label, probabilities } = expected[index];
    if (found[0].label === label) equalLabels += 1;
    for (const one of found)
      largest = Math.max(largest, Math.abs(one.score - probabilities[one.label]));
  }
  console.log(
    `${dtype}: largest difference of a probability ${largest.toPrecision(3)}, same label ${equalLabels} of ${texts.length}`,
  );
  await classify.dispose();
}

/**
 * Trains a tiny classifier of each family on test/fixtures/sounds and keeps what `train` saved, with the logits
 * that the project computes from it. `check_saved.py` then records what transformers computes.
 *
 *     npm run build
 *     node scripts/golden/saved_folder.mjs
 *     python scripts/golden/check_saved.py
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTrain } from "../../dist/commands/train.js";
import { cpu } from "../../dist/engine/runtime/devices/cpu.js";
import { openClassifier } from "../../dist/run/classifiers/kinds.js";
import { classifierSchema, resolveSettings, trainSchema } from "../../dist/run/settings/schemas.js";
import { loadTokenizer } from "../../dist/text/load.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const saved = join(root, "test/golden/saved");
const maxLength = 24;

/** From clean to odd: the last ones are cut off at 24 tokens, hold unknown characters, or nothing. */
const texts = [
  "moo was heard at noon.",
  "A vroom vroom, then silence.",
  "Drip drip, by the old mill",
  "baa",
  "splash! SPLASH!! brrr...",
  "Without the masks the training takes 3 more minutes, but the model already differs.",
  "café naïve über",
  "🤖 中文 «mask»",
  "  spaces \t and\nlines  ",
  "",
];

const host = {
  emit: () => undefined,
  cancelled: () => false,
  now: () => performance.now(),
  runtime: () => cpu.open({ threads: 1 }),
  cacheFolder: "",
  hub: { cacheFolder: "", endpoint: "https://hub.invalid", offlineBy: "HF_HUB_OFFLINE=1" },
};

async function make(family, workshop) {
  const outputDir = join(workshop, family);
  const data = (split) => join(root, `test/fixtures/sounds/${split}.jsonl`);
  const settings = resolveSettings(trainSchema, {
    model: join(root, "test/golden/models", family),
    trainFile: data("train"),
    validationFile: data("dev"),
    outputDir,
    method: "stl",
    maxLength,
    batchSize: 12,
    maxSteps: 80,
    evalSteps: 80,
    learningRate: 3e-3,
    headLearningRate: 1e-2,
  });
  await runTrain(settings, host);
  const folder = join(saved, family);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(outputDir, "model"), folder, { recursive: true });

  const tokenizer = await loadTokenizer(folder);
  const classifier = await openClassifier(
    resolveSettings(classifierSchema, { model: folder }),
    host,
  );
  const logits = await classifier.logits(texts, "predicting");
  const classes = classifier.labels.length;
  await classifier.dispose();
  return texts.map((text, index) => ({
    text,
    ids: Array.from(tokenizer.encode(text, maxLength).ids),
    logits: Array.from(logits.subarray(index * classes, (index + 1) * classes)),
  }));
}

const workshop = mkdtempSync(join(tmpdir(), "saved-folder-"));
try {
  const families = {};
  for (const family of ["bert", "roberta"]) families[family] = await make(family, workshop);
  const content = { script: "scripts/golden/saved_folder.mjs", maxLength, families };
  writeFileSync(join(saved, "computed.json"), `${JSON.stringify(content, undefined, 1)}\n`);
} finally {
  rmSync(workshop, { recursive: true });
}

/**
 * Trains for two steps in a process of its own with several settings, and puts the peak of its memory (VmHWM of
 * /proc/PID/status, so Linux only) beside the estimate in the run's config.json. Prints the table of docs/memory.md.
 *
 *     npm run build && node scripts/measure-memory.mjs [--base]
 *
 * `--base` adds one step of a model of RoBERTa-base's size with random weights, whose folder (500 MB) is made first.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseModelConfig } from "../dist/model/checkpoint/config.js";
import { saveCheckpoint } from "../dist/model/checkpoint/save.js";
import { createTrainable, storedValues } from "../dist/run/fine-tune/trainable.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const command = join(root, "dist/apps/cli/main.js");
const mini = join(root, "models/minilm");
const folder = mkdtempSync(join(tmpdir(), "l3masking-memory-"));

/** Words of the sample texts, over and over: every text is as long as the settings allow. */
const words = readFileSync(join(root, "examples/sample-task/train.jsonl"), "utf8")
  .trim()
  .split("\n")
  .flatMap((line) => JSON.parse(line).text.split(" "));
const data = join(folder, "texts.jsonl");
const rows = Array.from({ length: 200 }, (_, row) => ({
  text: Array.from({ length: 600 }, (_, i) => words[(row * 97 + i) % words.length]).join(" "),
  label: ["a", "b", "c"][row % 3],
}));
writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

const unmasked = ["--estimator", "unmasked"];
const settings = [
  {
    name: "stl, 32 x 128",
    flags: ["--method", "stl", "--batch-size", "32", "--max-length", "128"],
  },
  { name: "rtm, 8 x 128", flags: ["--method", "rtm", "--batch-size", "8", "--max-length", "128"] },
  { name: "l3, 32 x 64", flags: ["--method", "l3", ...unmasked, "--max-length", "64"] },
  {
    name: "rtm, 16 x 64, learned weights",
    flags: [
      "--method",
      "rtm",
      "--batch-size",
      "16",
      "--max-length",
      "64",
      "--task-weights",
      "meta",
    ],
  },
  {
    name: "rtm, 16 x 64, shared pass",
    flags: ["--method", "rtm", "--batch-size", "16", "--max-length", "64", "--shared-pass"],
  },
  {
    name: "sample task, l3, 32 texts",
    flags: ["--method", "l3", ...unmasked],
    data: "examples/sample-task",
  },
].map((setting) => ({ model: mini, steps: "2", ...setting }));

if (process.argv.includes("--base")) {
  const base = join(folder, "base");
  await writeBaseModel(base);
  settings.push({
    name: "base size, rtm, 8 x 64",
    flags: ["--method", "rtm", "--batch-size", "8", "--max-length", "64"],
    model: base,
    steps: "1",
  });
}

console.log("| setting | estimate | measured | error |\n| --- | ---: | ---: | ---: |");
for (const [index, { name, flags, model, steps, data: named }] of settings.entries()) {
  const output = join(folder, `run-${index}`);
  const places = ["--model", model, "--output-dir", output, "--cache-dir", join(folder, "cache")];
  const source = named === undefined ? data : join(root, named);
  const peak = await run(["train", source, ...places, "--max-steps", steps, ...flags]);
  const { estimate } = JSON.parse(readFileSync(join(output, "config.json"), "utf8")).memory;
  const [expected, found] = [estimate, peak].map((bytes) => `${Math.round(bytes / 2 ** 20)} MiB`);
  const error = `${estimate > peak ? "+" : ""}${Math.round(100 * (estimate / peak - 1))} %`;
  console.log(`| ${name} | ${expected} | ${found} | ${error} |`);
}
rmSync(folder, { recursive: true });

/** A model of RoBERTa-base's size with random weights and the tokenizer of the shipped one. */
async function writeBaseModel(target) {
  const config = {
    ...JSON.parse(readFileSync(join(mini, "config.json"), "utf8")),
    vocab_size: 50265,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
  };
  const spec = parseModelConfig(config, "the base size");
  const store = createTrainable(spec, { mlmHead: true, classes: 0 }, new Map(), 1);
  const tokenizerFiles = new Map([
    ["tokenizer.json", readFileSync(join(mini, "tokenizer.json"), "utf8")],
  ]);
  const values = storedValues(store);
  await saveCheckpoint(target, {
    spec,
    values,
    kind: "masked-lm",
    tokenizerFiles,
    dtype: "F32",
    replace: false,
  });
}

/** Runs a command and gives the peak of its resident memory in bytes. */
function run(args) {
  const child = spawn(process.execPath, [command, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let peak = 0;
  let message = "";
  child.stderr.on("data", (text) => {
    message += text;
  });
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has just ended.
    }
  }, 20);
  return new Promise((resolve, reject) => {
    child.on("exit", (code) => {
      clearInterval(timer);
      if (code === 0) resolve(peak);
      else reject(new Error(`${args.join(" ")}\n${message}`));
    });
  });
}

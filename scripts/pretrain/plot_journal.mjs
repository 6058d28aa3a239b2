/**
 * Loss against tokens of pretraining runs that went on from one another, as a plot and as numbers.
 *
 *     node scripts/pretrain/plot_journal.mjs OUTPUT.svg OUTPUT.csv RUN...
 *
 * RUN is a folder that `pretrain` or `gpu_pretraining.py` wrote. Training losses of the first are means over 50 steps; a validation at
 * a length that the run had not trained yet is left out of the plot.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { standaloneChart } from "../../dist/results/report/charts/chart.js";
import { lineChart } from "../../dist/results/report/charts/line-chart.js";

const STEPS = 50;
const [svg, csv, ...runs] = process.argv.slice(2);
if (runs.length === 0) {
  console.error("usage: node scripts/pretrain/plot_journal.mjs OUTPUT.svg OUTPUT.csv RUN...");
  process.exit(2);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

const training = [];
const validation = [];
const rows = [];
let before = 0;
for (const [index, run] of runs.entries()) {
  if (existsSync(join(run, "journal.csv"))) {
    const [, ...lines] = readFileSync(join(run, "journal.csv"), "utf8").trim().split(/\r?\n/);
    let seen = before;
    for (const [step, tokens, , loss, held, accuracy] of lines.map((line) => line.split(","))) {
      seen = before + Number(tokens);
      training.push({ x: seen / 1e6, y: Number(loss) });
      validation.push({ x: seen / 1e6, y: Number(held) });
      rows.push([index + 1, step, seen, loss, "", held, accuracy]);
    }
    before = seen;
    continue;
  }
  const { settings } = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
  const lines = readFileSync(join(run, "journal.jsonl"), "utf8").trimEnd().split("\n");
  let tokens = before;
  let losses = [];
  for (const event of lines.map((line) => JSON.parse(line))) {
    if (event.type === "step") {
      tokens += event.tokens;
      losses.push(event.auxiliary_loss);
      if (losses.length < STEPS) continue;
      training.push({ x: tokens / 1e6, y: mean(losses) });
      rows.push([
        index + 1,
        event.step,
        tokens,
        mean(losses).toFixed(4),
        event.learning_rate.toPrecision(4),
        "",
        "",
      ]);
      losses = [];
    }
    if (event.type === "evaluation") {
      const { step, loss, measures } = event;
      rows.push([index + 1, step, tokens, "", "", loss.toFixed(4), measures.accuracy.toFixed(4)]);
      const known = (step - 1) / settings.maxSteps >= settings.shortShare;
      if (known) validation.push({ x: tokens / 1e6, y: loss });
    }
  }
  before = tokens;
}

const chart = lineChart(
  [
    { name: "training text", style: 0, points: training },
    { name: "validation text, 15 % masked", style: 1, points: validation },
  ].filter(({ points }) => points.length > 0),
  {
    title: "Masked-token loss while pretraining",
    description: `Loss in nats against millions of tokens seen; runs one after the other: ${runs.length}`,
    xTitle: "tokens seen (millions)",
    yTitle: "loss (nats)",
    yFormat: (value, decimals) => value.toFixed(decimals),
  },
);
writeFileSync(svg, standaloneChart(chart));
const head = "run,step,tokens,loss,learning_rate,validation_loss,validation_accuracy";
writeFileSync(csv, `${[head, ...rows.map((row) => row.join(","))].join("\n")}\n`);
console.log(`${svg}, ${csv}: ${(before / 1e6).toFixed(1)} M tokens`);

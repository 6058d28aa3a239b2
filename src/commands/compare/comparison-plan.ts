/**
 * plan.json of a comparison: which runs it is made of, and all that its report needs beside their folders. It follows from settings,
 * data, models and versions alone, so every machine that plans the same comparison writes the same.
 */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { findText, rename } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import {
  comparedDataset,
  comparedModel,
  runPlace,
  sweptSettings,
} from "../../results/records/comparison.js";
import { maskingSummary } from "../../results/records/masking-summary.js";
import { count, list } from "../../results/records/measures.js";
import { parseRecord } from "../../results/records/parse.js";
import { writeWhole } from "../../run/folder/run-folder.js";
import { compareCommand } from "../../run/settings/command-line.js";
import { settingsOf } from "../../run/settings/schemas.js";
import type { ComparedInputs } from "./compare-data.js";
import type { PlannedRun } from "./compare-runs.js";

export const PLAN_FILE = "plan.json";

const planSchema = z.object({
  format: z.literal("l3masking-plan"),
  version: z.literal(1),
  command: z.string(),
  /** Those that decide results. */
  settings: z.record(z.string(), z.unknown()),
  /** Of the programs that compute. */
  versions: z.record(z.string(), z.string()),
  datasets: list(comparedDataset),
  models: list(comparedModel),
  masking: list(maskingSummary),
  /** Where settings have several values. */
  sweep: z
    .object({
      settings: sweptSettings,
      /** Combinations drawn for each method; null where all are tried. */
      samples: count.nullable(),
      /** Are the runs with what was chosen planned? They are once dev has chosen. */
      tuned: z.boolean(),
    })
    .exactOptional(),
  /** In the order data set, model, method, task weights, seed; of a sweep first those that choose. */
  runs: list(runPlace),
});

export type Plan = z.infer<typeof planSchema>;

/** `versions` are of all programs; node is left out, as it does not compute. */
export function planOf(
  settings: Readonly<Record<string, unknown>>,
  { datasets, models, masking }: ComparedInputs,
  { node: _, ...versions }: Readonly<Record<string, string>>,
  runs: readonly PlannedRun[],
  sweep?: Plan["sweep"],
): Plan {
  const deciding = decidingSettings(settings);
  // Parsed, so that it is the same as when it is read: also the order of its fields, which the report keeps.
  return planSchema.parse({
    format: "l3masking-plan",
    version: 1,
    command: compareCommand(deciding),
    settings: deciding,
    versions,
    datasets,
    models,
    masking,
    ...(sweep && { sweep }),
    runs: runs.map(({ settings: _, inputs: __, ...place }) => place),
  });
}

/** Without those that say where, on what or for whom the work is done. */
function decidingSettings(
  settings: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const known = settingsOf("compare").filter(
    ({ identity }) => identity === "counts" || identity === "represented",
  );
  const names = new Set(known.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => names.has(name) && value !== undefined),
  );
}

export function writePlan(folder: string, plan: Plan): void {
  const { runs, ...head } = plan;
  // A run in a line: there may be thousands.
  const lines = runs.map((run) => `    ${JSON.stringify(run)}`).join(",\n");
  const text = JSON.stringify({ ...head, runs: [] }, undefined, 2);
  const path = join(folder, PLAN_FILE);
  // A name of its own: shards that share the folder may write at the same time.
  const own = `${path}.${crypto.randomUUID()}`;
  writeWhole(own, `${text.replace(/\[\]\n\}$/, `[\n${lines}\n  ]\n}`)}\n`);
  rename(own, path);
}

/** plan.json of a folder; undefined where there is none. Throws `data-format` for a damaged one. */
export function findPlan(folder: string): Plan | undefined {
  const path = join(folder, PLAN_FILE);
  const text = findText(path);
  const hint = "Delete the file and run compare again: it plans anew and keeps finished runs.";
  if (text === undefined) return undefined;
  return parseRecord(planSchema, text, { path, writer: "compare", hint });
}

/** plan.json of a folder. Throws `file-missing` where there is none, and `data-format` for a damaged one. */
export function readPlan(folder: string): Plan {
  const plan = findPlan(folder);
  if (plan !== undefined) return plan;
  throw new L3MaskingError(
    "file-missing",
    `expected a comparison in ${folder}, found no ${PLAN_FILE}`,
    { hint: "Name the folder that compare or compare --shard works in (its --output-dir)." },
  );
}

/**
 * Checks that two folders hold parts of one comparison. Paths may differ, as machines see the same files in other places; digests say
 * that they are the same. Throws `runs-disagree` naming the first difference.
 */
export function requireSamePlan(
  [folder, plan]: readonly [string, Plan],
  [otherFolder, other]: readonly [string, Plan],
): void {
  // Until dev has chosen, a part of a sweep has the runs that choose alone.
  const later = plan.sweep?.tuned !== false && other.sweep?.tuned !== false;
  const [parts, others] = [partsOf(plan, later), partsOf(other, later)];
  for (const name of new Set([...parts.keys(), ...others.keys()])) {
    const [one, two] = [parts.get(name) ?? "nothing", others.get(name) ?? "nothing"];
    if (one === two) continue;
    throw new L3MaskingError(
      "runs-disagree",
      `expected ${name} to be ${one}, as in ${folder}, got ${two} in ${otherFolder}`,
      {
        hint: `Run every part with the same settings, files and version. To change the comparison in a shared folder, delete its ${PLAN_FILE} first: finished runs are kept.`,
      },
    );
  }
}

/** What must be equal, by its name in messages. */
function partsOf(
  { versions, datasets, models, settings, runs: all }: Plan,
  later: boolean,
): Map<string, string> {
  const runs = later ? all : all.filter(({ tuning }) => tuning === true);
  const counting = new Set(
    settingsOf("compare")
      .filter(({ identity }) => identity === "counts")
      .map(({ name }) => name),
  );
  return new Map([
    ...Object.entries(versions).map(([name, version]) => pair(`the version of ${name}`, version)),
    ...datasets.map(({ name, digest }) => pair(`the digest of the data set ${name}`, digest)),
    ...models.flatMap(({ name, checkpoint_digest, tokenizer_digest }) => [
      pair(`the digest of the model ${name}`, checkpoint_digest),
      pair(`the digest of the tokenizer of ${name}`, tokenizer_digest),
    ]),
    ...Object.entries(settings)
      .filter(([name]) => counting.has(name))
      .map(([name, value]) => pair(name, JSON.stringify(value))),
    pair("the number of runs", String(runs.length)),
    ...runs.map(({ digest }, index) => pair(`the digest of run ${index + 1}`, digest)),
  ]);
}

const pair = (name: string, value: string): [string, string] => [name, value];

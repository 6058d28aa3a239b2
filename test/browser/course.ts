/** A course in the browser, the same in Node, and how far they are apart. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { devices } from "../../src/engine/runtime/devices/devices.js";
import type { StepEvent } from "../../src/method/train/events.js";
import type { Prediction } from "../../src/results/records/predictions.js";
import { type MemoryScoreSettings, modelOn } from "../../src/run/in-memory/open.js";
import type { MemoryTrainSettings } from "../../src/run/in-memory/settings.js";
import type { TextScores } from "../../src/run/inference/text-scores.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What course.js of the page takes. */
export interface Request {
  /** A folder, from the root of the checkout. */
  readonly model: string;
  readonly options?: { readonly device?: string; readonly threads?: number };
  /** Fields of JSON files of the model to set. */
  readonly changes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Files of the model to cut off after so many bytes. */
  readonly cut?: Readonly<Record<string, number>>;
  readonly score?: readonly string[];
  readonly scoring?: MemoryScoreSettings;
  readonly train?: {
    readonly texts: { readonly texts: readonly string[]; readonly labels: readonly string[] };
    readonly settings: MemoryTrainSettings;
  };
  readonly predict?: readonly string[];
  /** Ask for a stop after this step. */
  readonly stopAfter?: number;
}

export type Step = Pick<StepEvent, "main_loss" | "auxiliary_loss" | "gradient_norms">;

export interface Course {
  readonly notices: readonly string[];
  /** With the milliseconds at which each was done. */
  readonly steps: readonly (Step & { readonly at: number })[];
  readonly scores?: readonly TextScores[];
  readonly reason?: string;
  readonly times: { readonly start: number; readonly end: number };
  readonly predictions?: readonly Prediction[];
  /** By the classifier that was opened from the trained one's files. */
  readonly predictionsAgain?: readonly Prediction[];
  readonly files?: readonly string[];
}

export interface Failed {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Runs it in the page, or in a worker of the page. */
export async function courseIn(
  page: Page,
  where: "here" | "inWorker",
  request: Request,
): Promise<{ readonly result?: Course; readonly error?: Failed }> {
  const sent = { ...request, model: `/${request.model}/` };
  return page.evaluate(`${where}(${JSON.stringify(sent)})`);
}

/** The same on Node's processor. */
export async function courseInNode({
  model,
  changes = {},
  score = [],
  scoring,
  train,
}: Request): Promise<Pick<Course, "scores"> & { readonly steps: readonly Step[] }> {
  const folder = join(root, model);
  const files = new Map(
    readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  );
  for (const [name, fields] of Object.entries(changes)) {
    const json: object = JSON.parse(new TextDecoder().decode(files.get(name)));
    files.set(name, new TextEncoder().encode(JSON.stringify({ ...json, ...fields })));
  }
  const steps: Step[] = [];
  const opened = await modelOn(await devices.cpu.open({ threads: 1 }), files, model);
  const scores = score.length === 0 ? undefined : await opened.score(score, scoring);
  if (train !== undefined) {
    const classifier = await opened.train(train.texts, train.settings, {
      onEvent: (event) => {
        if (event.type === "step") steps.push(event);
      },
    });
    await classifier.dispose();
  }
  return { steps, ...(scores && { scores }) };
}

/** The largest differences, each relative to the expected number. */
export function differences(
  { steps, scores }: { readonly steps: readonly Step[]; readonly scores?: readonly TextScores[] },
  expected: { readonly steps: readonly Step[]; readonly scores?: readonly TextScores[] },
) {
  const both = expected.steps.map((step, index) => [steps[index], step] as const);
  return {
    loss: largest(
      both.flatMap(([got, step]) => [
        relative(got?.main_loss, step.main_loss),
        relative(got?.auxiliary_loss, step.auxiliary_loss),
      ]),
    ),
    norm: largest(
      both.flatMap(([got, step]) =>
        Object.entries(step.gradient_norms).map(([name, norm]) =>
          relative(got?.gradient_norms[name], norm),
        ),
      ),
    ),
    logprob: largest(
      (expected.scores ?? []).flatMap(({ logprob }, text) =>
        logprob.map((value, token) => relative(scores?.[text].logprob[token], value)),
      ),
    ),
  };
}

/** Nothing where a number is expected is as far off as can be. */
function relative(got: number | null | undefined, expected: number | null): number {
  if (expected === null) return got === null ? 0 : Number.POSITIVE_INFINITY;
  if (typeof got !== "number") return Number.POSITIVE_INFINITY;
  return Math.abs(got - expected) / Math.max(Math.abs(expected), 1e-3);
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** "wasm: 0.92 s a step, 25 s in all" */
export function timesText(name: string, { steps, times }: Course): string {
  const first = (steps[0].at - times.start) / 1000;
  const each = (steps[steps.length - 1].at - steps[0].at) / Math.max(1, steps.length - 1) / 1000;
  return `${name}: ${first.toFixed(1)} s to the first step, then ${each.toFixed(2)} s a step`;
}

/** A run's need of memory beside what there is, and settings with which a run that is too large fits. */
import { hasAuxiliaryTask } from "../../method/methods.js";
import type { ModelSpec } from "../../model/spec.js";
import type { AvailableMemory } from "../../platform/available-memory.js";
import type { NoticeEvent } from "../host/host.js";
import { toFlag } from "../settings/resolve.js";
import { type RunTexts, runSizes, type SizeSettings } from "./run-sizes.js";
import { type MemoryEstimate, type MemoryParts, trainingMemory } from "./training-estimate.js";

/** What config.json says of memory, in bytes. */
export interface MemoryRecord {
  readonly estimate: number;
  readonly parts: MemoryParts;
  readonly scoring: number;
  /** Of an adaptation before training; absent for methods without one. */
  readonly adaptation?: number;
  readonly available: number;
}

export interface CheckedRun {
  readonly spec: ModelSpec;
  readonly classes: number;
  /** Bytes of the weights that were loaded. */
  readonly checkpointBytes: number;
  readonly texts: RunTexts;
  readonly settings: SizeSettings;
}

export interface MemoryCheck {
  readonly record: MemoryRecord;
  /** Absent where the run fits. */
  readonly warning?: NoticeEvent;
}

/** Compares the estimate of a run with what was available before it began. */
export function checkMemory(run: CheckedRun, available: AvailableMemory): MemoryCheck {
  const { spec, classes, checkpointBytes, texts, settings } = run;
  const hasAuxiliary = hasAuxiliaryTask(settings.method);
  const memory = trainingMemory({
    spec,
    classes,
    checkpointBytes,
    mlmHead: hasAuxiliary,
    sharedPass: settings.sharedPass && hasAuxiliary,
    learnsWeights: settings.taskWeights === "meta" && hasAuxiliary,
    frozenLayers: settings.freezeLayers,
  });
  const estimateOf = (changed: Partial<SizeSettings> = {}) =>
    memory(runSizes(texts, { ...settings, ...changed }, spec));
  const estimate = estimateOf();
  const record = {
    estimate: estimate.total,
    parts: estimate.parts,
    scoring: estimate.scoring,
    ...(estimate.adaptation > 0 && { adaptation: estimate.adaptation }),
    available: available.bytes,
  };
  if (estimate.total <= available.bytes) return { record };
  const fitting = changes(settings).find((change) => estimateOf(change).total <= available.bytes);
  const advice = fitting && { change: fitting, total: estimateOf(fitting).total };
  const text = warningText(estimate, available, settings, advice);
  return { record, warning: { type: "notice", level: "warning", text } };
}

type Change = Partial<SizeSettings>;

/** Shorter texts are tried down to this many tokens. */
const SHORTEST = 32;

/** Most tokens in a call of evaluation and scoring, where those are to be small. */
const SMALL_CALLS = { evalTokens: 1024, scoringTokens: 1024 };

/**
 * Changes in the order in which they are to be preferred: smaller micro-batches of the same optimizer step, smaller calls
 * without gradients, which change nothing but rounding, fewer dev texts, and shorter texts last.
 */
function changes(settings: SizeSettings): Change[] {
  const { batchSize, gradientAccumulationSteps, devBatchSize, maxLength } = settings;
  const divisors = Array.from({ length: batchSize }, (_, index) => batchSize - index).filter(
    (size) => batchSize % size === 0,
  );
  const micros = divisors.map((size) => ({
    batchSize: size,
    gradientAccumulationSteps: (gradientAccumulationSteps * batchSize) / size,
  }));
  const calls = [
    {},
    {
      evalTokens: Math.min(settings.evalTokens, SMALL_CALLS.evalTokens),
      scoringTokens: Math.min(settings.scoringTokens, SMALL_CALLS.scoringTokens),
    },
  ];
  const devBatches = [{}, { devBatchSize: Math.ceil(devBatchSize / 4) }];
  return halvings(maxLength, SHORTEST).flatMap((length) =>
    devBatches.flatMap((dev) =>
      calls.flatMap((call) =>
        micros.map((micro) => ({ ...micro, ...call, ...dev, maxLength: length })),
      ),
    ),
  );
}

/** A number, its half, and so on down to `least`. */
function halvings(from: number, least: number): number[] {
  const half = Math.floor(from / 2);
  return half < least ? [from] : [from, ...halvings(half, least)];
}

const partNames: readonly (readonly [keyof MemoryParts, string])[] = [
  ["weights", "weights"],
  ["gradients", "gradients"],
  ["moments", "optimizer moments"],
  ["checkpoint", "the loaded checkpoint"],
  ["main_activations", "activations of the main task"],
  ["auxiliary_activations", "activations of the auxiliary task"],
  ["masked_token_logits", "logits of the masked-LM head"],
  ["dropout_masks", "dropout masks"],
  ["evaluation", "evaluation"],
  ["frozen_states", "the output of the frozen layers"],
  ["texts", "texts"],
  ["program", "program"],
];

function warningText(
  { total, parts, scoring, adaptation }: MemoryEstimate,
  available: AvailableMemory,
  settings: SizeSettings,
  advice: { readonly change: Change; readonly total: number } | undefined,
): string {
  const bound = available.bound === "machine" ? "" : " (the limit of its control group)";
  const entries = partNames
    .filter(([part]) => parts[part] > 0)
    .map(([part, words]) => `${words} ${formatBytes(parts[part])}`);
  const earlier = [
    ...(scoring > 0 ? [`scoring ${formatBytes(scoring)}`] : []),
    ...(adaptation > 0 ? [`adaptation ${formatBytes(adaptation)}`] : []),
  ];
  const calls = earlier.length > 0 ? `; before it, ${earlier.join(" and ")}` : "";
  return [
    `this run needs about ${formatBytes(total)} of memory, and ${formatBytes(available.bytes)} is available${bound}: the system may kill it`,
    `training: ${entries.join(", ")}${calls}`,
    adviceText(settings, advice),
  ].join("\n");
}

function adviceText(
  settings: SizeSettings,
  advice: { readonly change: Change; readonly total: number } | undefined,
): string {
  if (advice === undefined) {
    return "no batch size or --max-length makes it fit: use a smaller model or a machine with more memory";
  }
  const { change, total } = advice;
  const given: Readonly<Record<string, unknown>> = settings;
  const set = Object.entries(change)
    .filter(([name, value]) => value !== given[name])
    .map(([name, value]) => `--${toFlag(name)} ${value}`);
  const otherTexts = set.some((flag) => /max-length|dev-batch-size/.test(flag));
  const step = otherTexts ? "" : ", with the same optimizer step";
  return `this fits (${formatBytes(total)})${step}: ${set.join(" ")}`;
}

/** "3.2 GiB", "120 MiB". */
export function formatBytes(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes >= 1 ? `${gibibytes.toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

/** The state of a training run on disk: weights, optimizer moments and the step, whole or not at all. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { openFile, writeFolder } from "../../checkpoint/folder.js";
import { readSafetensors, writeSafetensors } from "../../checkpoint/safetensors.js";
import { L3MaskingError } from "../../errors.js";
import type { Stage } from "../../train/events.js";
import type { ParameterStore } from "../../train/parameter-store.js";

const slots = ["weight", "first", "second"] as const;
const seconds = z.number().min(0);
const best = z.object({ step: z.number().int(), metric: z.number() });
const splitMetrics = z.object({ accuracy: z.number(), macro_f1: z.number(), loss: z.number() });
const firstStage = z.object({ steps: z.number().int(), best, dev: splitMetrics });
const schema = z.object({
  step: z.number().int().min(0),
  /** Real tokens through the encoder in all steps. */
  tokens: z.number().min(0),
  best: best.optional(),
  // Of fine-tuning alone:
  withoutBetter: z.number().int().min(0).optional(),
  /** Dev metrics of the best step. */
  bestDev: splitMetrics.optional(),
  /** How the first stage ended; present in the second. */
  firstStage: firstStage.optional(),
  /** What learned task weights follow from. */
  meta: z.object({ main: z.number(), auxiliary: z.number() }).optional(),
  /** Of all parts of the run. */
  scoringSeconds: seconds.optional(),
  trainingSeconds: seconds.optional(),
  /** How often the run was started or went on. */
  parts: z.number().int().min(1).optional(),
});

export type RunState = z.infer<typeof schema>;

/** How the first stage of a run ended. */
export type FirstStage = z.infer<typeof firstStage>;

/** Has a state been saved in this folder? */
export function hasState(folder: string): boolean {
  return existsSync(join(folder, "state.json"));
}

/** Writes the state beside the previous one and puts it in its place. */
export async function saveState(
  folder: string,
  store: ParameterStore,
  state: RunState,
): Promise<void> {
  const tensors = slots.flatMap((slot) =>
    store.parameters.map(({ name, shape }) => ({
      name: `${slot}.${name}`,
      shape,
      values: store.view(slot, name),
    })),
  );
  const files = [
    { name: "tensors.safetensors", pieces: writeSafetensors(tensors, { dtype: "F32" }) },
    { name: "state.json", pieces: [new TextEncoder().encode(JSON.stringify(state))] },
  ];
  await writeFolder(folder, files, { replace: true });
}

/**
 * Reads a state into a store of the same parameters. Throws `checkpoint-missing`, `checkpoint-tensor` for a store of
 * other parameters, and `checkpoint-format` for a damaged file.
 */
export async function loadState(folder: string, store: ParameterStore): Promise<RunState> {
  const path = join(folder, "state.json");
  if (!hasState(folder)) {
    throw new L3MaskingError("checkpoint-missing", `expected a saved state in ${folder}`, {
      hint: "Start without --resume.",
    });
  }
  const state = readState(path);
  const file = await openFile(join(folder, "tensors.safetensors"));
  try {
    const stored = new Map((await readSafetensors(file.source)).map((t) => [t.name, t]));
    for (const slot of slots) {
      for (const { name, shape } of store.parameters) {
        const tensor = stored.get(`${slot}.${name}`);
        if (tensor === undefined || tensor.shape.join() !== shape.join()) {
          throw new L3MaskingError(
            "checkpoint-tensor",
            `expected ${slot}.${name} [${shape}] in ${folder}, got ${tensor ? `[${tensor.shape}]` : "nothing"}`,
            { hint: "Resume with the model settings that the run was started with." },
          );
        }
        store.view(slot, name).set(await tensor.read());
      }
    }
  } finally {
    await file.close();
  }
  return state;
}

function readState(path: string): RunState {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new L3MaskingError("checkpoint-format", `expected {"step": n, "tokens": n} in ${path}`, {
      hint: "The state is damaged: start again in another --output-dir.",
      cause,
    });
  }
}

/**
 * Cuts a journal back to the events of the steps that a saved state has done. The stop event of the stage that goes on
 * goes; those of earlier stages stay. Throws `data-format` for a line that is no event, except the last, which a
 * killed run may have torn.
 */
export function cutJournal(path: string, step: number, stage: Stage = 1): void {
  if (!existsSync(path)) return;
  const lines = readFileSync(path, "utf8").split("\n");
  // What follows the last line end was not finished; its step is done again.
  lines.pop();
  const kept = lines.filter((line, index) => {
    const event = readEvent(line, `${path} line ${index + 1}`);
    return event.step <= step && (event.type !== "stop" || event.stage < stage);
  });
  writeFileSync(path, kept.map((line) => `${line}\n`).join(""));
}

const eventSchema = z.object({ type: z.string(), stage: z.number().default(1), step: z.number() });

function readEvent(line: string, where: string): z.infer<typeof eventSchema> {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new L3MaskingError("data-format", `${where}: expected an event as a JSON object`, {
      hint: "The journal was changed: start again in another --output-dir.",
      cause,
    });
  }
}

/** The state of a training run on disk: weights, optimizer moments and the step. The last two are kept. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import type { Stage } from "../../method/train/events.js";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import { openFile } from "../../model/checkpoint/folder.js";
import { readSafetensors, writeSafetensors } from "../../model/checkpoint/formats/safetensors.js";
import { writeDurably } from "../../platform/files/durable.js";
import { folderFault, type WrittenFile, writeFolder } from "../../platform/files/durable-folder.js";
import { writing } from "../../platform/files/failures.js";
import { exists, findText, listFolder, readText } from "../../platform/files/files.js";
import { removeHeld } from "../../platform/files/held-folders.js";
import { join } from "../../platform/paths.js";
import { parseJournalLine } from "../../results/records/journal.js";
import { splitMetrics } from "../../results/records/measures.js";

const slots = ["weight", "first", "second"] as const;
const seconds = z.number().min(0);
const best = z.object({ step: z.number().int(), metric: z.number() });
const firstStage = z.object({ steps: z.number().int(), best, dev: splitMetrics });
const schema = z.object({
  step: z.number().int().min(0),
  /** Real tokens through the encoder in all steps. */
  tokens: z.number().min(0),
  best: best.optional(),
  // Of fine-tuning alone:
  withoutBetter: z.number().int().min(0).optional(),
  bestDev: splitMetrics.optional(),
  /** SHA-256 (hex) of the best step's weights in model/. */
  bestWeights: z.string().optional(),
  /** How the first stage ended; present in the second. */
  firstStage: firstStage.optional(),
  /** What learned task weights are computed from. */
  meta: z.object({ main: z.number(), auxiliary: z.number() }).optional(),
  /** Of all parts of the run. */
  scoringSeconds: seconds.optional(),
  trainingSeconds: seconds.optional(),
  /** How many times the run was started or resumed. */
  parts: z.number().int().min(1).optional(),
});

export type RunState = z.infer<typeof schema>;

/** How the first stage of a run ended. */
export type FirstStage = z.infer<typeof firstStage>;

/** The states of a run in a folder: the last two. */
export interface SavedStates {
  /**
   * Reads the last intact state into a store of the same parameters; undefined if none was ever saved. `onDamage` is
   * called with each later state and its fault; the one before it is then used.
   *
   * Throws `checkpoint-format` if there are states and none is intact, and `checkpoint-tensor` for a store of other
   * parameters.
   */
  load(
    store: ParameterStore,
    onDamage: (folder: string, fault: string) => void,
  ): Promise<RunState | undefined>;
  /** The last state as it lies there, without a look at its checksums; undefined where there is none that can be read. */
  last(): RunState | undefined;
  /** The last intact state without its tensors; undefined if none was ever saved. Throws `checkpoint-format` as `load`. */
  lastIntact(): RunState | undefined;
  /**
   * Saves a state beside the last one, which stays until the next save. Throws `disk-full` and `output-unwritable`; the
   * last state is then untouched.
   */
  save(store: ParameterStore, state: RunState): Promise<void>;
}

/**
 * Opens the states in FOLDER. They lie in numbered subfolders: each is written whole under a new number and then
 * appears by one renaming, so at every instant the state with the highest number, or else the one before, is whole.
 * Checksums tell which. Only one process at a time may save.
 */
export function openSavedStates(folder: string): SavedStates {
  /** The last state known to be intact; it is not removed. */
  let last: number | undefined;
  return {
    async load(store, onDamage) {
      last = newestIntact(folder, onDamage);
      return last === undefined ? undefined : readInto(store, stateFolder(folder, last));
    },
    last() {
      const [number] = stateNumbers(folder);
      if (number === undefined) return undefined;
      const text = findText(join(stateFolder(folder, number), "state.json"));
      try {
        return text === undefined ? undefined : schema.parse(JSON.parse(text));
      } catch {
        // `load` tells what is wrong with it.
        return undefined;
      }
    },
    lastIntact() {
      const number = newestIntact(folder, () => undefined);
      if (number === undefined) return undefined;
      return readState(join(stateFolder(folder, number), "state.json"));
    },
    async save(store, state) {
      const numbers = stateNumbers(folder);
      for (const number of numbers) {
        if (number === last) continue;
        // First, so that there are never more than two; what is deleted is older or damaged.
        writing(folder, () => removeHeld(stateFolder(folder, number)));
      }
      const next = (numbers[0] ?? 0) + 1;
      writeFolder(stateFolder(folder, next), filesOf(store, state), {
        replace: false,
        checksums: true,
      });
      last = next;
    },
  };
}

/** Its number. */
function newestIntact(
  folder: string,
  onDamage: (place: string, fault: string) => void,
): number | undefined {
  const numbers = stateNumbers(folder);
  for (const number of numbers) {
    const place = stateFolder(folder, number);
    const fault = folderFault(place);
    if (fault === undefined) return number;
    onDamage(place, fault);
  }
  if (numbers.length === 0 && isEmpty(folder)) return undefined;
  throw new L3MaskingError("checkpoint-format", `expected an intact state in ${folder}, got none`, {
    hint: "Delete that folder to start the run from its first step, or start it again in another --output-dir.",
  });
}

function stateFolder(folder: string, number: number): string {
  return join(folder, String(number));
}

/** The latest first. */
function stateNumbers(folder: string): number[] {
  if (!exists(folder)) return [];
  const names = listFolder(folder).filter((name) => /^[1-9]\d*$/.test(name));
  return names.map(Number).sort((a, b) => b - a);
}

/** A state that was being written when the process was killed does not count. */
function isEmpty(folder: string): boolean {
  return !exists(folder) || listFolder(folder).every((name) => name.endsWith(".partial"));
}

/** Those that a state is about: frozen ones are as the model has them. */
function trainedParameters({ parameters }: ParameterStore) {
  return parameters.filter(({ frozen }) => !frozen);
}

function filesOf(store: ParameterStore, state: RunState): WrittenFile[] {
  const tensors = slots.flatMap((slot) =>
    trainedParameters(store).map(({ name, shape }) => ({
      name: `${slot}.${name}`,
      shape,
      values: store.view(slot, name),
    })),
  );
  return [
    { name: "tensors.safetensors", pieces: writeSafetensors(tensors, { dtype: "F32" }) },
    { name: "state.json", pieces: [new TextEncoder().encode(JSON.stringify(state))] },
  ];
}

async function readInto(store: ParameterStore, folder: string): Promise<RunState> {
  const state = readState(join(folder, "state.json"));
  const file = openFile(join(folder, "tensors.safetensors"));
  try {
    const stored = new Map((await readSafetensors(file.source)).map((t) => [t.name, t]));
    for (const slot of slots) {
      for (const { name, shape } of trainedParameters(store)) {
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
    file.close();
  }
  return state;
}

function readState(path: string): RunState {
  try {
    return schema.parse(JSON.parse(readText(path)));
  } catch (cause) {
    throw new L3MaskingError("checkpoint-format", `expected {"step": n, "tokens": n} in ${path}`, {
      hint: "The state was written by another version: start again in another --output-dir.",
      cause,
    });
  }
}

/** Cuts a journal back to the events of the steps that a saved state has done. Throws what `doneLines` throws. */
export function cutJournal(path: string, step: number, stage: Stage = 1): void {
  const kept = doneLines(path, step, stage);
  if (kept === undefined) return;
  writeDurably(
    path,
    kept.map((line) => `${line}\n`),
  );
}

/**
 * The lines of a journal with the events of the steps that a saved state has done; undefined for a run that has done none and has no journal.
 * The stop event of the resumed stage is left out; those of earlier stages stay. Throws `data-format` for a line that is not an event,
 * except the last, which a killed run may have left incomplete, and for a journal that lacks a step that was done.
 */
export function doneLines(path: string, step: number, stage: Stage): string[] | undefined {
  const text = findText(path);
  if (step === 0 && text === undefined) return undefined;
  const lines = (text ?? "").split("\n");
  // What follows the last line end is incomplete; its step is done again.
  lines.pop();
  let steps = 0;
  const kept = lines.filter((line, index) => {
    const event = parseJournalLine(line, `${path} line ${index + 1}`);
    if (event.step > step || (event.type === "stop" && event.stage >= stage)) return false;
    if (event.type === "step") steps += 1;
    return true;
  });
  if (steps !== step) {
    throw new L3MaskingError("data-format", `expected ${step} steps in ${path}, got ${steps}`, {
      hint: "The journal was edited: start again in another --output-dir.",
    });
  }
  return kept;
}

/** The kinds of classifiers that a folder can hold, told apart by `model_type` in its config.json. */
import { L3MaskingError } from "../../base/errors.js";
import { isObject } from "../../base/strict-json.js";
import { readJsonFile } from "../../model/checkpoint/folder.js";
import { exists } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import type { Host } from "../host/host.js";
import type { ClassifierSettings } from "../settings/schemas.js";
import { openEmbed } from "./embed.js";
import { openEncoder } from "./encoder.js";
import { openLinear } from "./linear.js";
import { LINEAR_TYPE } from "./linear-folder.js";
import type { OpenClassifier } from "./open-classifier.js";
import { ENCODER, openStack, STACK_TYPE } from "./stack.js";

/** What a folder holds; all that is not ours is taken for an encoder, whose reader says what is wrong with it. */
export type ClassifierKind = "encoder" | "linear" | "embed" | "stack";

/** The kind of the classifier called `name`; names of the hub are encoders. Throws `checkpoint-config` for a damaged config.json. */
export function classifierKind(name: string): ClassifierKind {
  const path = join(name, "config.json");
  if (!exists(path)) return "encoder";
  const json = readJsonFile(path, "checkpoint-config");
  if (isObject(json) && json.model_type === STACK_TYPE) return "stack";
  if (!isObject(json) || json.model_type !== LINEAR_TYPE) return "encoder";
  return json.features === "embed" ? "embed" : "linear";
}

/**
 * Opens a classifier of any kind. Throws what opening its kind throws. A stop on request throws `interrupted` between batches.
 */
export async function openClassifier(
  settings: ClassifierSettings,
  host: Host,
): Promise<OpenClassifier> {
  const { model } = settings;
  switch (classifierKind(model)) {
    case "linear":
      return openLinear(model, settings, host);
    case "embed":
      return openEmbed(model, settings, host);
    case "stack":
      return openStack(model, settings, host);
    case "encoder":
      return openEncoder(settings, host);
  }
}

/**
 * Throws `checkpoint-config` for a classifier that is no encoder; `purpose` is what it was to be used for, and `command` what does that with
 * an encoder in a folder.
 */
export function requireEncoder(
  name: string,
  purpose: string,
  command: (folder: string) => string,
): void {
  const kind = classifierKind(name);
  if (kind === "encoder") return;
  const [found, hint] =
    kind === "stack"
      ? [
          "a stack of TF-IDF and an encoder",
          `Of the two only the encoder works in other programs; without TF-IDF some of its answers differ: ${command(join(name, ENCODER))}`,
        ]
      : [
          "a linear classifier",
          "Name the folder of a fine-tuned encoder; a linear classifier works with predict, evaluate, explain and serve.",
        ];
  throw new L3MaskingError(
    "checkpoint-config",
    `expected a fine-tuned encoder ${purpose}, got ${found} in ${name}`,
    { hint },
  );
}

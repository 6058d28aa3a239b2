/** A classifier in training, as what is written of it. */
import type { Task } from "../../data/task.js";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import type { ModelToWrite } from "../../model/checkpoint/written.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Tokenizer } from "../../text/encoding.js";
import { trainingArguments } from "./training-arguments.js";

export interface SavedParts {
  readonly spec: ModelSpec;
  readonly store: ParameterStore;
  /** In id order. */
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
  readonly task: Task;
}

/** The current weights, and how texts are read. */
export function classifierToWrite({
  spec,
  store,
  labels,
  tokenizer,
  maxLength,
  task,
}: SavedParts): ModelToWrite {
  return {
    spec,
    values: new Map(store.parameters.map(({ name }) => [name, store.weight(name)])),
    kind: "sequence-classification",
    labels,
    severalLabels: task.severalLabels !== undefined,
    tokenizerFiles: new Map([
      ...tokenizer.files(maxLength),
      trainingArguments(maxLength, tokenizer, task),
    ]),
  };
}

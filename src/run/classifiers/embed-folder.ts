/** The folder of a linear classifier that reads embeddings: that of `linear-folder.ts`, and in encoder/ the model that embeds, as a checkpoint. */
import { L3MaskingError } from "../../base/errors.js";
import { fitFloat16 } from "../../base/half.js";
import { saveCheckpoint } from "../../model/checkpoint/save.js";
import { modelParameters } from "../../model/heads.js";
import type { EmbedClassifier } from "../../model/linear/embed-classifier.js";
import { exists } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import type { LongTextPart } from "../../text/long-texts.js";
import { trainedReading } from "../folder/saved-classifier.js";
import { trainingArguments } from "../folder/training-arguments.js";
import type { Host } from "../host/host.js";
import { type LoadedModel, loadModel } from "../sources/model.js";
import { asReading, checkedMaxLength, longestRow } from "../sources/model-facts.js";
import { loadLinear, type SavedLinear, saveLinear } from "./linear-folder.js";

const ENCODER = "encoder";

/** What embeds texts, and the most tokens that it is given of one. */
export interface Embedder {
  readonly model: Pick<LoadedModel, "spec" | "weights" | "tokenizer">;
  readonly maxLength: number;
}

interface SavedEmbed extends Embedder, Pick<SavedLinear, "task"> {
  readonly classifier: EmbedClassifier;
  /** Label names by id. */
  readonly labels: readonly string[];
  /** That fits dev best. */
  readonly temperature: number;
}

/**
 * Writes the folder, in place of one that is there; the encoder in float16 where that holds its weights exactly, else in float32. Throws what
 * `saveLinear` and `saveCheckpoint` throw.
 */
export async function saveEmbed(
  folder: string,
  { classifier, labels, temperature, task, model, maxLength }: SavedEmbed,
): Promise<void> {
  const { spec, weights, tokenizer } = model;
  const values = await weights();
  saveLinear(folder, {
    ...{ classifier, labels, temperature, task },
    embeddingSize: classifier.size,
  });
  const isHalf = modelParameters(spec, {}).every(({ name }) => {
    const found = values.get(name);
    return found === undefined || fitFloat16(found);
  });
  await saveCheckpoint(join(folder, ENCODER), {
    spec,
    values,
    kind: "encoder",
    tokenizerFiles: new Map([
      ...tokenizer.files(maxLength),
      trainingArguments(maxLength, tokenizer, task),
    ]),
    dtype: isHalf ? "F16" : "F32",
    replace: true,
  });
}

/**
 * Reads what `saveEmbed` wrote, but for the temperature. `asked` replaces the most tokens of a text, `longTexts` what is kept of longer ones. Throws `checkpoint-missing` without the
 * encoder, `checkpoint-shape` for one with other embeddings, and what `loadLinear` and `loadModel` throw.
 */
export async function loadEmbed(
  folder: string,
  asked: number | undefined,
  host: Host,
  longTexts?: LongTextPart,
): Promise<Omit<SavedEmbed, "temperature">> {
  const { classifier, embeddingSize: size = 0, labels, task } = await loadLinear(folder);
  const place = join(folder, ENCODER);
  // A name without a folder would be looked for on the hub.
  if (!exists(join(place, "config.json"))) {
    throw new L3MaskingError("checkpoint-missing", `expected the encoder in ${place}, found none`, {
      hint: "Copy the whole folder again, its subfolder too, or train the classifier again.",
    });
  }
  const loaded = await loadModel(place, host);
  const trained = trainedReading(place);
  const model = asReading(loaded, { longTexts: longTexts ?? trained.longTexts, task });
  const { spec } = model;
  if (spec.hiddenSize !== size) {
    throw new L3MaskingError(
      "checkpoint-shape",
      `expected an encoder with embeddings of length ${size}, got ${spec.hiddenSize} in ${place}`,
      { hint: "Copy the whole folder again, or train the classifier again." },
    );
  }
  const maxLength = checkedMaxLength(asked ?? trained.maxLength ?? longestRow(spec), spec);
  return { classifier: { ...classifier, size }, labels, task, model, maxLength };
}

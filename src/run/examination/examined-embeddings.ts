/** Embeddings of the texts whose labels are examined: with them more of the wrong labels are found (docs/method.md). */
import { loadCheckpoint, readConfig } from "../../model/checkpoint/load.js";
import { weightFileNames } from "../../model/checkpoint/read.js";
import { exists } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { encodeOnce } from "../../text/encode-once.js";
import type { Tokenizer } from "../../text/encoding.js";
import { openEmbedder } from "../classifiers/embed.js";
import type { Host } from "../host/host.js";
import { longestRow, requireTokenizerFits, specFor } from "../sources/model-facts.js";
import type { ModelSource } from "../sources/model-source.js";
import { stopIfAsked } from "./stop.js";

/** Fewer rows are read by a person in the time that it takes. */
const LEAST_TEXTS = 50;

/** Floating-point operations up to which texts are embedded: about 20 seconds on one core of 2024. */
const QUICK_OPERATIONS = 2e12;

/** Tokens of a batch. */
const BATCH_TOKENS = 1024;

/** How texts are read. */
export interface ExaminingModel {
  readonly source: Pick<ModelSource, "folder" | "origin">;
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
}

/**
 * Embeddings [N, H] of N texts by a model whose weights are in a folder of this machine; undefined where that takes long, the texts are few, or
 * the model is one of the hub, of which a check fetches the tokenizer alone. Throws what reading the weights throws, and `interrupted` after a
 * stop on request.
 */
export async function examinedEmbeddings(
  texts: readonly string[],
  { source: { folder, origin }, tokenizer, maxLength }: ExaminingModel,
  host: Host,
): Promise<Float32Array | undefined> {
  const hasWeights = weightFileNames.some((name) => exists(join(folder, name)));
  if (texts.length < LEAST_TEXTS || origin !== undefined || !hasWeights) return undefined;
  const { spec: read } = await readConfig(folder);
  const spec = specFor(tokenizer, read);
  requireTokenizerFits(tokenizer, spec, join(folder, "config.json"));
  const encodings = texts.map(encodeOnce(tokenizer, Math.min(maxLength, longestRow(spec))));
  const tokens = encodings.reduce((sum, { ids }) => sum + ids.length, 0);
  const perToken =
    spec.layers * spec.hiddenSize * (4 * spec.hiddenSize + 2 * spec.intermediateSize);
  if (2 * perToken * tokens > QUICK_OPERATIONS) return undefined;
  const weights = async () => (await loadCheckpoint(folder)).values;
  const { embed, dispose } = await openEmbedder(
    { model: { spec, weights, tokenizer } },
    await host.runtime({}),
  );
  try {
    return await embed(encodings, BATCH_TOKENS, (done) => {
      const total = texts.length;
      host.emit({ type: "progress", task: "embedding", done, total, unit: "texts" });
      stopIfAsked(host);
    });
  } finally {
    await dispose();
  }
}

/** The ONNX files of a classifier, each run and compared with it before it gets its name. */
import { labelSpace } from "../../data/task.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { exportedClassifier } from "../../method/program/exported.js";
import { compileClassification } from "../../method/program/inference.js";
import { writeDurably } from "../../platform/files/durable.js";
import { makeFolder } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import type { ExportedFile } from "../../results/report/markdown/model-card.js";
import type { LoadedClassifier } from "../classifiers/encoder.js";
import { interrupted } from "../classifiers/open-classifier.js";
import { trainedThresholds } from "../folder/saved-classifier.js";
import type { Host } from "../host/host.js";
import { classifyEncodings } from "../inference/classify.js";
import type { ExportSettings } from "../settings/schemas.js";
import { weightsOf } from "../sources/model-facts.js";
import { differenceOf, exportedLogits, requireFaithful } from "./faithfulness.js";

/** What transformers.js calls the files, by its `dtype`: fp32, fp16, q8. */
const exportedNames = {
  float32: "model.onnx",
  float16: "model_fp16.onnx",
  int8: "model_quantized.onnx",
} as const;

const CHECK_TOKENS = 4096;

const STOP_HINT = "Run the command again; files that were already checked are complete.";

/**
 * Writes onnx/model.onnx and its smaller forms below `target`. `ids` are the texts that they are compared on. Throws
 * `export-mismatch` for a file with other logits, and `interrupted` after a stop on request.
 */
export async function writeOnnxFiles(
  target: string,
  { spec, values, labels, task, folder }: LoadedClassifier,
  { precisions }: ExportSettings,
  ids: readonly Int32Array[],
  runtime: Runtime,
  host: Host,
): Promise<readonly ExportedFile[]> {
  const classes = labels.length;
  const space = labelSpace(labels, task);
  const thresholds = trainedThresholds(folder, labels, task);
  const weights = weightsOf(values);
  const total = ids.length * (1 + precisions.length);
  const progress = (done: number) => {
    host.emit({ type: "progress", task: "exporting", done, total, unit: "texts" });
    if (host.cancelled() && done < total) throw interrupted(done, total, STOP_HINT);
  };
  const program = await compileClassification(runtime, spec, classes, weights);
  let expected: Float32Array;
  try {
    expected = await classifyEncodings(program, spec, ids.map(asEncoding), CHECK_TOKENS, progress);
  } finally {
    await program.dispose();
  }
  makeFolder(join(target, "onnx"));
  const files: ExportedFile[] = [];
  for (const [index, precision] of precisions.entries()) {
    const name = `onnx/${exportedNames[precision]}`;
    const bytes = exportedClassifier(spec, classes, weights, precision);
    const before = ids.length * (1 + index);
    const found = await exportedLogits(bytes, spec, ids, runtime, (done) =>
      progress(before + done),
    );
    const difference = differenceOf(expected, found, space, thresholds);
    requireFaithful(name, precision, difference, expected);
    writeDurably(join(target, name), [bytes]);
    files.push({ name, precision, bytes: bytes.length, ...difference });
  }
  return files;
}

/** Only ids matter to a classifier. */
function asEncoding(ids: Int32Array) {
  return { ids, wordIds: new Int32Array(ids.length), truncated: 0 };
}

/** Classifiers as ONNX files that other programs run. */
import { createBuilder } from "../../engine/graph/builder.js";
import { toOnnx } from "../../engine/onnx/export.js";
import { standaloneClassifier } from "../../engine/onnx/standalone.js";
import { classifier, modelParameters } from "../../model/heads.js";
import type { ModelSpec } from "../../model/spec.js";
import { evaluationContext } from "./inference.js";
import { type Weights, weightFeeds } from "./weight-feeds.js";

/**
 * float16: weights and computation; int8: as predictions in int8, so a text's logits depend on the texts and
 * padding in its batch.
 */
export type ExportPrecision = "float32" | "float16" | "int8";

/** The bytes of a classifier's ONNX file: operations of opset 20 that every build of ONNX Runtime has, weights inside. */
export function exportedClassifier(
  spec: ModelSpec,
  classes: number,
  weights: Weights,
  precision: ExportPrecision,
): Uint8Array {
  const build = createBuilder();
  const parameters = modelParameters(spec, { classes });
  const { tokenTypes, positions } = spec.family;
  const context = {
    ...evaluationContext(build, spec, parameters, precision === "int8" ? "int8" : "float32"),
    ...(tokenTypes && { tokenTypes: build.input("tokenTypes", "int32", ["R*S"]) }),
  };
  const model = toOnnx("classifier", { logits: classifier(context) }, "portable");
  const feeds = weightFeeds(model.inputs, weights);
  const parameterValues = Object.fromEntries(
    Object.entries(feeds).flatMap(([name, values]) =>
      values instanceof Float32Array || values instanceof Int8Array ? [[name, values]] : [],
    ),
  );
  return standaloneClassifier(model, {
    parameters: parameterValues,
    positions: positions === "from zero" ? "slots" : { afterPadId: spec.padId },
    tokenTypes,
    half: precision === "float16",
  });
}

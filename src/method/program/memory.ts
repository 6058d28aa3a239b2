/** The memory that programs take while they run, counted from their graphs: nothing is compiled or run. */
import { createBuilder } from "../../engine/graph/builder.js";
import type { GraphOutputs } from "../../engine/graph/graph.js";
import { peakBytes } from "../../engine/graph/live-bytes.js";
import { bindSize, type SizeBindings, sizeOf } from "../../engine/graph/shape.js";
import type { ModelSpec } from "../../model/spec.js";
import { classificationGraph, textFeaturesGraph, tokenLikelihoodGraph } from "./inference.js";
import {
  classificationTask,
  multiTask,
  type TrainingDefinition,
  type TrainingRates,
  trainingGraph,
} from "./training-graph.js";

/** A batch as a program sees it: R rows of S slots, with B texts and K selected tokens where it reads those. */
export interface BatchSizes {
  readonly rows: number;
  readonly slots: number;
  readonly texts: number;
  readonly selectedTokens: number;
}

/** Bytes of one pass of a training program. */
export interface TrainingBytes {
  /** Peak size of the values of forward and backward pass, including the gradients it returns. */
  readonly values: number;
  /** Dropout masks, a byte for each element. */
  readonly keepMasks: number;
}

/** The programs over a model, each as a function from a batch to bytes. */
export interface ProgramMemory {
  classificationTraining(batch: BatchSizes): TrainingBytes;
  multiTaskTraining(batch: BatchSizes): TrainingBytes;
  classification(batch: BatchSizes): number;
  textFeatures(batch: BatchSizes): number;
  tokenLikelihood(batch: BatchSizes): number;
  /** The same where entropies are asked for. */
  tokenEntropy(batch: BatchSizes): number;
}

/** Each graph is built when it is first needed. */
export function programMemory(
  spec: ModelSpec,
  classes: number,
  rates: TrainingRates,
): ProgramMemory {
  return {
    classificationTraining: trainingMemory(() => classificationTask(spec, classes, rates)),
    multiTaskTraining: trainingMemory(() => multiTask(spec, classes, rates)),
    classification: graphMemory(() => classificationGraph(createBuilder(), spec, classes)),
    textFeatures: graphMemory(() => textFeaturesGraph(createBuilder(), spec)),
    tokenLikelihood: graphMemory(() => tokenLikelihoodGraph(createBuilder(), spec)),
    tokenEntropy: graphMemory(() =>
      tokenLikelihoodGraph(createBuilder(), spec, undefined, "any token"),
    ),
  };
}

function trainingMemory(define: () => TrainingDefinition): (batch: BatchSizes) => TrainingBytes {
  const graph = once(() => trainingGraph(createBuilder(), define()));
  return (batch) => {
    const sizes = sizesOf(batch);
    const { outputs, keepSites } = graph();
    const masks = Array.from(keepSites.values(), (shape) => bindSize(sizeOf(shape), sizes));
    return {
      values: peakBytes(outputs, sizes),
      keepMasks: masks.reduce((total, bytes) => total + bytes, 0),
    };
  };
}

function graphMemory(define: () => GraphOutputs): (batch: BatchSizes) => number {
  const graph = once(define);
  return (batch) => peakBytes(graph(), sizesOf(batch));
}

function sizesOf({ rows, slots, texts, selectedTokens }: BatchSizes): SizeBindings {
  return {
    R: rows,
    S: slots,
    B: texts,
    K: selectedTokens,
    // At the most, the pass of both tasks reads rows of its own for each, and no token stands twice at a position.
    P: texts + selectedTokens,
    U: rows * slots,
    Q: Math.ceil(Math.max(texts, selectedTokens) / rows),
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

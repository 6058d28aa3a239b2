/** Forward-only programs: classification logits, and log-likelihoods of tokens. */

import { L3MaskingError } from "../../base/errors.js";
import type { Builder } from "../../engine/graph/builder.js";
import type { GraphOutputs } from "../../engine/graph/graph.js";
import { compileProgram, type Feeds, floatOutput } from "../../engine/program.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import {
  classificationHead,
  maskedCopiesLanguageModel,
  modelParameters,
  queriedFirstHiddenStates,
  queriedHeadFeatures,
} from "../../model/heads.js";
import type { Parameter } from "../../model/parameters.js";
import type { ModelContext, ModelSpec } from "../../model/spec.js";
import type { PackedBatch } from "../batch/pack.js";
import type { Precision } from "./quantized-weights.js";
import { distinctTokens, readsByRow } from "./reads.js";
import type { PresentWeights } from "./training-arrays.js";
import { type FixedWeights, openFeeds } from "./weight-feeds.js";

/**
 * A context whose parameters are program inputs named `weight.NAME`; in int8 those of linear layers are `quantized.NAME`
 * and `scale.NAME`.
 */
export function evaluationContext(
  build: Builder,
  spec: ModelSpec,
  parameters: readonly Parameter[],
  precision: Precision = "float32",
): ModelContext {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const shapeOf = (name: string) => {
    const shape = shapes.get(name);
    if (shape !== undefined) return shape;
    throw new L3MaskingError("graph-invalid", `the program has no parameter ${name}`);
  };
  return {
    build,
    spec,
    weight: (name) => build.input(`weight.${name}`, "float32", shapeOf(name)),
    ...(precision === "int8" && {
      quantized(name: string) {
        const parameter = `${name}.weight`;
        const [outputs, inputs] = shapeOf(parameter);
        return {
          weight: build.input(`quantized.${parameter}`, "int8", [inputs, outputs]),
          scale: build.input(`scale.${parameter}`, "float32", [outputs]),
        };
      },
    }),
  };
}

/** The feeds of the encoder's own inputs, or of those layers that are above frozen ones. */
export function batchFeeds(batch: PackedBatch): Feeds {
  const { ids, positions, segments, tokenTypes, frozenStates } = batch;
  if (frozenStates !== undefined) return { frozenStates, segments };
  return { ids, positions, segments, ...(tokenTypes && { tokenTypes }) };
}

export interface ClassificationProgram {
  /** Logits [B, C], one row for each text of the batch, in order. */
  logits(batch: PackedBatch): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** The graph of the classifier in evaluation mode: `logits` [B, C]. */
export function classificationGraph(
  build: Builder,
  spec: ModelSpec,
  classes: number,
  precision?: Precision,
): GraphOutputs {
  const parameters = modelParameters(spec, { classes });
  const context = evaluationContext(build, spec, parameters, precision);
  return { logits: classificationHead(context, queriedFirstHiddenStates(context)) };
}

/** The classifier in evaluation mode. In int8 a text's logits depend on the other texts in its batch. */
export async function compileClassification(
  runtime: Runtime,
  spec: ModelSpec,
  classes: number,
  weights: PresentWeights | FixedWeights,
  precision?: Precision,
): Promise<ClassificationProgram> {
  const define = (build: Builder) => classificationGraph(build, spec, classes, precision);
  const { run, dispose } = await compileOfTexts(runtime, "classification", define, weights);
  return { logits: (batch) => run(batch, "logits"), dispose };
}

export interface TextFeaturesProgram {
  /** Features [B, H], flat, one row for each text of the batch. */
  features(batch: PackedBatch): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** What reads the features: the classification head, or only its last layer. */
export type FeatureReader = "head" | "last layer";

/** The graph of what a classification head or its last layer reads, in evaluation mode: `features` [B, H]. */
export function textFeaturesGraph(
  build: Builder,
  spec: ModelSpec,
  reader: FeatureReader = "head",
): GraphOutputs {
  // Of the head only layers below the last one are read, whose sizes do not depend on the classes.
  const context = evaluationContext(build, spec, modelParameters(spec, { classes: 1 }));
  const features = reader === "head" ? queriedFirstHiddenStates : queriedHeadFeatures;
  return { features: features(context) };
}

/** What a classification head or its last layer reads, in evaluation mode. */
export async function compileTextFeatures(
  runtime: Runtime,
  spec: ModelSpec,
  weights: PresentWeights | FixedWeights,
  reader?: FeatureReader,
): Promise<TextFeaturesProgram> {
  const define = (build: Builder) => textFeaturesGraph(build, spec, reader);
  const { run, dispose } = await compileOfTexts(runtime, "text-features", define, weights);
  return { features: (batch) => run(batch, "features"), dispose };
}

/** A program that reads the first token of each text. */
async function compileOfTexts(
  runtime: Runtime,
  name: string,
  define: (build: Builder) => GraphOutputs,
  weights: PresentWeights | FixedWeights,
) {
  const program = await compileProgram(runtime, name, define);
  const parameters = await openFeeds(runtime, program, weights);
  return {
    async run(batch: PackedBatch, output: string): Promise<Float32Array> {
      const { queries, ...reads } = readsByRow(batch, batch.firstSlots);
      const feeds = { ...parameters.present(), ...batchFeeds(batch), ...reads };
      const sizes = { R: batch.rows, S: batch.slots, B: batch.firstSlots.length, Q: queries };
      return floatOutput(await program.run(feeds, sizes), output);
    },
    dispose: parameters.disposeWith,
  };
}

export interface TokenLikelihoodProgram {
  /**
   * For K tokens of a batch (flat slots and ids): log P(id) in nats, or its expectation, and 1 where the id is the most
   * likely token.
   */
  score(
    batch: PackedBatch,
    targetSlots: Int32Array,
    targetIds: Int32Array,
  ): Promise<{ readonly logProbability: Float32Array; readonly correct: Float32Array }>;
  dispose(): Promise<void>;
}

/** The log-likelihood of the token that stands there, or the one to be expected, the mean over the model's own distribution: minus its entropy. */
export type LikelihoodOf = "the token" | "any token";

/** Too small to change a probability, so that the logarithm of one that is 0 is finite. */
const TINY = 1e-30;

/** The graph of the masked language model in evaluation mode: `logProbability` and `correct` [K]. */
export function tokenLikelihoodGraph(
  build: Builder,
  spec: ModelSpec,
  precision?: Precision,
  of: LikelihoodOf = "the token",
): GraphOutputs {
  const parameters = modelParameters(spec, { mlmHead: true });
  const context = evaluationContext(build, spec, parameters, precision);
  const { nll, probabilities, correct } = maskedCopiesLanguageModel(context);
  if (of === "the token") return { logProbability: build.scale(nll, -1), correct };
  const tiny = build.fill(TINY, []);
  const weighted = build.multiply(probabilities, build.log(build.add(probabilities, tiny)));
  return { logProbability: build.sum(weighted, [1]), correct };
}

/**
 * The masked language model in evaluation mode, decoded at selected tokens only. The decoder, which is the table of
 * embeddings, stays in float32. In int8 a token's likelihood depends on the other texts in its batch.
 */
export async function compileTokenLikelihood(
  runtime: Runtime,
  spec: ModelSpec,
  weights: PresentWeights | FixedWeights,
  precision?: Precision,
  of?: LikelihoodOf,
): Promise<TokenLikelihoodProgram> {
  const program = await compileProgram(runtime, "token-likelihood", (build) =>
    tokenLikelihoodGraph(build, spec, precision, of),
  );
  const parameters = await openFeeds(runtime, program, weights);
  return {
    async score(batch, targetSlots, targetIds) {
      const { queries, ...reads } = readsByRow(batch, targetSlots);
      const distinct = distinctTokens(batch);
      const feeds = {
        ...parameters.present(),
        ...distinct,
        segments: batch.segments,
        ...reads,
        targetIds,
      };
      const sizes = {
        R: batch.rows,
        S: batch.slots,
        U: distinct.ids.length,
        K: targetSlots.length,
        Q: queries,
      };
      const outputs = await program.run(feeds, sizes);
      return {
        logProbability: floatOutput(outputs, "logProbability"),
        correct: floatOutput(outputs, "correct"),
      };
    },
    dispose: parameters.disposeWith,
  };
}

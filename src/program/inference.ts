/** Forward-only programs: classification logits, and log-likelihoods of tokens. */
import type { PackedBatch } from "../batch/packed.js";
import { L3MaskingError } from "../errors.js";
import type { Builder } from "../graph/builder.js";
import type { GraphOutputs } from "../graph/graph.js";
import type { ModelContext } from "../model/encoder.js";
import { classifier, firstHiddenStates, maskedLanguageModel } from "../model/heads.js";
import type { Parameter } from "../model/parameters.js";
import {
  bodyParameters,
  classificationHeadParameters,
  mlmHeadParameters,
} from "../model/parameters.js";
import type { ModelSpec } from "../model/spec.js";
import type { Runtime } from "../runtime/runtime.js";
import { compileProgram, type Feeds, floatOutput } from "./compile.js";

/** Parameter values by canonical name; views that are read in place at every run. */
export type Weights = (name: string) => Float32Array;

/** A context whose parameters are program inputs named `weight.NAME`. */
export function evaluationContext(
  build: Builder,
  spec: ModelSpec,
  parameters: readonly Parameter[],
): ModelContext {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  return {
    build,
    spec,
    weight(name) {
      const shape = shapes.get(name);
      if (shape === undefined) {
        throw new L3MaskingError("graph-invalid", `the program has no parameter ${name}`);
      }
      return build.input(`weight.${name}`, "float32", shape);
    },
  };
}

/** The feeds of the encoder's own inputs. */
export function batchFeeds(batch: PackedBatch): Feeds {
  return { ids: batch.ids, positions: batch.positions, segments: batch.segments };
}

export function weightFeeds(inputs: ReadonlySet<string>, weights: Weights): Feeds {
  const names = [...inputs].filter((name) => name.startsWith("weight."));
  return Object.fromEntries(names.map((name) => [name, weights(name.slice("weight.".length))]));
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
): GraphOutputs {
  const parameters = [...bodyParameters(spec), ...classificationHeadParameters(spec, classes)];
  return { logits: classifier(evaluationContext(build, spec, parameters)) };
}

/** The classifier in evaluation mode. */
export async function compileClassification(
  runtime: Runtime,
  spec: ModelSpec,
  classes: number,
  weights: Weights,
): Promise<ClassificationProgram> {
  const program = await compileProgram(runtime, "classification", (build) =>
    classificationGraph(build, spec, classes),
  );
  const fixed = weightFeeds(program.inputs, weights);
  return {
    async logits(batch) {
      const feeds = { ...fixed, ...batchFeeds(batch), firstSlots: batch.firstSlots };
      const sizes = { R: batch.rows, S: batch.slots, B: batch.firstSlots.length };
      return floatOutput(await program.run(feeds, sizes), "logits");
    },
    dispose: () => program.dispose(),
  };
}

export interface TextFeaturesProgram {
  /** Hidden states of the first tokens [B, H], flat, one row for each text of the batch. */
  features(batch: PackedBatch): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** The graph of what a classification head reads, in evaluation mode: `features` [B, H]. */
export function textFeaturesGraph(build: Builder, spec: ModelSpec): GraphOutputs {
  return { features: firstHiddenStates(evaluationContext(build, spec, bodyParameters(spec))) };
}

/** What a classification head reads, in evaluation mode. */
export async function compileTextFeatures(
  runtime: Runtime,
  spec: ModelSpec,
  weights: Weights,
): Promise<TextFeaturesProgram> {
  const program = await compileProgram(runtime, "text-features", (build) =>
    textFeaturesGraph(build, spec),
  );
  const fixed = weightFeeds(program.inputs, weights);
  return {
    async features(batch) {
      const feeds = { ...fixed, ...batchFeeds(batch), firstSlots: batch.firstSlots };
      const sizes = { R: batch.rows, S: batch.slots, B: batch.firstSlots.length };
      return floatOutput(await program.run(feeds, sizes), "features");
    },
    dispose: () => program.dispose(),
  };
}

export interface TokenLikelihoodProgram {
  /**
   * For K tokens of a batch (flat slots and ids): log P(id) in nats, and 1 where the id is the most
   * likely token.
   */
  score(
    batch: PackedBatch,
    targetSlots: Int32Array,
    targetIds: Int32Array,
  ): Promise<{ readonly logProbability: Float32Array; readonly correct: Float32Array }>;
  dispose(): Promise<void>;
}

/** The graph of the masked language model in evaluation mode: `logProbability` and `correct` [K]. */
export function tokenLikelihoodGraph(build: Builder, spec: ModelSpec): GraphOutputs {
  const parameters = [...bodyParameters(spec), ...mlmHeadParameters(spec)];
  const { nll, correct } = maskedLanguageModel(evaluationContext(build, spec, parameters));
  return { logProbability: build.scale(nll, -1), correct };
}

/** The masked language model in evaluation mode, decoded at selected tokens only. */
export async function compileTokenLikelihood(
  runtime: Runtime,
  spec: ModelSpec,
  weights: Weights,
): Promise<TokenLikelihoodProgram> {
  const program = await compileProgram(runtime, "token-likelihood", (build) =>
    tokenLikelihoodGraph(build, spec),
  );
  const fixed = weightFeeds(program.inputs, weights);
  return {
    async score(batch, targetSlots, targetIds) {
      const feeds = { ...fixed, ...batchFeeds(batch), targetSlots, targetIds };
      const sizes = { R: batch.rows, S: batch.slots, K: targetSlots.length };
      const outputs = await program.run(feeds, sizes);
      return {
        logProbability: floatOutput(outputs, "logProbability"),
        correct: floatOutput(outputs, "correct"),
      };
    },
    dispose: () => program.dispose(),
  };
}

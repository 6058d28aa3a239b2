/**
 * What a training run takes of memory, before it starts: weights and their state from the model's parameters, what a
 * pass takes from its graph (`program/memory.ts`), and a few measured constants. docs/memory.md has the measurements.
 */

import { type BatchSizes, type ProgramMemory, programMemory } from "../../method/program/memory.js";
import { trainingRates } from "../../method/program/training-graph.js";
import { modelParameters } from "../../model/heads.js";
import { elementCount, type Parameter } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";

/** What is trained; one memory for all sizes of its batches. */
export interface TrainedModel {
  readonly spec: ModelSpec;
  readonly classes: number;
  /** Does the masked-LM head belong to the model: is there an auxiliary task? */
  readonly mlmHead: boolean;
  /** Both tasks over one pass of the encoder. */
  readonly sharedPass: boolean;
  /** Are task weights learned? */
  readonly learnsWeights: boolean;
  /** How many of the first layers are frozen, together with the embeddings; nothing is where absent. */
  readonly frozenLayers?: number | undefined;
  /** Bytes of the weights as they were loaded: those that are trained are made from them, and garbage collection comes when it comes. */
  readonly checkpointBytes: number;
}

/** The largest batch of each kind that the run meets. */
export interface RunSizes {
  readonly main: BatchSizes;
  /** Of the auxiliary task, where it has a pass of its own. */
  readonly auxiliary?: BatchSizes | undefined;
  /** Of masked tokens alone, where they are learned before classification. */
  readonly adaptation?: BatchSizes | undefined;
  /** Of dev texts, where task weights are learned. */
  readonly dev?: BatchSizes | undefined;
  readonly evaluation: BatchSizes;
  /** Calls of the scoring model, which ends before training begins. */
  readonly scoring: readonly BatchSizes[];
  /** Do they come during training too? */
  readonly rescores: boolean;
  /** Do they ask for entropies? */
  readonly entropies: boolean;
  /** Bytes of the output of frozen layers, where it is kept. */
  readonly frozenStates: number;
  /** All texts of the run. */
  readonly texts: number;
  /** And their tokens. */
  readonly tokens: number;
}

/** Bytes by part. All but `scoring` are there at once. */
export interface MemoryParts {
  readonly weights: number;
  readonly gradients: number;
  /** Of the optimizer. */
  readonly moments: number;
  /** The weights as they were loaded. */
  readonly checkpoint: number;
  /** Activations of the main task, or of the pass that both tasks share. */
  readonly main_activations: number;
  /** What the auxiliary task's pass takes beyond them. */
  readonly auxiliary_activations: number;
  /** Logits [K, V] of the masked-LM head, where its probabilities come to lie, part of the auxiliary task's pass. */
  readonly masked_token_logits: number;
  readonly dropout_masks: number;
  readonly evaluation: number;
  /** The output of frozen layers for the training texts. */
  readonly frozen_states: number;
  readonly texts: number;
  /** Node, the runtime, and the graphs themselves. */
  readonly program: number;
}

export interface MemoryEstimate {
  /** Bytes at the most. */
  readonly total: number;
  readonly parts: MemoryParts;
  /** Bytes of one call of the scoring model, before most of the parts are there. */
  readonly scoring: number;
  /** Bytes of an adaptation, which ends before most of the parts are there; 0 for most methods. */
  readonly adaptation: number;
}

/** Node with a thread of ours, and ONNX Runtime's library. */
const PROGRAM_BYTES = 190 * 2 ** 20;

/** A session: its graph in the runtime, and what is left of making it. */
const SESSION_BYTES = 12 * 2 ** 20;

/** The runtime's arena takes more than is live in it: free pieces are not always where they are needed. */
const ARENA_FACTOR = 1.1;

/** Ids, words, scores and mask probabilities of a token, and the objects around a text. */
const TOKEN_BYTES = 24;
const TEXT_BYTES = 2048;

/** A function from the sizes of a run to its memory; the graphs are built once. */
export function trainingMemory(model: TrainedModel): (sizes: RunSizes) => MemoryEstimate {
  const { spec, classes, mlmHead, learnsWeights, frozenLayers } = model;
  const parameters = modelParameters(spec, { mlmHead, classes, frozenLayers });
  const weights = 4 * countOf(parameters);
  const trained = 4 * countOf(parameters.filter(({ frozen }) => !frozen));
  const rates = trainingRates(spec, frozenLayers);
  const programs = programMemory(spec, classes, rates);
  const masked = modelParameters(spec, { mlmHead: true, classes: 0, frozenLayers });
  const maskedTrained = countOf(masked.filter(({ frozen }) => !frozen));
  const adaptationBytes = ({ adaptation, texts, tokens }: RunSizes) => {
    if (adaptation === undefined) return 0;
    // One masked-token pass, which takes what the same pass beside a classification head takes.
    const pass = programs.multiTaskTraining({ ...adaptation, texts: 1 });
    const held = model.checkpointBytes + 4 * countOf(masked) + 12 * maskedTrained;
    const read = TEXT_BYTES * texts + TOKEN_BYTES * tokens + PROGRAM_BYTES + SESSION_BYTES;
    return held + Math.ceil(ARENA_FACTOR * pass.values) + pass.keepMasks + read;
  };
  return (sizes) => {
    const passes = passBytes(programs, model, sizes);
    const arena = (bytes: number) => Math.ceil(ARENA_FACTOR * bytes);
    // Learned weights keep the gradients of one task and of dev beside the sum.
    const gradients = trained * (learnsWeights ? 3 : 1);
    // Training and evaluation; learned weights have a head of their own, and features of texts.
    const sessions = 2 + (learnsWeights ? 2 : 0);
    const parts: MemoryParts = {
      weights,
      gradients,
      moments: 2 * trained,
      // Where classification starts from what an adaptation made of them, that stays beside them.
      checkpoint: model.checkpointBytes * (sizes.adaptation === undefined || mlmHead ? 1 : 2),
      main_activations: arena(passes.main),
      auxiliary_activations: arena(passes.auxiliary),
      masked_token_logits: arena(passes.logits),
      dropout_masks: passes.keepMasks,
      evaluation: arena(passes.evaluation),
      frozen_states: sizes.frozenStates,
      texts: TEXT_BYTES * sizes.texts + TOKEN_BYTES * sizes.tokens,
      program: PROGRAM_BYTES + SESSION_BYTES * sessions,
    };
    const call = sizes.entropies ? programs.tokenEntropy : programs.tokenLikelihood;
    const calls = sizes.scoring.map((batch) => call(batch));
    const scoring = arena(Math.max(0, ...calls));
    const beside = sizes.rescores ? scoring : 0;
    const training = Object.values(parts).reduce((sum, bytes) => sum + bytes, beside);
    const copies = sizes.adaptation === undefined ? 1 : 2;
    const whileScoring = copies * model.checkpointBytes + parts.texts + parts.program + scoring;
    const adaptation = adaptationBytes(sizes);
    return { total: Math.max(training, whileScoring, adaptation), parts, scoring, adaptation };
  };
}

/**
 * Bytes of the passes. A session keeps what its largest pass took, and all passes of training are of one session; so the
 * auxiliary task takes what it needs beyond the main one.
 */
function passBytes(programs: ProgramMemory, model: TrainedModel, sizes: RunSizes) {
  const { spec, mlmHead, sharedPass } = model;
  const training = mlmHead ? programs.multiTaskTraining : programs.classificationTraining;
  const ofTexts = (batch: BatchSizes) =>
    training(sharedPass ? batch : { ...batch, selectedTokens: 1 });
  const ofMain = ofTexts(sizes.main);
  const ofDev = sizes.dev && ofTexts({ ...sizes.dev, selectedTokens: 1 });
  const ofAuxiliary = sizes.auxiliary && training({ ...sizes.auxiliary, texts: 1 });
  const features = sizes.dev ? programs.textFeatures(sizes.dev) : 0;
  const selected = (sizes.auxiliary ?? sizes.main).selectedTokens;
  const logits = mlmHead ? 4 * selected * spec.vocabularySize : 0;
  const main = Math.max(ofMain.values, ofDev?.values ?? 0);
  const auxiliary = Math.max(0, (ofAuxiliary?.values ?? 0) - main);
  // The logits are shown by themselves, out of the pass that they are part of.
  const ofLogits = sharedPass ? main : auxiliary;
  const shown = Math.min(logits, ofLogits);
  return {
    main: main - (sharedPass ? shown : 0),
    auxiliary: auxiliary - (sharedPass ? 0 : shown),
    logits: shown,
    keepMasks: Math.max(ofMain.keepMasks, ofAuxiliary?.keepMasks ?? 0, ofDev?.keepMasks ?? 0),
    evaluation: programs.classification(sizes.evaluation) + features,
  };
}

function countOf(parameters: readonly Parameter[]): number {
  return parameters.reduce((total, parameter) => total + elementCount(parameter), 0);
}

/**
 * The graphs of training: a task's loss, and its gradient added to the gradient so far. What runs them is in
 * `training.ts`; what they need while they run, in `memory.ts`.
 */
import { L3MaskingError } from "../../base/errors.js";
import { type LabelSpace, labelCount, membership } from "../../data/label-sets.js";
import type { Builder } from "../../engine/graph/builder.js";
import { gradients, type TensorGradient } from "../../engine/graph/grad.js";
import type { GraphOutputs, Tensor } from "../../engine/graph/graph.js";
import { multiplySizes, type Shape } from "../../engine/graph/shape.js";
import {
  bothModels,
  classificationHead,
  classifier,
  maskedLanguageModel,
  modelParameters,
} from "../../model/heads.js";
import { type Parameter, wordEmbeddings } from "../../model/parameters.js";
import type { ModelContext, ModelSpec } from "../../model/spec.js";
import { evaluationContext } from "./inference.js";

/** How much is dropped, and what is trained at all. */
export interface TrainingRates {
  readonly dropout: number;
  readonly attentionDropout: number;
  /** In the classification head; `dropout` where absent. */
  readonly classifierDropout?: number | undefined;
  /** The embeddings and so many of the first layers have no dropout and no gradient; all have where absent. */
  readonly frozenLayers?: number | undefined;
  /** The classification task alone: are the outputs of the frozen layers given with each batch? */
  readonly frozenStatesGiven?: boolean | undefined;
}

/** The rates that a model is fine-tuned with. */
export function trainingRates(spec: ModelSpec, frozenLayers?: number): TrainingRates {
  const { hiddenDropout, attentionDropout, classifierDropout } = spec;
  return { dropout: hiddenDropout, attentionDropout, classifierDropout, frozenLayers };
}

/** What is trained, and on which losses. */
export interface TrainingDefinition {
  readonly spec: ModelSpec;
  readonly parameters: readonly Parameter[];
  readonly rates: TrainingRates;
  losses(context: ModelContext): Readonly<Record<string, TaskLoss>>;
}

/** Per example: the loss in nats, and 1 where the model is right. */
interface TaskLoss {
  readonly nll: Tensor;
  readonly correct: Tensor;
  /** The weight of an example's loss in what is trained on; 1 where absent. */
  readonly weights?: Tensor;
}

/** Rows to add to a table after a run: table[indices[k]] += rows[k]. */
export interface RowUpdate {
  readonly parameter: string;
  readonly indices: { readonly input: string } | { readonly fixed: Int32Array };
  readonly output: string;
}

/**
 * The main task: cross entropy of the classification head. Inputs beside the encoder's: `labels` as of `labelFeed`, and
 * `labelWeights` [C] where the loss of a text is to be multiplied with the weight of its label.
 */
export function classificationTask(
  spec: ModelSpec,
  space: LabelSpace,
  rates: TrainingRates,
  weighted = false,
): TrainingDefinition {
  return {
    spec,
    parameters: modelParameters(spec, { classes: labelCount(space), ...rates }),
    rates,
    losses: (context) => ({ main: labelLoss(context, classifier(context), space, weighted) }),
  };
}

/** The classification head alone, without dropout, over the input `features` [B, H]. */
export function headTask(spec: ModelSpec, space: LabelSpace): TrainingDefinition {
  return {
    spec,
    parameters: spec.family.classificationHeadParameters(spec, labelCount(space)),
    rates: { dropout: 0, attentionDropout: 0 },
    losses(context) {
      const features = context.build.input("features", "float32", ["B", spec.hiddenSize]);
      return { main: labelLoss(context, classificationHead(context, features), space) };
    },
  };
}

/** The auxiliary task: cross entropy of the masked-LM head at the selected tokens. */
export function maskedTokenTask(spec: ModelSpec, rates: TrainingRates): TrainingDefinition {
  return {
    spec,
    parameters: modelParameters(spec, { mlmHead: true, ...rates }),
    rates,
    losses: (context) => ({ auxiliary: maskedLanguageModel(context) }),
  };
}

/** Both tasks over one pass of the encoder. Inputs: see `bothModels`. */
export function multiTask(
  spec: ModelSpec,
  space: LabelSpace,
  rates: TrainingRates,
  weighted = false,
): TrainingDefinition {
  return {
    spec,
    parameters: modelParameters(spec, { mlmHead: true, classes: labelCount(space), ...rates }),
    rates,
    losses(context) {
      const { logits, maskedTokens } = bothModels(context);
      return { main: labelLoss(context, logits, space, weighted), auxiliary: maskedTokens };
    },
  };
}

/**
 * Parameters to whose dense gradient a pass of one of both tasks adds nothing: those of the other's head. The decoder of
 * the masked-LM head reads all word embeddings; the body adds rows to them.
 */
export function untouched(
  { parameters }: TrainingDefinition,
  task: "main" | "auxiliary",
): readonly string[] {
  const head = task === "main" ? "mlm-head" : "classification-head";
  const names = parameters.filter(({ part }) => part === head).map(({ name }) => name);
  return task === "main" ? [...names, wordEmbeddings] : names;
}

/**
 * What the input `labels` is fed with for texts with these ids of answers: the ids (int32 [B]), or, where a text can have several labels, 1 for those it
 * has and 0 for the others, text by text (int32 [B C]).
 */
export function labelFeed(ids: Int32Array, space: LabelSpace): Int32Array {
  return typeof space === "number" ? ids : membership(ids, space);
}

/** Loss of logits [B, C] against the input `labels`: cross entropy, or that of several labels. */
function labelLoss(
  { build }: ModelContext,
  logits: Tensor,
  space: LabelSpace,
  weighted = false,
): TaskLoss {
  if (typeof space !== "number") return labelSetLoss(build, logits, space.labels.length);
  const labels = build.input("labels", "int32", ["B"]);
  const [nll, , correct] = build.apply("crossEntropy", [logits, labels], {});
  if (!weighted) return { nll, correct };
  const table = build.input("labelWeights", "float32", [logits.shape[1]]);
  return { nll, correct, weights: build.gatherRows(table, labels) };
}

/**
 * Binary cross entropy of logits [B, C], the mean over the labels: a text's loss is
 *
 *     1/C sum_c -log sigmoid(z_c)  if it has label c,  -log(1 - sigmoid(z_c))  if not,
 *
 * as in PyTorch's `BCEWithLogitsLoss`. A text is right where all its labels are, from probability 0.5 on. As sigmoid(z) is the softmax of 0 and z, it is the cross entropy
 * of B C rows of two.
 */
function labelSetLoss(build: Builder, logits: Tensor, classes: number): TaskLoss {
  const decisions = multiplySizes("B", classes);
  const labels = build.input("labels", "int32", [decisions]);
  const noAndYes = build.constant([0, 1], [1, 2]);
  const pairs = build.multiply(build.reshape(logits, [decisions, 1]), noAndYes);
  const [nll, , correct] = build.apply("crossEntropy", [pairs, labels], {});
  const byText = (of: Tensor) => build.reshape(of, ["B", classes]);
  const right = build.sum(byText(correct), [1]);
  return {
    nll: build.mean(byText(nll), [1]),
    correct: build.isPositive(build.subtract(right, build.constant([classes - 0.5], [1]))),
  };
}

/** The losses of a definition, and the gradient of their weighted sum. */
export interface DifferentiatedLosses {
  /** `lossSum.TASK` and `correct.TASK`. */
  readonly outputs: GraphOutputs;
  readonly gradients: readonly ParameterGradient[];
}

/** What is to be added to the gradient of a parameter. */
export interface ParameterGradient {
  readonly parameter: string;
  /** The input `gradient.NAME`. */
  readonly soFar: Tensor;
  /** Its dense part has the gradient so far in it. */
  readonly gradient: TensorGradient;
}

/**
 * The losses of the tasks, weighted where they have weights, each times its input `lossScale.TASK`, and the gradient of their
 * sum. `keep` makes the mask of a dropout site.
 */
export function differentiatedLosses(
  build: Builder,
  { spec, parameters, rates, losses }: TrainingDefinition,
  keep: (site: string, shape: Shape) => Tensor,
): DifferentiatedLosses {
  const context: ModelContext = {
    ...evaluationContext(build, spec, parameters),
    frozenLayers: rates.frozenLayers,
    frozenStatesGiven: rates.frozenStatesGiven,
    dropout: {
      rate: rates.dropout,
      attentionRate: rates.attentionDropout,
      classifierRate: rates.classifierDropout ?? rates.dropout,
      keep,
    },
  };
  const outputs: Record<string, Tensor> = {};
  const scaled = Object.entries(losses(context)).map(([task, { nll, correct, weights }]) => {
    const sum = build.sum(nll, [0]);
    outputs[`lossSum.${task}`] = sum;
    outputs[`correct.${task}`] = build.sum(correct, [0]);
    const trained = weights === undefined ? sum : build.sum(build.multiply(nll, weights), [0]);
    return build.multiply(trained, build.input(`lossScale.${task}`, "float32", []));
  });
  const total = scaled.reduce(build.add);
  const trained = parameters.filter(({ frozen }) => !frozen);
  const weights = trained.map(({ name: parameter }) => context.weight(parameter));
  const bases = trained.map(({ name: parameter, shape }) =>
    build.input(`gradient.${parameter}`, "float32", shape),
  );
  const results = gradients(build, total, weights, {
    bases: new Map(weights.map((weight, index) => [weight, bases[index]])),
  });
  return {
    outputs,
    gradients: trained.map(({ name: parameter }, index) => ({
      parameter,
      soFar: bases[index],
      gradient: results.get(weights[index]) ?? { dense: undefined, rows: [] },
    })),
  };
}

/** The part that is dropped at a site. */
export function dropoutRate(site: string, rates: TrainingRates): number {
  if (/attention\.(self|Wo)$/.test(site)) return rates.attentionDropout;
  return site.startsWith("classification.")
    ? (rates.classifierDropout ?? rates.dropout)
    : rates.dropout;
}

/** A training graph for the host's memory, and how its inputs and outputs are to be served. */
export interface TrainingGraph {
  /** `lossSum.TASK` and `correct.TASK`, `sum.NAME` for dense gradients, and rows of gradients. */
  readonly outputs: GraphOutputs;
  /** Dropout sites and the shapes of their masks, the inputs `keep.SITE`. */
  readonly keepSites: ReadonlyMap<string, Shape>;
  readonly rowUpdates: readonly RowUpdate[];
  /** Parameters whose gradient so far is the input `gradient.NAME` and comes out as `sum.NAME`. */
  readonly denseNames: readonly string[];
}

/** The losses and gradients of a definition, with dropout masks that are fed and rows of gradients that the host adds. */
export function trainingGraph(build: Builder, definition: TrainingDefinition): TrainingGraph {
  const keepSites = new Map<string, Shape>();
  const rowUpdates: RowUpdate[] = [];
  const denseNames: string[] = [];
  const losses = differentiatedLosses(build, definition, (site, shape) => {
    keepSites.set(site, shape);
    return build.input(`keep.${site}`, "bool", shape);
  });
  const outputs: Record<string, Tensor> = { ...losses.outputs };
  const rowOutputs = new Map<Tensor, string>();
  for (const { parameter, gradient } of losses.gradients) {
    if (gradient.dense !== undefined) {
      outputs[`sum.${parameter}`] = gradient.dense;
      denseNames.push(parameter);
    }
    for (const { indices, rows } of gradient.rows) {
      const output = rowOutputs.get(rows) ?? `rows.${rowOutputs.size}`;
      rowOutputs.set(rows, output);
      outputs[output] = rows;
      rowUpdates.push({ parameter, indices: rowIndices(indices), output });
    }
  }
  return { outputs, keepSites, rowUpdates, denseNames };
}

/** Where the indices of a row gradient come from. */
export function rowIndices(indices: Tensor): RowUpdate["indices"] {
  const { source } = indices;
  if (source.kind === "input") return { input: source.name };
  if (source.kind === "constant") return { fixed: Int32Array.from(source.values) };
  throw new L3MaskingError("graph-invalid", "row gradients need indices that are fed or fixed");
}

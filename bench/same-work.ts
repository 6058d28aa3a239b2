/** Is it the same work? Losses and likelihoods of both sides on the same weights, without dropout, at tiny size. */

import { join } from "node:path";
import { L3MaskingError } from "../src/base/errors.js";
import { saveCheckpoint } from "../src/model/checkpoint/save.js";
import { modelParameters } from "../src/model/heads.js";
import { loadTokenizer } from "../src/text/load.js";
import { type BenchContext, openOurs, openPeer, withSides } from "./benchmark.js";
import type { Answer, Side } from "./sides/conversation.js";
import { loadSource, quickModel, randomModel, weightStore } from "./work/model.js";
import { inventedTexts } from "./work/texts.js";
import { epochSteps, split } from "./work/training-batches.js";
import type { LikelihoodWork, ModelSource, TrainingWork } from "./work/work-file.js";

/** Nats that both sides may differ by: float32 sums in another order, and a few updates. */
const TOLERANCE = 1e-3;
const CLASSES = 6;
const BATCH = 8;
const STEPS = 4;
/** High enough that a difference in the optimizer would show in the losses after it. */
const LEARNING_RATE = 1e-3;

/**
 * Trains a tiny model of saved weights for a few steps of two micro-batches on both sides, and scores texts with it. Says
 * by how much losses and log-likelihoods differ; throws `input-mismatch` where it is more than the tolerance.
 */
export async function requireSameWork(context: BenchContext): Promise<void> {
  const tokenizer = await loadTokenizer(join(context.root, "models/minilm"));
  const { texts, labels } = inventedTexts(context.root);
  const encodings = texts.slice(0, BATCH * STEPS).map((text) => tokenizer.encode(text, 48));
  const model = await savedModel(context);
  const training: TrainingWork = {
    kind: "training",
    model,
    classes: CLASSES,
    learningRate: LEARNING_RATE,
    steps: epochSteps(encodings, labels, tokenizer, { batchSize: BATCH, steps: STEPS }).map(
      ([whole]) => split(whole, BATCH / 2),
    ),
  };
  const ours = await trained(await openOurs(context, training), undefined);
  for (const variant of ["float32 all", "float32 selected"]) {
    const peer = await openPeer(context, training, "training");
    if (peer === undefined) return;
    const theirs = await trained(peer, variant);
    for (const loss of ["mainLoss", "auxiliaryLoss"]) {
      const difference = Math.max(
        ...ours.map((own, step) => Math.abs(own.values[loss] - theirs[step].values[loss])),
      );
      requireClose(context, `${loss} of ${STEPS} steps, ${variant}`, difference);
    }
  }
  const likelihood: LikelihoodWork = {
    kind: "likelihood",
    model,
    maskId: tokenizer.special.mask,
    texts: encodings
      .slice(0, STEPS)
      .map(({ ids, wordIds }) => ({ ids: Array.from(ids), wordIds: Array.from(wordIds) })),
    tokenBudget: 500,
    copies: 32,
  };
  await withSides(context, likelihood, "likelihood", async (sides) => {
    const all = Array.from(likelihood.texts.keys());
    const own = await sides.ours.ask({ do: "score", texts: all, estimator: "pll-word-l2r" });
    for (const variant of ["all", "selected"]) {
      const theirs = await sides.peer?.ask({ do: "score", texts: all, variant });
      if (theirs === undefined) return;
      const counted = theirs.values.scoredTokens - own.values.scoredTokens;
      const mean = (answer: Answer) => answer.values.sum / answer.values.scoredTokens;
      const difference = Math.abs(counted) + Math.abs(mean(theirs) - mean(own));
      requireClose(context, `mean log-likelihood of a token, ${variant}`, difference);
    }
  });
}

async function trained(side: Side, variant: string | undefined): Promise<Answer[]> {
  try {
    const answers: Answer[] = [];
    for (let step = 0; step < STEPS; step++) {
      answers.push(await side.ask({ do: "step", step, ...(variant && { variant }) }));
    }
    return answers;
  } finally {
    await side.close();
  }
}

/** Random weights without dropout, as both kinds of checkpoint. */
async function savedModel(context: BenchContext): Promise<ModelSource> {
  const noDropout = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
  const source = await loadSource(randomModel({ ...quickModel, ...noDropout }));
  const { spec } = source;
  const parameters = modelParameters(spec, { mlmHead: true, classes: CLASSES });
  const store = weightStore(source, parameters);
  const values = new Map(parameters.map(({ name }) => [name, store.weight(name)]));
  const common = { spec, values, tokenizerFiles: new Map<string, string>() };
  const maskedFolder = join(context.folder, "same-work-masked");
  const classifierFolder = join(context.folder, "same-work-classifier");
  const labels = Array.from({ length: CLASSES }, (_, label) => `label ${label}`);
  await saveCheckpoint(maskedFolder, { ...common, kind: "masked-lm" });
  await saveCheckpoint(classifierFolder, { ...common, labels, kind: "sequence-classification" });
  return { config: null, maskedFolder, classifierFolder };
}

function requireClose(context: BenchContext, what: string, difference: number): void {
  context.say(`  same work: ${what}: differs by ${difference.toExponential(1)}`);
  if (difference <= TOLERANCE) return;
  throw new L3MaskingError(
    "input-mismatch",
    `expected both sides to agree within ${TOLERANCE} in ${what}, got a difference of ${difference}`,
    {
      hint: "Use the versions of bench/peers/requirements.txt; times of different work mean nothing.",
    },
  );
}

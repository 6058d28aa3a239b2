/** Settings that choose the method of training and weigh its tasks. */
import { z } from "zod";
import {
  AUTO,
  adaptsFirst,
  hasAuxiliaryTask,
  maskingOf,
  masksTokens,
  methods,
  needsAdaptedModel,
  needsGeneralTexts,
  needsScores,
} from "../../method/methods.js";
import { fraction, integer, notNegative, positive } from "./kinds.js";
import { presetNames } from "./presets.js";
import { PUBLISHED, setting } from "./setting.js";

const heading = "Method";
const commands = ["train", "compare"] as const;

const names = methods.map(({ name }) => name);

/** Methods with a masked-LM task beside classification. */
export const twoTaskMethods = names.filter(hasAuxiliaryTask);
/** Methods that mask tokens, beside classification or before it. */
export const maskingMethods = names.filter(masksTokens);
/** Methods that mask some tokens more often than others. */
export const weighingMethods = twoTaskMethods.filter((name) => maskingOf(name)?.name !== "uniform");
/** Methods that hold the texts against general ones. */
export const contrastMethods = names.filter(needsGeneralTexts);
/** Methods whose masks come from likelihoods. */
export const likelihoodMethods = names.filter(needsScores);

const method = setting({
  name: "method",
  commands: ["train"],
  type: z.enum([AUTO, ...names]).default(AUTO),
  description: [
    `${AUTO}: TF-IDF, the same with embeddings, the fine-tuned encoder, or that mixed with TF-IDF: on held-out texts the best, or a cheaper one as good but for noise`,
    ...methods.map(({ name, brief }) => `${name}: ${brief}`),
  ].join("; "),
  heading,
  identity: "counts",
});

export const taskWeights = setting({
  name: "taskWeights",
  commands: ["train"],
  type: z.enum(["equal", "fixed", "meta"]).default("equal"),
  description:
    "How the two losses are weighted: equal (1/2 each), fixed (by --auxiliary-weight) or meta (learned on dev)",
  heading,
  origin: "MT-TARTAN; the published runs learn the weights (docs/method.md, section 4)",
  identity: "counts",
  methods: twoTaskMethods,
});

const baseline = setting({
  name: "baseline",
  commands: ["train"],
  type: z.boolean().default(true),
  description:
    "Train TF-IDF with logistic regression on the same rows first, for the verdict; --no-baseline leaves it out",
  heading,
  identity: "none",
});

const weighing = { commands, heading, identity: "counts", methods: twoTaskMethods } as const;
const counted = { commands, heading, identity: "counts" } as const;

/** What all settings of learned task weights have in common. */
const learned = {
  commands,
  heading,
  identity: "counts",
  methods: twoTaskMethods,
  when: { taskWeights: "meta" },
} as const;

const learnedWeights = [
  setting({
    name: "metaLearningRate",
    type: positive().default(0.01),
    description: "Meta weights: learning rate of the task weights",
    origin: PUBLISHED,
    aliases: ["metaLrWeight"],
    ...learned,
  }),
  setting({
    name: "devBatchSize",
    type: integer(1).default(32),
    description: "Meta weights: dev texts per dev head, and per dev gradient",
    unit: "texts",
    origin: PUBLISHED,
    aliases: ["devBatchSz"],
    ...learned,
  }),
  setting({
    name: "devHeadSteps",
    type: integer(1).default(10),
    description: "Meta weights: maximum AdamW steps for a dev head; every step trains a fresh one",
    origin: PUBLISHED,
    ...learned,
  }),
  setting({
    name: "devHeadLearningRate",
    type: positive().default(1e-3),
    description: "Meta weights: learning rate of a dev head",
    origin: PUBLISHED,
    aliases: ["classfDevLr"],
    ...learned,
  }),
  setting({
    name: "devHeadWeightDecay",
    type: notNegative().default(0.1),
    description: "Meta weights: decoupled weight decay of a dev head",
    origin: PUBLISHED,
    aliases: ["classfDevWd"],
    ...learned,
  }),
  setting({
    name: "devHeadTolerance",
    type: notNegative().default(1e-3),
    description: "Meta weights: stop training a dev head once its loss changes by less than this",
    unit: "nats",
    origin: PUBLISHED,
    ...learned,
  }),
];

export const methodSettings = [
  setting({
    name: "preset",
    commands,
    type: z.enum(presetNames).optional(),
    description:
      "Defaults for a purpose; any other flag overrides them (docs/settings.md, Presets)",
    heading,
    identity: "represented",
  }),
  method,
  baseline,
  taskWeights,
  setting({
    name: "auxiliaryWeight",
    ...weighing,
    type: fraction().default(0.5),
    description: "Fixed weights: weight of the masked-LM loss; the main loss gets the rest",
    when: { taskWeights: "fixed" },
  }),
  setting({
    name: "sharedPass",
    ...weighing,
    type: z.boolean().default(false),
    description:
      "Classify the masked texts, so one encoder pass serves both tasks: about half the cost, about one point less accuracy (docs/results.md)",
  }),
  setting({
    name: "adaptationEpochs",
    ...counted,
    methods: names.filter((name) => adaptsFirst(name) || needsAdaptedModel(name)),
    type: integer(1).optional(),
    description:
      "Passes over the texts that predict masked tokens before classification: of tapt, by default as many as classification has; of the copy of the model that excess asks what can be learned, by default 3",
  }),
  setting({
    name: "classWeights",
    ...counted,
    type: z.enum(["equal", "balanced"]).default("equal"),
    description:
      "Weight of a text in the main loss: equal, or balanced so that every label counts the same however rare it is",
  }),
  ...learnedWeights,
];

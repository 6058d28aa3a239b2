/** Settings of token likelihoods, of the mask probabilities that are made from them, and of the masks that are drawn. */
import { z } from "zod";
import { selections } from "../../method/masking/select.js";
import { OWN } from "../../method/methods.js";
import { fraction, integer, notNegative, text } from "./kinds.js";
import { likelihoodMethods, maskingMethods, twoTaskMethods, weighingMethods } from "./method.js";
import { PUBLISHED, setting } from "./setting.js";

const corruption = {
  commands: ["train", "compare", "pretrain", "perplexity"],
  heading: "Masking",
  identity: "counts",
  methods: maskingMethods,
} as const;
const weighing = {
  commands: ["train", "compare"],
  heading: "Masking",
  identity: "counts",
  methods: weighingMethods,
} as const;
const scoring = {
  commands: ["train", "compare", "score", "scoreTexts", "explain"],
  heading: "Likelihood",
} as const;

export const estimator = setting({
  name: "estimator",
  commands: ["train", "compare", "score", "scoreTexts"],
  type: text().default("pll-word-l2r"),
  description: "How the vanilla model scores tokens: pll-word-l2r, pll, block-K or unmasked",
  heading: "Likelihood",
  origin: "the authors' choice (docs/method.md, section 2)",
  identity: "counts",
  methods: likelihoodMethods,
});

export const mlmProbability = setting({
  name: "mlmProbability",
  ...corruption,
  type: fraction().default(0.15),
  description: "Masking budget: mean mask probability over a text's tokens",
  origin: PUBLISHED,
});

const strategy = setting({
  name: "strategy",
  commands: ["train", "compare"],
  heading: "Masking",
  placeholder: "file",
  reads: true,
  identity: "represented",
  methods: [OWN],
  type: text().optional(),
  description:
    "Module whose default export is a masking strategy, for --method own (examples/strategy.mjs); it runs with all rights of the program",
});

export const finalMlmProbability = setting({
  name: "finalMlmProbability",
  commands: ["train", "compare"],
  heading: "Masking",
  identity: "counts",
  methods: twoTaskMethods,
  type: fraction().optional(),
  description:
    "Masking budget of the last epoch, which the budget goes to on a straight line, epoch by epoch; by default it stays",
});

const auxiliarySpacing = setting({
  name: "auxiliarySpacing",
  commands: ["train", "compare"],
  heading: "Masking",
  identity: "counts",
  methods: maskingMethods,
  type: z.enum(["original", "published"]).default("original"),
  description:
    "Spaces of the texts whose masked tokens are predicted, and that are scored for it: as they are, or around punctuation as the released code puts them (docs/method.md, section 4)",
});

export const rescoreEpochs = setting({
  name: "rescoreEpochs",
  commands: ["train", "compare"],
  heading: "Masking",
  identity: "counts",
  methods: likelihoodMethods,
  type: integer(1).optional(),
  description:
    "Score the texts anew after every so many epochs, with the model as it is by then; by default the vanilla model's scores hold to the end",
  unit: "epochs",
});

export const calibration = setting({
  name: "calibration",
  ...weighing,
  type: z.enum(["exact", "published"]).default("exact"),
  description:
    "How the weights of tokens are scaled to the budget; `published` reproduces the released code",
  origin: "docs/method.md, section 3",
});

export const gamma = setting({
  name: "gamma",
  ...weighing,
  type: notNegative().default(1),
  description: "Exponent of the weights of tokens: 0 is random masking, 1 is the paper's setting",
});

export const movedShare = setting({
  name: "movedShare",
  ...weighing,
  type: fraction().optional(),
  description:
    "Share of the mask budget to put on other tokens than random masking does: the exponent is chosen for it, in place of --gamma",
});

export const selection = setting({
  name: "selection",
  commands: ["train", "compare"],
  type: z.enum(selections).default("bernoulli"),
  description:
    "How tokens are selected: each on its own, exactly as many as the budget asks for, by whole words, or by spans of words (docs/method.md, section 3)",
  heading: "Masking",
  identity: "counts",
  methods: maskingMethods,
});

export const maskReplaceProb = setting({
  name: "maskReplaceProb",
  ...corruption,
  type: fraction().default(0.8),
  description: "Probability that a selected token becomes the mask token",
  origin: "BERT",
});

export const randomReplaceProb = setting({
  name: "randomReplaceProb",
  ...corruption,
  type: fraction().default(0.1),
  description: "Probability that a selected token becomes a random one",
  origin: "BERT",
});

export const maskingSettings = [
  estimator,
  setting({
    name: "scoringPrecision",
    ...scoring,
    type: z.enum(["float32", "int8"]).default("float32"),
    description:
      "Precision of the scoring model's matrix products: int8 is faster but changes the likelihoods slightly; the change is measured on a sample and printed",
    identity: "counts",
    methods: likelihoodMethods,
  }),
  setting({
    name: "scoringTokens",
    ...scoring,
    type: integer(1).default(1024),
    description: "Maximum tokens per call of the scoring model",
    unit: "tokens",
    identity: "rounding",
  }),
  setting({
    name: "cacheDir",
    commands: ["train", "compare", "check", "score", "scoreTexts", "explain"],
    type: text().optional(),
    description:
      "Folder for cached likelihoods and data sets; by default L3MASKING_CACHE, else ~/.cache/l3masking",
    heading: "Likelihood",
    placeholder: "folder",
    writes: "cache",
    identity: "none",
  }),
  strategy,
  mlmProbability,
  finalMlmProbability,
  rescoreEpochs,
  auxiliarySpacing,
  calibration,
  gamma,
  movedShare,
  selection,
  maskReplaceProb,
  randomReplaceProb,
];

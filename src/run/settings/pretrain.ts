/** Settings of `pretrain` alone. */
import { z } from "zod";
import { fraction, integer, positive, text } from "./kinds.js";
import { setting } from "./setting.js";
import { SHIPPED_MODEL } from "./shipped-model.js";

const commands = ["pretrain"] as const;

const newModel = { commands, heading: "Size of a new model", identity: "counts" } as const;
const files = { commands, heading: "Model and files", identity: "counts" } as const;
const training = { commands, heading: "Training", identity: "counts" } as const;

export const pretrainSettings = [
  setting({
    name: "tokenizer",
    ...files,
    type: text().optional(),
    description: `Tokenizer: ${SHIPPED_MODEL}, a folder, a tokenizer.json or a hub repository (docs/models.md); by default that of --model, and of ${SHIPPED_MODEL} for a new model`,
    placeholder: "path",
    reads: true,
  }),
  setting({
    name: "validationText",
    ...files,
    type: text().optional(),
    description: "Plain text to measure masked-token loss and accuracy on",
    placeholder: "file",
    reads: true,
  }),
  setting({
    name: "model",
    ...files,
    type: text().optional(),
    description: `Checkpoint to continue from: ${SHIPPED_MODEL}, a folder or a hub repository; without it, a new model of the size below`,
    placeholder: "folder",
    reads: true,
    aliases: ["modelNameOrPath"],
  }),
  setting({
    name: "hiddenSize",
    ...newModel,
    type: integer(1).default(256),
    description: "Hidden size of a new model",
  }),
  setting({
    name: "numHiddenLayers",
    ...newModel,
    type: integer(1).default(4),
    description: "Layers of a new model",
  }),
  setting({
    name: "numAttentionHeads",
    ...newModel,
    type: integer(1).default(4),
    description: "Attention heads of a new model",
  }),
  setting({
    name: "intermediateSize",
    ...newModel,
    type: integer(1).optional(),
    description:
      "Inner size of a new model's feed-forward layers; by default, 4 times the hidden size",
  }),
  setting({
    name: "maxPositions",
    ...newModel,
    type: integer(8).default(512),
    description: "Maximum text length of a new model",
    unit: "tokens",
  }),
  setting({
    name: "initialization",
    ...newModel,
    type: z.enum(["counted", "sinusoidal", "random"]).default("counted"),
    description:
      "Initial weights of a new model: counted from the text (word statistics, heads that attend to neighbours), " +
      "random with sinusoidal positions, or all random",
  }),
  setting({
    name: "shortLength",
    ...training,
    type: integer(8).default(32),
    description: "Text length in the first part of training",
    unit: "tokens",
  }),
  setting({
    name: "shortShare",
    ...training,
    type: fraction().default(0.3),
    description: "Share of the steps at the short length",
  }),
  setting({
    name: "longShare",
    ...training,
    type: fraction().default(0),
    description: "Share of the steps, at the end, at the model's maximum length",
  }),
  setting({
    name: "shiftedShare",
    ...training,
    type: fraction().default(0),
    description:
      "Share of the micro-batches whose windows start at a random position, so that short windows train " +
      "all of the position table",
  }),
  setting({
    name: "batchTokens",
    ...training,
    type: integer(1).default(2048),
    description: "Tokens in a micro-batch",
    unit: "tokens",
  }),
  setting({
    name: "learningRate",
    ...training,
    type: positive().default(1e-3),
    description: "Peak learning rate",
  }),
  setting({
    name: "dropout",
    ...training,
    type: z.number().min(0).max(0.9).default(0),
    description: "Dropout during pretraining; the saved config has 0.1, for fine-tuning",
  }),
  setting({
    name: "maxSteps",
    ...training,
    type: integer(0),
    description: "Optimizer steps; 0 writes the model as initialized",
  }),
  // The last weights are kept, so evaluations change nothing.
  setting({
    name: "evalSteps",
    commands,
    type: integer(1).default(1000),
    description: "Optimizer steps between evaluations",
    heading: "Evaluation and saving",
    identity: "none",
  }),
  setting({
    name: "saveSteps",
    commands,
    type: integer(1).default(1000),
    description: "Optimizer steps between saved states",
    heading: "Evaluation and saving",
    identity: "none",
  }),
  setting({
    name: "dtype",
    commands,
    type: z.enum(["float32", "float16"]).default("float32"),
    description: "Number format of the saved weights",
    heading: "Model and files",
    identity: "none",
  }),
];

/** Settings of the commands that put a trained model to use elsewhere: `serve`, `export` and `push`. */
import { z } from "zod";
import { integer, text } from "./kinds.js";
import { setting } from "./setting.js";

const serve = { commands: ["serve"], identity: "none" } as const;
const exporting = { commands: ["export"], identity: "none" } as const;
const push = { commands: ["push"], heading: "Model and files", identity: "none" } as const;

export const handingOnSettings = [
  setting({
    name: "host",
    ...serve,
    type: text().default("127.0.0.1"),
    description: "Address to listen at; 0.0.0.0 for all of this machine's",
    heading: "Model and files",
  }),
  setting({
    name: "port",
    ...serve,
    type: z.int().min(0).max(65535).default(8080),
    description: "Port to listen at; 0 takes a free one",
    heading: "Model and files",
  }),
  setting({
    name: "maxTexts",
    ...serve,
    type: integer(1).default(64),
    description: "Most texts in a request",
    heading: "Limits",
  }),
  setting({
    name: "maxBytes",
    ...serve,
    type: integer(1).default(2 ** 20),
    description: "Longest body of a request",
    heading: "Limits",
    unit: "bytes",
  }),
  setting({
    name: "maxWaiting",
    ...serve,
    type: integer(1).default(32),
    description: "Most requests that wait for their turn; further ones get status 503",
    heading: "Limits",
  }),
  setting({
    name: "outputDir",
    ...exporting,
    type: text().optional(),
    description:
      "New folder for the whole model; the files are written to the model's own where absent",
    heading: "Model and files",
    placeholder: "folder",
  }),
  setting({
    name: "precisions",
    ...exporting,
    type: z
      .array(z.enum(["float32", "float16", "int8"]))
      .min(1)
      .default(["float32", "float16", "int8"]),
    description:
      "Numbers of the files: float32 (model.onnx), float16 (model_fp16.onnx), int8 (model_quantized.onnx)",
    heading: "Evaluation and saving",
    commas: true,
  }),
  setting({
    name: "model",
    ...push,
    type: text(),
    description: "Folder of a model, as train and export write it",
    placeholder: "folder",
  }),
  setting({
    name: "repository",
    ...push,
    type: text(),
    description: "Where to on the hub: org/name, or org/name@branch for a branch that exists",
    placeholder: "org/name",
  }),
  setting({
    name: "visibility",
    ...push,
    type: z.enum(["private", "public"]).default("private"),
    description: "Who may see the repository, if it is made",
  }),
  setting({
    name: "commitMessage",
    ...push,
    type: text().default("Upload a model with l3masking"),
    description: "First line of the commit",
  }),
];

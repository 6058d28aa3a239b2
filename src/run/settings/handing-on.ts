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
    description: "Address to listen on; 0.0.0.0 for all addresses of this machine",
    heading: "Model and files",
  }),
  setting({
    name: "port",
    ...serve,
    type: z.int().min(0).max(65535).default(8080),
    description: "Port to listen on; 0 picks a free one",
    heading: "Model and files",
  }),
  setting({
    name: "maxTexts",
    ...serve,
    type: integer(1).default(64),
    description: "Maximum texts per request",
    heading: "Limits",
  }),
  setting({
    name: "maxBytes",
    ...serve,
    type: integer(1).default(2 ** 20),
    description: "Maximum size of a request body",
    heading: "Limits",
    unit: "bytes",
  }),
  setting({
    name: "maxWaiting",
    ...serve,
    type: integer(1).default(32),
    description: "Maximum requests in the queue; any more get status 503",
    heading: "Limits",
  }),
  setting({
    name: "outputDir",
    ...exporting,
    type: text().optional(),
    description:
      "New folder for a copy of the whole model; by default, the files are added to the model's own folder",
    heading: "Model and files",
    placeholder: "folder",
    // It must be empty, or the model's own, where files are added with care.
    writes: [],
  }),
  setting({
    name: "precisions",
    ...exporting,
    type: z
      .array(z.enum(["float32", "float16", "int8"]))
      .min(1)
      .default(["float32", "float16", "int8"]),
    description:
      "Precisions to export: float32 (model.onnx), float16 (model_fp16.onnx), int8 (model_quantized.onnx)",
    heading: "Evaluation and saving",
    commas: true,
  }),
  setting({
    name: "model",
    ...push,
    type: text(),
    description: "Model folder, as train and export write it",
    placeholder: "folder",
    reads: true,
  }),
  setting({
    name: "repository",
    ...push,
    type: text(),
    description: "Destination on the hub: org/name, or org/name@branch for an existing branch",
    placeholder: "org/name",
  }),
  setting({
    name: "visibility",
    ...push,
    type: z.enum(["private", "public"]).default("private"),
    description: "Who can see the repository, if it is created",
  }),
  setting({
    name: "commitMessage",
    ...push,
    type: text().default("Upload a model with l3masking"),
    description: "First line of the commit message",
  }),
];

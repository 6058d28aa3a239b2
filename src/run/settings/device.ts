/** Where models are computed. */
import { z } from "zod";
import { deviceNames } from "../../engine/runtime/devices/names.js";
import { setting } from "./setting.js";

const heading = "Limits";

/** Commands that compute with a model on whatever device there is. */
export const modelCommands = [
  "train",
  "compare",
  "pretrain",
  "perplexity",
  "score",
  "scoreTexts",
  "predict",
  "evaluate",
  "explain",
  "serve",
  "classifier",
  "worker",
] as const;

export const deviceSettings = [
  setting({
    name: "device",
    commands: modelCommands,
    type: z.enum(["auto", ...deviceNames]).default("auto"),
    description:
      "Where the model is computed (docs/devices.md); auto is the processor until doctor --time-devices found another device faster",
    heading,
    // As for threads: last digits change, but it is the machine's more than the run's.
    identity: "none",
  }),
  setting({
    name: "timeDevices",
    commands: ["doctor"],
    type: z.boolean().default(false),
    description:
      "Time a training step of the shipped model on each device that is here, and remember it for --device auto",
    heading,
    identity: "none",
  }),
];

/** The settings of the commands that hand a trained model on: `export` and `push`. */
import { z } from "zod";
import { columnSettings, modelSettings } from "./groups.js";
import { type SettingNotes, text } from "./kinds.js";

export const trainedClassifier = text({
  description: "Trained classifier: a folder, or a repository of the hub (docs/models.md)",
  aliases: ["modelNameOrPath"],
});

export const exportShape = {
  model: trainedClassifier,
  precisions: z
    .array(z.enum(["float32", "float16", "int8"]))
    .min(1)
    .meta({
      description:
        "Numbers of the files: float32 (model.onnx), float16 (model_fp16.onnx), int8 (model_quantized.onnx)",
      commas: true,
    } satisfies SettingNotes)
    .default(["float32", "float16", "int8"]),
  input: text({
    description:
      "Texts on which the files are compared with the classifier; random tokens where absent",
  }).optional(),
  textColumn: columnSettings.textColumn,
  outputDir: text({
    description:
      "New folder for the whole model; the files are written to the model's own where absent",
  }).optional(),
  threads: modelSettings.threads,
};

export const pushShape = {
  model: text({ description: "Folder of a model, as train and export write it" }),
  repository: text({
    description: "Where to on the hub: org/name, or org/name@branch for a branch that exists",
  }),
  visibility: z
    .enum(["private", "public"])
    .meta({ description: "Who may see the repository, if it is made" })
    .default("private"),
  commitMessage: text({ description: "First line of the commit" }).default(
    "Upload a model with l3masking",
  ),
};

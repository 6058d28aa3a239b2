/** The words that repeat a training run, from the settings of its record. */
import { basename, isAbsolute } from "../../platform/paths.js";
import { resolveSettings, toFlag, trainSchema } from "../settings/train.js";

/** Settings that say where and with what a run is made; the same numbers come out without them. */
const circumstances = new Set([
  ...["outputDir", "threads", "resume", "cacheDir", "saveSteps"],
  ...["reportTo", "loggingDir"],
]);
/** Settings that name files or folders of the machine on which the run was made. */
const places = new Set(["model", "trainFile", "validationFile", "testFile", "unlabeledFile"]);

/**
 * `l3masking train` with every setting that differs from its default. Of absolute paths only the last part is told: the line is
 * for others to read.
 */
export function trainCommand(settings: Readonly<Record<string, unknown>>): string {
  const { model, trainFile, preset } = settings;
  const defaults: Readonly<Record<string, unknown>> = resolveSettings(trainSchema, {
    model,
    trainFile,
    ...(preset !== undefined && { preset }),
    outputDir: "RUN",
  });
  const flags = Object.entries(settings).flatMap(([name, value]) => {
    if (circumstances.has(name) || value === undefined) return [];
    const isDefault = JSON.stringify(defaults[name]) === JSON.stringify(value);
    if (isDefault && !places.has(name) && name !== "preset") return [];
    const values = (Array.isArray(value) ? value : [value]).map(String);
    const shown = places.has(name) ? values.map(shownPath) : values;
    if (value === true) return [`--${toFlag(name)}`];
    if (value === false) return [];
    return [`--${toFlag(name)} ${shown.map(quoted).join(" ")}`];
  });
  return ["l3masking train", ...flags, "--output-dir RUN"].join(" ");
}

function shownPath(path: string): string {
  return isAbsolute(path) ? basename(path) : path;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command line that stands for the settings of a comparison: what differs from the defaults, as shell words. */
import { type CompareSettings, compareSchema } from "../../run/settings/compare.js";
import { resolveSettings, toFlag } from "../../run/settings/train.js";

/** Settings that take several words on the command line; other lists are written with commas. */
const wordLists: readonly string[] = ["dataset", "model", "unlabeledFile"];

export function compareCommand(settings: CompareSettings): string {
  const { model, outputDir } = settings;
  const defaults: Readonly<Record<string, unknown>> = resolveSettings(compareSchema, {
    model,
    outputDir,
  });
  const named = ["dataset", "model", "methods", "taskWeights", "seeds"];
  const given: Readonly<Record<string, unknown>> = settings;
  // What is compared comes first, whether it differs from the defaults or not.
  const names = [...named, ...Object.keys(settings).filter((name) => !named.includes(name))];
  const flags = names.flatMap((name) => {
    const value = given[name];
    if (value === undefined || value === false) return [];
    const isDefault = JSON.stringify(value) === JSON.stringify(defaults[name]);
    if (isDefault && !named.includes(name) && name !== "outputDir") return [];
    const flag = `--${toFlag(name)}`;
    if (value === true) return [flag];
    const words = Array.isArray(value) ? value.map(String) : [String(value)];
    return [flag, ...(wordLists.includes(name) ? words : [words.join(",")])];
  });
  return ["l3masking", "compare", ...flags].map(shellWord).join(" ");
}

function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

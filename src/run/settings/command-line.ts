/** The command lines that repeat a training run and a comparison, from their settings. */
import { shellWord } from "../../base/shell-words.js";
import { basename, isAbsolute } from "../../platform/paths.js";
import { presetValues } from "./presets.js";
import { isListSchema } from "./resolve.js";
import { settingsOf, toFlag } from "./schemas.js";
import type { Setting } from "./setting.js";

type Values = Readonly<Record<string, unknown>>;

/**
 * `l3masking train` with every setting that differs from its default, but for those that say where and with what a run is made.
 * Absolute paths are cut to their last part: the line is for others to read.
 */
export function trainCommand(settings: Values): string {
  const words = flagWords(
    settingsOf("train"),
    settings,
    ({ identity }) => identity !== "none",
    ({ placeholder }, word) =>
      (placeholder === "file" || placeholder === "folder") && isAbsolute(word)
        ? basename(word)
        : word,
  );
  return ["l3masking train", ...words.map(shellWord), "--output-dir RUN"].join(" ");
}

/** `l3masking compare` with what is compared, and with every other setting that differs from its default. */
export function compareCommand(settings: Values): string {
  return ["l3masking compare", ...flagWords(settingsOf("compare"), settings).map(shellWord)].join(
    " ",
  );
}

/** Flags and their values: first what is compared, whether it differs from the defaults or not. */
function flagWords(
  known: readonly Setting[],
  settings: Values,
  isWanted: (setting: Setting) => boolean = () => true,
  shown: (setting: Setting, word: string) => string = (_, word) => word,
): string[] {
  const preset = presetValues(settings.preset);
  const wanted = known.filter(isWanted);
  const axes = wanted.filter(({ axis }) => axis);
  return [...new Set([...axes, ...wanted])].flatMap((setting) => {
    const { name, type, axis, commas } = setting;
    const value = settings[name];
    const fallback = preset[name] ?? type.safeParse(undefined).data;
    const isDefault = JSON.stringify(value) === JSON.stringify(fallback);
    if (value === undefined || (isDefault && !axis)) return [];
    if (typeof value === "boolean") return [`--${value ? "" : "no-"}${toFlag(name)}`];
    // Of a setting with one value each in its runs: those that are tried.
    if (Array.isArray(value) && !isListSchema(type)) return [`--${toFlag(name)}`, value.join(",")];
    const words = (Array.isArray(value) ? value : [value]).map((word) =>
      shown(setting, String(word)),
    );
    return [`--${toFlag(name)}`, ...(commas ? [words.join(",")] : words)];
  });
}

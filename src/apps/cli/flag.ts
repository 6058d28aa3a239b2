/** One flag of the command line: what help shows of it, and its value from words. */
import { L3MaskingError } from "../../base/errors.js";
import type { Heading } from "../../run/settings/setting.js";

export type FlagKind = "integer" | "number" | "text" | "choice" | "switch" | "list";

/** One flag and all that help and documentation say about it. */
export interface Flag {
  /** Name of the setting, camelCase. */
  readonly setting: string;
  /** Name on the command line, kebab-case, without the dashes. */
  readonly name: string;
  /** Further names, kebab-case. */
  readonly aliases: readonly string[];
  readonly kind: FlagKind;
  /** What the value is, as help shows it: "integer", "file", "choice". */
  readonly placeholder: string;
  /** The values of a choice, or of a list of choices; empty for other kinds. */
  readonly choices: readonly string[];
  /** Are the values of a list parted by commas too? */
  readonly commas: boolean;
  /** May several values be given, parted by commas, where the setting has one? */
  readonly several: boolean;
  readonly required: boolean;
  /** Absent where the setting has no default. */
  readonly defaultValue: string | undefined;
  readonly description: string;
  readonly unit: string | undefined;
  /** Where the default comes from. */
  readonly origin: string | undefined;
  readonly heading: Heading;
}

/** What flags that are no settings have in common. */
const noSetting = {
  aliases: [],
  choices: [],
  commas: false,
  several: false,
  required: false,
  unit: undefined,
  origin: undefined,
  heading: "More",
} as const;

/** Machine-readable output. */
export const jsonFlag: Flag = {
  ...noSetting,
  setting: "json",
  name: "json",
  kind: "switch",
  placeholder: "",
  defaultValue: "false",
  description: "Print JSON Lines on standard output: events, then the result or the error",
};

/** A file that gives settings; flags win over it. */
export const configFlag: Flag = {
  ...noSetting,
  setting: "config",
  name: "config",
  kind: "text",
  placeholder: "file",
  defaultValue: undefined,
  description: "YAML or JSON file of settings; flags override it",
};

/**
 * The value of a flag from its text. Whether the value is allowed is decided later, with all settings
 * at hand; here only the form of numbers counts. Throws `invalid-setting`.
 */
export function flagValue(flag: Flag, text: string): string | number {
  if (flag.kind !== "integer" && flag.kind !== "number") return text;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw formError(flag, text.includes(",") ? "one number" : "a number", text);
  }
  if (flag.kind === "integer" && !Number.isInteger(value)) {
    throw formError(flag, "a whole number", text);
  }
  return value;
}

function formError(flag: Flag, expected: string, text: string): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    `expected ${expected} after --${flag.name}, got ${JSON.stringify(text)}`,
    { hint: `Write --${flag.name} <${flag.placeholder}>: ${flag.description}.` },
  );
}

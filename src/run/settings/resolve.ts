/** Settings as given -> settings checked and complete. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { nearestName } from "../../base/nearest.js";
import { withPreset } from "./presets.js";

/**
 * Settings checked and completed, with the values of their preset first and then with defaults. What is
 * resolved once resolves to itself. Throws `unknown-setting` (with the nearest name),
 * `missing-setting` or `invalid-setting`.
 */
export function resolveSettings<S extends z.ZodObject>(schema: S, given: unknown): z.output<S> {
  const isList = (name: string) => isListSchema(schema.shape[name]);
  const parsed = schema.safeParse(withPreset(given, Object.keys(schema.shape), isList));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue.path[0] ?? "");
  const place = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const nearest = nearestName(issue.keys[0], Object.keys(schema.shape));
    throw new L3MaskingError("unknown-setting", `there is no setting ${issue.keys[0]}`, {
      hint: nearest === undefined ? "See --help for the settings." : `Did you mean ${nearest}?`,
    });
  }
  const missing = typeof given === "object" && given !== null && !(name in given);
  if (missing) {
    throw new L3MaskingError("missing-setting", `the required setting ${name} is missing`, {
      hint: `Pass --${toFlag(name)}.`,
    });
  }
  const meant =
    issue.code === "invalid_value" ? nearestValue(given, name, issue.values) : undefined;
  throw new L3MaskingError("invalid-setting", `setting ${place}: ${issue.message}`, {
    hint: meant === undefined ? `Correct --${toFlag(name)}.` : `Did you mean ${meant}?`,
  });
}

/** Is it a list, with or without a default? */
function isListSchema(setting: unknown): boolean {
  if (setting instanceof z.ZodDefault || setting instanceof z.ZodOptional) {
    return isListSchema(setting.unwrap());
  }
  return setting instanceof z.ZodArray;
}

/** The allowed value that comes closest to what was given for a setting. */
function nearestValue(
  given: unknown,
  name: string,
  values: readonly unknown[],
): string | undefined {
  const value: unknown = Object.entries(given ?? {}).find(([key]) => key === name)?.[1];
  return typeof value === "string" ? nearestName(value, values.map(String)) : undefined;
}

/** camelCase to kebab-case: maxLength -> max-length. */
export function toFlag(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Settings as given -> settings checked and complete. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { nearestHint } from "../../base/nearest.js";
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
    const [key] = issue.keys;
    throw new L3MaskingError("unknown-setting", `there is no setting ${key}`, {
      hint: nearestHint(key, Object.keys(schema.shape), "See --help for the settings."),
    });
  }
  const missing = typeof given === "object" && given !== null && !(name in given);
  if (missing) {
    throw new L3MaskingError("missing-setting", `the required setting ${name} is missing`, {
      hint: `Pass --${toFlag(name)}.`,
    });
  }
  const allowed = issue.code === "invalid_value" ? issue.values.map(String) : [];
  const value: unknown = Object.entries(given ?? {}).find(([key]) => key === name)?.[1];
  throw new L3MaskingError("invalid-setting", `setting ${place}: ${issue.message}`, {
    hint: nearestHint(
      typeof value === "string" ? value : "",
      allowed,
      `Correct --${toFlag(name)}.`,
    ),
  });
}

/** Is it a list, with or without a default? */
function isListSchema(setting: unknown): boolean {
  if (setting instanceof z.ZodDefault || setting instanceof z.ZodOptional) {
    return isListSchema(setting.unwrap());
  }
  return setting instanceof z.ZodArray;
}

/** camelCase to kebab-case: maxLength -> max-length. */
export function toFlag(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

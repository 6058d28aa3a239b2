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
  const [first] = parsed.error.issues;
  const name = String(first.path[0] ?? "");
  const value: unknown = Object.entries(given ?? {}).find(([key]) => key === name)?.[1];
  const issue = issueOf(first, Array.isArray(value));
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
  if (Array.isArray(value) && !isListSchema(schema.shape[name])) {
    throw severalError(name, value, issue);
  }
  const allowed = issue.code === "invalid_value" ? issue.values.map(String) : [];
  throw new L3MaskingError("invalid-setting", `setting ${place}: ${issue.message}`, {
    hint: nearestHint(
      typeof value === "string" ? value : "",
      allowed,
      `Correct --${toFlag(name)}.`,
    ),
  });
}

type Issue = z.core.$ZodIssue;

/** What is wrong with a value of one of several forms: what is wrong with it in its own, one value or a list of them. */
function issueOf(issue: Issue, several: boolean): Issue {
  if (issue.code !== "invalid_union") return issue;
  const [one] = issue.errors[several ? issue.errors.length - 1 : 0] ?? [];
  return one === undefined ? issue : { ...one, path: [...issue.path, ...one.path] };
}

/** Of several values where one is wrong, or where there may be only one. */
function severalError(name: string, values: readonly unknown[], issue: Issue): L3MaskingError {
  const flag = `--${toFlag(name)}`;
  const place = issue.path[1];
  if (typeof place !== "number") {
    const text = `expected one value of ${flag}, got ${values.length}: ${values.join(", ")}`;
    return new L3MaskingError("invalid-setting", text, {
      hint: "Choose one. Only `compare` tries several values, of settings that decide how its runs are trained (docs/comparing.md#sweeps).",
    });
  }
  const text = `setting ${name}: ${issue.message}, got ${JSON.stringify(values[place])} among ${values.join(", ")}`;
  const allowed = issue.code === "invalid_value" ? issue.values.map(String) : [];
  return new L3MaskingError("invalid-setting", text, {
    hint: nearestHint(
      String(values[place]),
      allowed,
      `Correct or leave out that value of ${flag}.`,
    ),
  });
}

/** Is it a list, with or without a default? */
export function isListSchema(setting: unknown): boolean {
  if (setting instanceof z.ZodDefault || setting instanceof z.ZodOptional) {
    return isListSchema(setting.unwrap());
  }
  return setting instanceof z.ZodArray;
}

/** camelCase to kebab-case: maxLength -> max-length. */
export function toFlag(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Settings from a file, YAML or JSON, by the names of the flags. */

import { L3MaskingError } from "../../base/errors.js";
import { nearestHint } from "../../base/nearest.js";
import { isObject, parseJson } from "../../base/strict-json.js";
import { toFlag } from "../../run/settings/resolve.js";
import type { GivenSettings } from "./commands.js";
import type { Flag } from "./flag.js";
import type { Terminal } from "./terminal.js";

/** Editors find the description of the settings by it. */
const SCHEMA_KEY = "$schema";

/**
 * The settings in a file whose members are settings of the command: `maxLength`, `max-length` and `max_length` are
 * the same, aliases stand for their settings. A list may be given as a single value. A name that ends in .json is read
 * as JSON, any other as YAML 1.2. Whether values are allowed is decided later, with those of the flags.
 *
 * Throws `file-missing`; `invalid-setting` for a file that is not of its format, has no settings at its top, or
 * has one twice; `unknown-setting` with the nearest name.
 */
export async function settingsFromFile(
  path: string,
  flags: readonly Flag[],
  terminal: Pick<Terminal, "readText">,
): Promise<GivenSettings> {
  const text = await terminal.readText(path);
  if (text === undefined) {
    throw new L3MaskingError(
      "file-missing",
      `expected a settings file, found no readable file at ${path}`,
      {
        hint: "Check the path after --config; it is relative to the current folder.",
      },
    );
  }
  const value = path.endsWith(".json")
    ? parseJson(text, path, 1, (message) => unreadable(message))
    : await parseYaml(text, path);
  if (!isObject(value)) {
    throw unreadable(
      `${path}: expected settings by name, such as "maxLength: 64", got ${kindOf(value)}`,
    );
  }
  const byName = new Map(
    flags.flatMap((flag) => [flag.name, ...flag.aliases].map((name) => [name, flag] as const)),
  );
  const settings = new Map<string, unknown>();
  for (const [name, given] of Object.entries(value)) {
    if (name === SCHEMA_KEY) continue;
    const flag = byName.get(toFlag(name).replaceAll("_", "-"));
    if (flag === undefined) throw unknown(path, name, flags);
    if (settings.has(flag.setting)) {
      throw new L3MaskingError(
        "invalid-setting",
        `${path}: expected ${flag.setting} once, got it again as ${name}`,
        { hint: "Keep one of the two." },
      );
    }
    settings.set(flag.setting, flag.kind === "list" ? listOf(given) : given);
  }
  return Object.fromEntries(settings);
}

/** Values of a list as flags give them: texts. */
function listOf(given: unknown): unknown {
  const values = Array.isArray(given) ? given : [given];
  return values.map((value: unknown) => (typeof value === "number" ? String(value) : value));
}

async function parseYaml(text: string, path: string): Promise<unknown> {
  // Loaded for those who use it: help is to start fast.
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { schema: "core", uniqueKeys: true, prettyErrors: true });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault === undefined) {
    try {
      const value: unknown = document.toJS();
      return value;
    } catch (cause) {
      // Aliases that stand for each other could grow without end; the parser refuses them here.
      if (cause instanceof Error) throw unreadable(`${path}: ${cause.message}`);
      throw cause;
    }
  }
  const [line] = fault.linePos ?? [];
  const place = line === undefined ? path : `${path}:${line.line}:${line.col}`;
  // The message goes on with an excerpt of the file.
  throw unreadable(`${place} ${fault.message.split(/ at line \d+/)[0]}`);
}

function unreadable(message: string): L3MaskingError {
  return new L3MaskingError("invalid-setting", message, {
    hint: "Write the file after --config as YAML or JSON, one setting per line; docs/settings.md lists them.",
  });
}

function unknown(path: string, name: string, flags: readonly Flag[]): L3MaskingError {
  const names = flags.map(({ setting }) => setting);
  return new L3MaskingError("unknown-setting", `${path}: there is no setting ${name}`, {
    hint: nearestHint(name, names, "See --help for the settings."),
  });
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  return Array.isArray(value) ? "a list" : `the ${typeof value} ${JSON.stringify(value)}`;
}

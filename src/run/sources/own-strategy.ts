/** A masking strategy in a module of the user's: `--strategy ./mine.mjs`. */
import { L3MaskingError } from "../../base/errors.js";
import { sha256 } from "../../base/sha256.js";
import { ownStrategy } from "../../method/masking/own-strategy.js";
import type { MaskingStrategy } from "../../method/masking/strategies/strategy.js";
import { OWN } from "../../method/methods.js";
import { exists, readText } from "../../platform/files/files.js";
import { fileUrl, resolve } from "../../platform/paths.js";

export interface LoadedStrategy {
  readonly strategy: MaskingStrategy;
  /** SHA-256 (hex) of the module's file; not of what it imports. */
  readonly digest: string;
}

/** What the module in a file exports; it runs with all that the program may do. */
function importModule(path: string): Promise<unknown> {
  return import(fileUrl(resolve(path)).href);
}

/**
 * The strategy that a module exports by default, where a method asks for one. Throws `missing-setting` without a path, `file-missing`, and
 * `strategy-invalid` for a module that cannot be loaded or exports something else.
 */
export async function loadOwnStrategy(
  path: string | undefined,
  methods: readonly string[],
): Promise<LoadedStrategy | undefined> {
  if (!methods.includes(OWN)) return undefined;
  if (path === undefined) {
    throw new L3MaskingError(
      "missing-setting",
      `expected --strategy with --method ${OWN}, got none`,
      {
        hint: "Name a module that exports a masking strategy: --strategy ./mine.mjs.",
      },
    );
  }
  if (!exists(path)) {
    throw new L3MaskingError(
      "file-missing",
      `expected a module with a strategy at ${path}, found none`,
      {
        hint: "Correct --strategy.",
      },
    );
  }
  const exported = await importModule(path).catch((cause: unknown) => {
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new L3MaskingError("strategy-invalid", `expected a module in ${path}, got ${text}`, {
      hint: "Give the file the ending .mjs, and run it with node to see the fault.",
      cause,
    });
  });
  const record = typeof exported === "object" && exported !== null ? exported : {};
  const given: unknown = "default" in record ? record.default : undefined;
  return { strategy: ownStrategy(given, path), digest: sha256([readText(path)]) };
}

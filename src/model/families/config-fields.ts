/** What reading a config.json shares between families: fields, and faults in words. */
import * as z from "zod";
import { L3MaskingError } from "../../base/errors.js";

/** Largest table side and layer count we believe; anything beyond is a damaged file. */
const MAX_SIZE = 2 ** 24;
const MAX_LAYERS = 1024;

export const size = z.int().positive().max(MAX_SIZE);
export const layerCount = z.int().positive().max(MAX_LAYERS);
export const probability = z.number().min(0).lt(1);

/** Fields of a parsed config.json. `what` is whose config it should be, for messages. Throws `checkpoint-config`. */
export function readFields<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  what: string,
  where: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw configError(
    `expected the config of a ${what} model, got ${issueList(parsed.error)} in ${where}`,
    "Use the config.json that belongs to the weights.",
  );
}

/** Faults of a file that a message lists. */
const SHOWN_FAULTS = 5;

function issueList({ issues }: z.ZodError): string {
  const shown = issues
    .slice(0, SHOWN_FAULTS)
    .map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  if (issues.length > SHOWN_FAULTS) shown.push(`and ${issues.length - SHOWN_FAULTS} more`);
  return shown.join("; ");
}

/** Throws `checkpoint-config` for an activation other than the exact GELU, which is also what a config without one means. */
export function requireGelu(
  field: string,
  activation: string | null | undefined,
  where: string,
): void {
  if ((activation ?? "gelu") === "gelu") return;
  throw configError(
    `expected ${field} "gelu", got ${JSON.stringify(activation)} in ${where}`,
    "Choose a checkpoint with the exact GELU; other activations are not supported.",
  );
}

export function configError(message: string, hint: string): L3MaskingError {
  return new L3MaskingError("checkpoint-config", message, { hint });
}

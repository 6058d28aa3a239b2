/** What was loaded from a checkpoint, and what in it is not used, for people. */
import type { ModelSpec } from "../spec.js";
import type { StoredType } from "./formats/stored-tensor.js";
import type { TorchFormat } from "./formats/torch-bin.js";
import { storedRole } from "./stored-names.js";

export type WeightFormat = "safetensors" | TorchFormat;

export interface LoadReport {
  /** Weight files read, without the folder. */
  readonly files: readonly string[];
  readonly format: WeightFormat;
  /** Element types in the files; in memory everything is float32. */
  readonly dtypes: readonly StoredType[];
  readonly loaded: number;
  /** Canonical names of the parameters of heads the checkpoint lacks. */
  readonly missing: readonly string[];
  /** Stored names of tensors that are not used. */
  readonly unexpected: readonly string[];
}

const formatNames: Readonly<Record<WeightFormat, string>> = {
  safetensors: "safetensors",
  "torch-zip": "torch zip",
  "torch-legacy": "torch legacy",
};

/** Names of unused tensors to print. */
const SHOWN = 8;

/** The report as lines of text: loaded, unused. Heads that the checkpoint lacks are for whoever needs or adds one. */
export function formatLoadReport(report: LoadReport): string {
  const { files, format, dtypes, loaded, unexpected } = report;
  const widened = dtypes.some((dtype) => dtype !== "F32") ? ", read as float32" : "";
  const source = files.length === 1 ? files[0] : `${files[0]} and ${files.length - 1} more`;
  const lines = [
    `loaded      ${count(loaded, "tensor")} from ${source} (${formatNames[format]}, ${dtypes.join(" + ")}${widened})`,
  ];
  if (unexpected.length > 0) {
    const names = [...unexpected].sort().slice(0, SHOWN).join(", ");
    const more = unexpected.length > SHOWN ? `, and ${unexpected.length - SHOWN} more` : "";
    lines.push(`not used    ${count(unexpected.length, "tensor")}: ${names}${more}`);
  }
  return lines.join("\n");
}

/** Further layers of the encoder, beyond the `layers` that config.json gives it, that are stored but not used. */
export function furtherLayers(
  { unexpected }: Pick<LoadReport, "unexpected">,
  { family, layers }: Pick<ModelSpec, "family" | "layers">,
): number {
  const found = unexpected.flatMap((name) => {
    const role = storedRole(family, name);
    const canonical = role.kind === "parameter" ? role.canonical : "";
    return /\bencoder\.layer\.(\d+)\./.exec(canonical)?.[1] ?? [];
  });
  return new Set(found.map(Number).filter((layer) => layer >= layers)).size;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The names of classes that Hugging Face's data sets keep apart from the rows, which hold only their numbers. */
import { isObject, readJson } from "../../base/strict-json.js";
import type { ClassNames } from "./table.js";

/**
 * The names in a description of a data set's features: the note "huggingface" of a Parquet file, dataset_info.json, or
 * dataset_infos.json, which has one for each configuration. Undefined where it tells none or is no JSON.
 */
export function classNamesOf(description: string): ClassNames | undefined {
  const reading = readJson(description);
  if (!("value" in reading)) return undefined;
  const found = new Map<string, readonly string[]>();
  for (const features of featuresIn(reading.value)) {
    for (const [column, feature] of Object.entries(features)) {
      const names = namesOf(feature);
      if (names === undefined) continue;
      // Configurations that number their classes differently tell nothing.
      const isSame = JSON.stringify(found.get(column) ?? names) === JSON.stringify(names);
      found.set(column, isSame ? names : []);
    }
  }
  const told = [...found].filter(([, names]) => names.length > 0);
  return told.length === 0 ? undefined : new Map(told);
}

function featuresIn(value: unknown): Readonly<Record<string, unknown>>[] {
  if (!isObject(value)) return [];
  const { info, features } = value;
  if (isObject(features)) return [features];
  return (isObject(info) ? [info] : Object.values(value)).flatMap((inner) =>
    isObject(inner) && isObject(inner.features) ? [inner.features] : [],
  );
}

function namesOf(feature: unknown): readonly string[] | undefined {
  if (!isObject(feature)) return undefined;
  // Of a list of labels, which older versions call a sequence.
  if (feature._type === "Sequence" || feature._type === "List") return namesOf(feature.feature);
  if (feature._type !== "ClassLabel" || !Array.isArray(feature.names)) return undefined;
  const names: readonly unknown[] = feature.names;
  return names.every((name) => typeof name === "string") ? names : undefined;
}

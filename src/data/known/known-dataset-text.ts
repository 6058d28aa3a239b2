/** A known data set in words, for a terminal. */
import { wrapped } from "../../base/figures.js";
import type { KnownDataset } from "./known-datasets.js";

/** Title, source, terms, what the labels stand for, and what is wrong with it. */
export function describeDataset(dataset: KnownDataset): string {
  const { name, title, source, terms, citation, labels, notes } = dataset;
  return [
    wrapped(`data set ${name}: ${title}`, "", "  "),
    wrapped(`source: ${source}`, "  ", "    "),
    wrapped(`terms: ${terms}`, "  ", "    "),
    wrapped(`cite: ${citation}`, "  ", "    "),
    "  labels:",
    ...Object.entries(labels).map(([label, meaning]) => `    ${label}: ${meaning}`),
    "  notes:",
    ...notes.map((note) => wrapped(note, "    ! ", "      ")),
  ].join("\n");
}

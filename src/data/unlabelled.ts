/** Further texts for the auxiliary task: what is in them, and what they share with the labelled ones. */
import { sha256 } from "../base/sha256.js";
import { type Dataset, type SplitName, splitNames } from "./dataset.js";
import { isEmptyText, type TextRecord, textKey } from "./formats/record.js";

export interface UnlabelledTexts {
  /** In the order of the rows, empty ones left out. */
  readonly texts: readonly string[];
  readonly emptyTexts: number;
  /** How many of the texts also occur in each split. */
  readonly shared: Readonly<Record<SplitName, number>>;
  /** SHA-256 (hex) of the texts and their order. */
  readonly digest: string;
}

/** The texts of rows without labels; labels that are there do not matter. */
export function buildUnlabelled(
  records: readonly TextRecord[],
  dataset: Pick<Dataset, SplitName>,
): UnlabelledTexts {
  const texts = records.map(({ text }) => text).filter((text) => !isEmptyText(text));
  const shared = { train: 0, dev: 0, test: 0 };
  for (const split of splitNames) {
    const keys = new Set(dataset[split]?.texts.map(textKey));
    shared[split] = texts.filter((text) => keys.has(textKey(text))).length;
  }
  return {
    texts,
    emptyTexts: records.length - texts.length,
    shared,
    digest: textsDigest(texts),
  };
}

/** SHA-256 (hex) of texts and their order. Lengths stand before contents, so that no two lists give the same parts. */
export function textsDigest(texts: readonly string[]): string {
  return sha256(texts.map((text) => `\n${text.length} ${text}`));
}

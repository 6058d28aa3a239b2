/** Texts with real lengths: ACL-ARC where it is present, else texts of our own with its distribution of lengths. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { randomStream } from "../../src/base/random.js";
import { readRecords } from "../../src/data/read.js";
import type { Encoding, Tokenizer } from "../../src/text/encoding.js";

export interface BenchTexts {
  /** Where they come from, for the notes. */
  readonly source: string;
  readonly texts: readonly string[];
  /** Label ids, one a text. */
  readonly labels: readonly number[];
  readonly classes: number;
}

/** As many texts as ACL-ARC's training split has. */
const INVENTED_TEXTS = 1688;
const INVENTED_CLASSES = 6;

/**
 * The training texts of ACL-ARC from `L3MASKING_DATA` or the folder shared/data beside the checkout; without them, words of
 * the sample task in random order, as many as round(exp(N(ln 37, 0.5))) between 5 and 224: median 37, mean 42, 95 % of the
 * texts up to 85 words, as ACL-ARC has.
 */
export async function benchTexts(root: string): Promise<BenchTexts> {
  const data = process.env.L3MASKING_DATA ?? join(root, "../shared/data");
  const path = join(data, "acl-arc/train.jsonl.gz");
  if (!existsSync(path)) return inventedTexts(root);
  const { records } = await readRecords(path, { labels: "required" });
  const labels = records.map(({ label = "" }) => label);
  const names = [...new Set(labels)].sort();
  return {
    source: "the training texts of ACL-ARC",
    texts: records.map(({ text }) => text),
    labels: labels.map((label) => names.indexOf(label)),
    classes: names.length,
  };
}

/** The training texts of the sample task. */
export function sampleTexts(root: string): BenchTexts {
  const lines = readFileSync(join(root, "examples/sample-task/train.jsonl"), "utf8").trimEnd();
  const row = z.object({ text: z.string(), label: z.string() });
  const rows = lines.split("\n").map((line) => row.parse(JSON.parse(line)));
  const names = [...new Set(rows.map(({ label }) => label))].sort();
  return {
    source: "the training texts of the sample task",
    texts: rows.map(({ text }) => text),
    labels: rows.map(({ label }) => names.indexOf(label)),
    classes: names.length,
  };
}

/** Texts without any data set. */
export function inventedTexts(root: string): BenchTexts {
  const words = sampleTexts(root).texts.flatMap((text) => text.split(/\s+/));
  const random = randomStream(0, "texts");
  const texts = Array.from({ length: INVENTED_TEXTS }, () => {
    const length = Math.round(Math.exp(Math.log(37) + 0.5 * random.normal()));
    const count = Math.min(224, Math.max(5, length));
    return Array.from({ length: count }, () => words[random.integer(words.length)]).join(" ");
  });
  return {
    source:
      "texts of our own (ACL-ARC is not present): words of the sample task, as many as exp(N(ln 37, 0.5)), between 5 and 224",
    texts,
    labels: texts.map(() => random.integer(INVENTED_CLASSES)),
    classes: INVENTED_CLASSES,
  };
}

/** A text of exactly `length` tokens, all real: first token, random words of one token, last token. */
export function fullText(length: number, tokenizer: Tokenizer, seed: number): Encoding {
  const { special, specialIds, vocabularySize } = tokenizer;
  const random = randomStream(seed, "full text");
  const ids = Int32Array.from({ length }, () => {
    let id = random.integer(vocabularySize);
    while (specialIds.has(id)) id = random.integer(vocabularySize);
    return id;
  });
  ids[0] = special.first;
  ids[length - 1] = special.last;
  const wordIds = Int32Array.from({ length }, (_, i) => (i === 0 || i === length - 1 ? -1 : i - 1));
  return { ids, wordIds, truncated: 0 };
}

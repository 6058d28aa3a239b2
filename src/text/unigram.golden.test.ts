/** Ids and words under a Unigram vocabulary against transformers, for the texts of scripts/golden/unigram_golden.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Tokenizer } from "./encoding.js";
import { compileNormalizer } from "./normalize.js";
import { createTokenizer } from "./tokenizer.js";

const rows = { ids: z.array(z.array(z.number())), words: z.array(z.array(z.number())) };
const goldenSchema = z.object({
  size: z.number(),
  unknown: z.number(),
  ...rows,
  characterMap: z.object({
    map: z.string(),
    texts: z.array(z.string()),
    normalized: z.array(z.string()),
  }),
  variants: z.array(
    z.object({
      normalizer: z.unknown(),
      pre_tokenizer: z.unknown(),
      byte_fallback: z.boolean().default(false),
      texts: z.array(z.number()),
      ...rows,
    }),
  ),
});
type Rows = Pick<z.infer<typeof goldenSchema>, "ids" | "words">;

const unpacked = (path: string) =>
  gunzipSync(readFileSync(new URL(`../../test/golden/${path}.gz`, import.meta.url)));
const parsed = (path: string): unknown => JSON.parse(unpacked(path).toString("utf8"));
const golden = goldenSchema.parse(parsed("unigram/cases.json"));
const { texts } = z.object({ texts: z.array(z.string()) }).parse(parsed("tokenizers/cases.json"));
const config = JSON.stringify({ model_type: "xlm-roberta" });
const bare = createTokenizer(
  new Map([
    ["sentencepiece.bpe.model", new Uint8Array(unpacked("unigram/sentencepiece.bpe.model"))],
    ["config.json", Buffer.from(config)],
  ]),
);
const savedSchema = z.looseObject({
  normalizer: z.object({ precompiled_charsmap: z.string() }),
  model: z.looseObject({ vocab: z.array(z.tuple([z.string(), z.number()])) }),
});
const saved = savedSchema.parse(JSON.parse(bare.files().get("tokenizer.json") ?? ""));

/** The texts whose rows differ, with both rows: empty if all agree. */
function differences(tokenizer: Tokenizer, of: readonly string[], { ids, words }: Rows): unknown[] {
  return of.flatMap((text, i) => {
    const encoding = tokenizer.encode(text, 2 ** 20);
    const got = [[...encoding.ids], [...encoding.wordIds]];
    const expected = [ids[i], words[i]];
    return JSON.stringify(got) === JSON.stringify(expected) ? [] : [{ text, got, expected }];
  });
}

describe("a bare sentencepiece.bpe.model", () => {
  it("has the ids of fairseq", () => {
    expect(bare.vocabularySize).toBe(golden.size);
    expect(bare.special).toEqual({
      first: 0,
      pad: 1,
      last: 2,
      unknown: golden.unknown,
      mask: golden.size - 1,
    });
  });

  it("is read as transformers' XLMRobertaTokenizer reads it", () => {
    expect(texts.length).toBe(golden.ids.length);
    expect(differences(bare, texts, golden)).toEqual([]);
  });

  it("gives the same from the tokenizer.json that is saved", () => {
    const again = createTokenizer(bare.files());
    expect(differences(again, texts.slice(0, 300), golden)).toEqual([]);
    expect(again.files()).toEqual(bare.files());
    expect(again.digest).toBe(bare.digest);
  });
});

it("a character map finds the clusters of characters that the Rust library finds", () => {
  const { map, texts, normalized } = golden.characterMap;
  const normalize = compileNormalizer({ type: "Precompiled", precompiled_charsmap: map }, "test");
  const found = texts.map((text) => [text, normalize(text)]);
  expect(found).toEqual(texts.map((text, i) => [text, normalized[i]]));
});

describe("tokenizer.json with other components", () => {
  it.each(golden.variants.map((variant, i) => [i, variant] as const))(
    "variant %i",
    (_, variant) => {
      const { normalizer, pre_tokenizer, byte_fallback } = variant;
      const bytes = Array.from({ length: 256 }, (_, byte) => [
        `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
        -20,
      ]);
      const { precompiled_charsmap } = saved.normalizer;
      const json = JSON.stringify({
        ...saved,
        normalizer,
        pre_tokenizer,
        model: {
          ...saved.model,
          vocab: [...saved.model.vocab, ...(byte_fallback ? bytes : [])],
          byte_fallback,
        },
      }).replace('"@"', JSON.stringify(precompiled_charsmap));
      const files = new Map([
        ["tokenizer.json", json],
        ["tokenizer_config.json", '{"tokenizer_class": "PreTrainedTokenizerFast"}'],
      ]);
      const of = variant.texts.map((i) => texts[i]);
      expect(differences(createTokenizer(files), of, variant)).toEqual([]);
    },
  );
});

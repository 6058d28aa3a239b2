/** Ids and word ids of transformers under its classes, for the files of scripts/golden/tokenizer_classes.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createTokenizer } from "./tokenizer.js";

const rows = z.array(z.array(z.number()));
const golden = z
  .object({
    texts: z.array(z.string()),
    cases: z.array(
      z.object({
        name: z.string(),
        files: z.record(z.string(), z.string()),
        /** Those that are no text. */
        base64: z.record(z.string(), z.string()),
        class: z.string(),
        /** Ids of special tokens: the project counts those without a role to no word. */
        special: z.array(z.number()),
        ids: rows,
        words: rows,
      }),
    ),
  })
  .parse(
    JSON.parse(
      gunzipSync(
        readFileSync(new URL("../../test/golden/tokenizer-classes.json.gz", import.meta.url)),
      ).toString("utf8"),
    ),
  );

describe.each(golden.cases)("$name", ({ files, base64, special, ids, words }) => {
  const bytes = Object.entries(base64).map(
    ([name, text]) => [name, new Uint8Array(Buffer.from(text, "base64"))] as const,
  );
  const tokenizer = createTokenizer(
    new Map<string, string | Uint8Array>([...Object.entries(files), ...bytes]),
  );
  const read = (from: typeof tokenizer) =>
    golden.texts.map((text) => {
      const encoding = from.encode(text, 10_000);
      return { text, ids: [...encoding.ids], words: [...encoding.wordIds] };
    });
  const roles = new Set(Object.values(tokenizer.special));
  const isMarker = (id: number) => special.includes(id) && !roles.has(id);
  const expected = golden.texts.map((text, row) => ({
    text,
    ids: ids[row],
    words: words[row].map((word, token) => (isMarker(ids[row][token]) ? -1 : word)),
  }));

  it("is read as transformers reads it", () => {
    expect(read(tokenizer)).toEqual(expected);
  });

  it("is read the same from the files that are saved", () => {
    const again = createTokenizer(tokenizer.files());
    expect(read(again)).toEqual(expected);
    expect(again.files()).toEqual(tokenizer.files());
  });
});

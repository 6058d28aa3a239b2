/**
 * Ids and word ids against Hugging Face's Rust tokenizers, for the texts of
 * scripts/golden/tokenizers_golden.py.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import type { Encoding, Tokenizer } from "./encoding.js";
import { loadTokenizer } from "./load.js";
import { createTokenizer } from "./tokenizer.js";

interface Rows {
  readonly ids: readonly (readonly number[])[];
  readonly words: readonly (readonly number[])[];
}

interface Variant extends Rows {
  readonly kind: Kind;
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  /** Positions in `texts`. */
  readonly texts: readonly number[];
}

/** A folder of another family, whose rows are those of a kind, or of the variant of a number. */
interface Reading {
  readonly model: string;
  readonly files: Readonly<Record<string, string>>;
  readonly config: unknown;
  readonly same: Kind | number;
}

interface Golden {
  readonly readings: readonly Reading[];
  readonly texts: readonly string[];
  readonly kinds: Readonly<Record<Kind, Rows>>;
  readonly variants: readonly Variant[];
}

type Kind = (typeof kinds)[number];

const kinds = ["bytepair", "uncased", "cased"] as const;
const folder = new URL("../../test/golden/tokenizers/", import.meta.url);
const golden: Golden = JSON.parse(
  gunzipSync(readFileSync(new URL("cases.json.gz", folder))).toString("utf8"),
);
const tokenizers: Readonly<Record<Kind, Tokenizer>> = {
  bytepair: await loadKind("bytepair"),
  uncased: await loadKind("uncased"),
  cased: await loadKind("cased"),
};
const unlimited = 2 ** 20;

function loadKind(kind: Kind): Promise<Tokenizer> {
  return loadTokenizer(fileURLToPath(new URL(kind, folder)));
}

function read(path: string): string {
  return readFileSync(new URL(path, folder), "utf8");
}

/** The texts whose rows differ, with both rows: empty if all agree. */
function differences(tokenizer: Tokenizer, texts: readonly string[], rows: Rows): unknown[] {
  return texts.flatMap((text, i) => {
    const { ids, wordIds } = tokenizer.encode(text, unlimited);
    const got = [[...ids], [...wordIds]];
    const expected = [rows.ids[i], rows.words[i]];
    return JSON.stringify(got) === JSON.stringify(expected) ? [] : [{ text, got, expected }];
  });
}

describe("ids and word ids of the Rust library", () => {
  it("covers at least a thousand texts", () => {
    expect(golden.texts.length).toBeGreaterThanOrEqual(1000);
  });

  it.each(kinds)("%s", (kind) => {
    expect(differences(tokenizers[kind], golden.texts, golden.kinds[kind])).toEqual([]);
  });

  it("bytepair from vocab.json and merges.txt", () => {
    const files = new Map([
      ["vocab.json", read("bytepair/vocab.json")],
      ["merges.txt", read("bytepair/merges.txt")],
    ]);
    expect(differences(createTokenizer(files), golden.texts, golden.kinds.bytepair)).toEqual([]);
  });

  it.each(golden.readings)(
    "$model, as its class reads: $same",
    ({ model, files, config, same }) => {
      const tokenizer = createTokenizer(
        new Map([
          ...Object.entries(files),
          ["config.json", JSON.stringify({ model_type: model })],
          ["tokenizer_config.json", JSON.stringify(config)],
        ]),
      );
      const variant = typeof same === "number" ? golden.variants[same] : undefined;
      const rows = typeof same === "number" ? golden.variants[same] : golden.kinds[same];
      const of = variant?.texts.map((i) => golden.texts[i]) ?? golden.texts;
      expect(differences(tokenizer, of, rows)).toEqual([]);
    },
  );

  it.each(golden.variants.map((variant, i) => [i, variant] as const))(
    "variant %i: other normalizers and pre-tokenizers",
    (_, variant) => {
      const json: Record<string, unknown> = JSON.parse(
        tokenizers[variant.kind].files().get("tokenizer.json") ?? "",
      );
      const files = new Map([
        [
          "tokenizer.json",
          JSON.stringify({
            ...json,
            normalizer: variant.normalizer,
            pre_tokenizer: variant.pre_tokenizer ?? json.pre_tokenizer,
          }),
        ],
      ]);
      const texts = variant.texts.map((i) => golden.texts[i]);
      expect(differences(createTokenizer(files), texts, variant)).toEqual([]);
    },
  );
});

describe("saved files", () => {
  it.each(kinds)("%s: give the same tokenizer again", (kind) => {
    const again = createTokenizer(tokenizers[kind].files());
    expect(again.digest).toBe(tokenizers[kind].digest);
    expect(again.special).toEqual(tokenizers[kind].special);
    expect(again.files()).toEqual(tokenizers[kind].files());
    const texts = golden.texts.slice(0, 200);
    expect(differences(again, texts, golden.kinds[kind])).toEqual([]);
  });

  it.each(kinds)("%s: the bare vocabulary gives the same rows as tokenizer.json", (kind) => {
    const files = new Map(tokenizers[kind].files());
    files.delete("tokenizer.json");
    const texts = golden.texts.slice(0, 200);
    expect(differences(createTokenizer(files), texts, golden.kinds[kind])).toEqual([]);
  });

  it.each(kinds)("%s: the tokenizer library of transformers.js reads them", (kind) => {
    const files = tokenizers[kind].files();
    const [json, config] = ["tokenizer.json", "tokenizer_config.json"].map((name) =>
      JSON.parse(files.get(name) ?? ""),
    );
    const library = new LibraryTokenizer(json, config);
    // Letters that this library and the Rust library treat alike, and no special tokens.
    const common = /^[\p{ASCII}\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Hangul}…—–]*$/u;
    const rows = golden.texts.flatMap((text, i) =>
      common.test(text) && !/[<[\p{Cc}]/u.test(text)
        ? [{ text, ids: golden.kinds[kind].ids[i] }]
        : [],
    );
    expect(rows.length).toBeGreaterThan(100);
    for (const { text, ids } of rows) expect(library.encode(text).ids, text).toEqual(ids);
  });
});

describe("truncation", () => {
  it.each([2, 3, 5, 17, 128])("keeps the first tokens of a row of at most %i", (maxLength) => {
    for (const kind of kinds) {
      for (const [i, text] of golden.texts.entries()) {
        expectCut(tokenizers[kind].encode(text, maxLength), golden.kinds[kind], i, maxLength);
      }
    }
  });
});

/** Row i of the table without its last token, cut, and that last token put back. */
function expectCut(got: Encoding, rows: Rows, i: number, maxLength: number): void {
  const cut = (row: readonly number[]) => [
    ...row.slice(0, -1).slice(0, maxLength - 1),
    ...row.slice(-1),
  ];
  const ids = cut(rows.ids[i]);
  if (
    got.truncated === rows.ids[i].length - ids.length &&
    got.ids.join() === ids.join() &&
    got.wordIds.join() === cut(rows.words[i]).join()
  ) {
    return;
  }
  expect.fail(`text ${i} at length ${maxLength}: got ${got.ids.join()}, expected ${ids.join()}`);
}

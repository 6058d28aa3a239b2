/** What is written in a format is read back as it was, whatever the values. */
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../../src/base/errors.js";
import { parseRecords } from "../../src/data/formats/parse.js";
import { memoryBytes } from "../../src/model/checkpoint/formats/bytes.js";
import {
  readSafetensors,
  writeSafetensors,
} from "../../src/model/checkpoint/formats/safetensors.js";
import type { Tokenizer } from "../../src/text/encoding.js";
import { letterOfByte } from "../../src/text/pre-tokenize.js";
import { createTokenizer } from "../../src/text/tokenizer.js";
import { tokenizerFields, tokenizerParts } from "./odd-fields.js";
import { plainBytePairs, plainTokenizer } from "./tokenizer-cases.js";

fc.configureGlobal({ seed: 1 });

const encode = (text: string) => new TextEncoder().encode(text);
/** Texts that UTF-8 can hold. */
const text = fc.string({ unit: "grapheme", maxLength: 30 });
const label = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
  .map((name) => `x${name}`.trim());
const rows = fc.array(fc.record({ text, label }), { minLength: 1, maxLength: 20 });
/** Line ends inside a field are read as "\n". */
const unified = (value: string) => value.replace(/\r\n?/g, "\n");
const required = { labels: "required" } as const;

describe("what was written", () => {
  it("as CSV", async () => {
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(",", ";", "\t", "|"), async (given, delimiter) => {
        const lines = given.map((row) => [quoted(row.text), quoted(row.label)].join(delimiter));
        const file = [`text${delimiter}label`, ...lines].join("\r\n");
        const { records } = await parseRecords(encode(file), "csv", "a.csv", required);
        expect(records.map((record) => [record.text, record.label])).toEqual(
          given.map((row) => [unified(row.text), unified(row.label).trim()]),
        );
      }),
    );
  });

  it("as JSON Lines and as JSON", async () => {
    // Every string of JavaScript, halves of surrogate pairs included, has an escaped form in JSON.
    const any = fc.array(
      fc.record({
        text: fc.string({ unit: "binary", maxLength: 30 }),
        label,
        other: fc.jsonValue({ maxDepth: 5 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(any, async (given) => {
        const lines = given.map((row) => `${JSON.stringify(row)}\n`).join("");
        const files = [
          await parseRecords(encode(lines), "jsonl", "a.jsonl", required),
          await parseRecords(encode(JSON.stringify(given)), "json", "a.json", required),
        ];
        for (const { records } of files) {
          expect(
            records.map((record) => [record.text, record.label, record.columns.other]),
          ).toEqual(
            given.map((row) => [row.text, row.label, JSON.parse(JSON.stringify(row.other))]),
          );
        }
      }),
    );
  });

  it("as Parquet", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom("UNCOMPRESSED", "SNAPPY"), async (given, codec) => {
        const file = parquetWriteBuffer({
          codec,
          columnData: [
            { name: "text", data: given.map((row) => row.text), type: "STRING" },
            { name: "label", data: given.map((row) => row.label), type: "STRING" },
          ],
        });
        const { records } = await parseRecords(
          new Uint8Array(file),
          "parquet",
          "a.parquet",
          required,
        );
        expect(records.map((record) => [record.text, record.label])).toEqual(
          given.map((row) => [row.text, row.label]),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("as safetensors", async () => {
    const tensors = fc.uniqueArray(
      fc.record({
        name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
        shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
        first: fc.float({ noNaN: true }),
      }),
      { selector: ({ name }) => name, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(tensors, async (given) => {
        const written = given
          .filter(({ name }) => name !== "__metadata__")
          .map(({ name, shape, first }) => ({
            name,
            shape,
            values: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(
              first,
            ),
          }));
        const bytes = Buffer.concat([...writeSafetensors(written, { dtype: "F32" })]);
        const read = await readSafetensors(memoryBytes("a.safetensors", bytes));
        const values = new Map<string, unknown>();
        for (const tensor of read) values.set(tensor.name, [tensor.shape, await tensor.read()]);
        expect(values).toEqual(
          new Map(written.map(({ name, shape, values }) => [name, [shape, values]])),
        );
      }),
    );
  });

  it("as tokens", () => {
    // A vocabulary of all bytes, so that nothing is unknown, and a few merges.
    const special = plainBytePairs.added_tokens;
    const letters = letterOfByte.map((letter, byte) => [letter, special.length + byte] as const);
    const merges = ["a b", "\u0120 a", "\u00c3 \u00a9"];
    const merged = merges.map(
      (merge, i) => [merge.replace(" ", ""), special.length + 256 + i] as const,
    );
    const vocab = Object.fromEntries([
      ...special.map(({ content, id }) => [content, id] as const),
      ...letters,
      ...merged,
    ]);
    const json = JSON.stringify({ ...plainBytePairs, model: { type: "BPE", vocab, merges } });
    const tokenizer = createTokenizer(new Map([["tokenizer.json", json]]));
    const byteOfLetter = new Map(letterOfByte.map((letter, byte) => [letter, byte]));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: fc.constantFrom(..."ab \u00e9") })), (given) => {
        const { ids } = tokenizer.encode(given, 1000);
        const spelled = Array.from(ids.subarray(1, -1), (id) => tokenizer.token(id)).join("");
        const bytes = Uint8Array.from(spelled, (letter) => byteOfLetter.get(letter) ?? 0);
        expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)).toBe(given);
      }),
    );
  });

  it("as a tokenizer with odd settings, unless it is refused", () => {
    const fieldsOf = (choices: Readonly<Record<string, readonly unknown[]>>) =>
      fc.record(
        Object.fromEntries(
          Object.entries(choices).map(([name, values]) => [name, fc.constantFrom(...values)]),
        ),
        { requiredKeys: [] },
      );
    const plain = fc.constantFrom(plainTokenizer, plainBytePairs);
    const words = fc.constantFrom("a", "b", "moo", "A", " ", "[E1]", "[CLS]", "<s>", "\u00e9", ".");
    const texts = fc.array(fc.array(words, { maxLength: 8 }), { maxLength: 4 });
    const ends = new Set<string>();
    fc.assert(
      fc.property(
        plain,
        fieldsOf(tokenizerParts),
        fieldsOf(tokenizerFields),
        texts,
        (json, parts, settings, given) => {
          const files = new Map([
            ["tokenizer.json", JSON.stringify({ ...json, ...parts })],
            ["tokenizer_config.json", JSON.stringify(settings)],
          ]);
          let tokenizer: Tokenizer;
          try {
            tokenizer = createTokenizer(files);
          } catch (error) {
            if (!(error instanceof L3MaskingError)) throw error;
            ends.add(error.code);
            return;
          }
          ends.add("read");
          const again = createTokenizer(tokenizer.files());
          const { first, last, mask, pad } = tokenizer.special;
          const marks = [first, last, mask, pad].filter((id) => /^[[<]/.test(tokenizer.token(id)));
          for (const words of given) {
            const encoded = tokenizer.encode(words.join(""), 64);
            expect(again.encode(words.join(""), 64)).toEqual(encoded);
            expect([encoded.ids[0], encoded.ids.at(-1)]).toEqual([first, last]);
            // What a user writes is text, whatever it spells; a word with a role stays a word.
            const inner = [...encoded.ids.subarray(1, -1)];
            for (const role of marks) expect(inner).not.toContain(role);
          }
        },
      ),
      { numRuns: 400 },
    );
    expect([...ends].sort()).toEqual(["read", "tokenizer-format"]);
  });
});

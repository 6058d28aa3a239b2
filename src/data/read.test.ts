import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRecords } from "./read.js";

const required = { labels: "required" } as const;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "records-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const contents: Readonly<Record<string, string | Uint8Array>> = {
  jsonl:
    '{"text":"good, \\"very\\"","label":"pos","id":"1"}\n{"text":"bad","label":"neg","id":"2"}\n',
  json: '[{"text":"good, \\"very\\"","label":"pos","id":"1"},{"text":"bad","label":"neg","id":"2"}]',
  csv: '\ufefftext,label,id\r\n"good, ""very""",pos,1\r\nbad,neg,2\r\n',
  tsv: 'text\tlabel\tid\ngood, "very"\tpos\t1\nbad\tneg\t2\n',
  parquet: new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "text", data: ['good, "very"', "bad"], type: "STRING" },
        { name: "label", data: ["pos", "neg"], type: "STRING" },
        { name: "id", data: ["1", "2"], type: "STRING" },
      ],
    }),
  ),
};

describe("readRecords", () => {
  it.each(Object.keys(contents))("reads %s, plain and gzipped, alike", async (ending) => {
    const plain = await readRecords(await write(`plain.${ending}`, contents[ending]), required);
    expect(plain).toMatchObject({
      records: [
        { text: 'good, "very"', label: "pos", columns: { id: "1" } },
        { text: "bad", label: "neg", columns: { id: "2" } },
      ],
      textColumns: ["text"],
      labelColumn: "label",
      format: ending,
    });
    const path = await write(`zipped.${ending}.gz`, gzipSync(contents[ending]));
    expect(await readRecords(path, required)).toEqual({ ...plain, format: `${ending}.gz` });
  });

  it("reads files without labels", async () => {
    const path = await write("texts.csv", "text\na\n");
    expect(await readRecords(path, { labels: "unread" })).toMatchObject({
      records: [{ text: "a", columns: {}, line: 2 }],
      labelColumn: undefined,
    });
  });

  it("names classes as the data set's description beside it or above it says", async () => {
    const label = { names: ["plumbing", "sails"], _type: "ClassLabel" };
    const features = { text: { dtype: "string", _type: "Value" }, label };
    await write("dataset_infos.json", JSON.stringify({ default: { features } }));
    await mkdir(join(folder, "data"));
    const path = await write("data/numbered.csv", "text,label\na,1\nb,0\n");
    const read = await readRecords(path, required);
    expect(read.records.map((record) => record.label)).toEqual(["sails", "plumbing"]);
    expect(read.namedClasses).toBe(true);
    const other = await readRecords(path, {
      ...required,
      labelColumn: "label",
      textColumn: "text",
    });
    expect(other).toEqual(read);
    await rm(join(folder, "dataset_infos.json"));
    const plain = await readRecords(path, required);
    expect(plain.records.map((record) => record.label)).toEqual(["1", "0"]);
    expect(plain.namedClasses).toBe(false);
  });

  it("proposes the file with the nearest name", async () => {
    const path = await write("reviews.csv", "text\na\n");
    await expect(readRecords(join(folder, "review.csv"), required)).rejects.toThrow(
      expect.objectContaining({
        code: "file-missing",
        message: `expected a data file, found nothing at ${join(folder, "review.csv")}`,
        hint: `Did you mean ${path}?`,
      }),
    );
  });

  it("says that a folder or a file in a missing folder cannot be read", async () => {
    await expect(readRecords(join(folder, "no/such.csv"), required)).rejects.toThrow(
      expect.objectContaining({ code: "file-missing", hint: expect.stringContaining("path") }),
    );
    await mkdir(join(folder, "folder.csv"));
    await expect(readRecords(join(folder, "folder.csv"), required)).rejects.toThrow(
      expect.objectContaining({
        code: "file-missing",
        message: expect.stringContaining("found a folder"),
      }),
    );
  });

  it("refuses .gz files that are not gzip, or cut short", async () => {
    const zipped = gzipSync(contents.jsonl);
    for (const bytes of [Buffer.from("text,label\n"), zipped.subarray(0, zipped.length - 12)]) {
      await expect(readRecords(await write("bad.jsonl.gz", bytes), required)).rejects.toThrow(
        expect.objectContaining({
          code: "data-format",
          message: expect.stringContaining("expected gzip data, got: "),
          hint: expect.any(String),
        }),
      );
    }
  });

  it.each([
    ["empty.csv", "", "got none"],
    ["header.csv", "text,label\n", 'the names of the columns: "text", "label"'],
    ["one-text.csv", "The pump leaks\n", 'the names of the columns: "The pump leaks"'],
    ["empty.jsonl", "\n", "got none"],
    ["empty.json", "[]", "got none"],
  ])("refuses %s, which has no rows", async (name, content, got) => {
    await expect(readRecords(await write(name, content), required)).rejects.toThrow(
      expect.objectContaining({
        code: "data-empty",
        message: expect.stringMatching(new RegExp(`expected at least one row, .*${got}$`)),
      }),
    );
  });
});

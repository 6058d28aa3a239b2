import { appendFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { MAX_COLUMNS, MAX_LINE } from "./formats/limits.js";
import { readTable } from "./read.js";
import { openRecords, type RecordSource, type StreamOptions } from "./record-stream.js";

const at = temporaryFolder();

const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};

async function rowsOf(source: RecordSource) {
  const rows = [];
  for await (const portion of source.records()) rows.push(...portion);
  return rows;
}

/** Rows as [line, text, value, value, ...]. */
async function streamed(path: string, options: StreamOptions = {}): Promise<unknown[][]> {
  const source = await openRecords(path, options);
  try {
    const rows = await rowsOf(source);
    expect(source.rows).toBe(rows.length);
    return rows.map(({ line, text, columns }) => [line, text, ...Object.values(columns)]);
  } finally {
    await source.close();
  }
}

const chunkSizes = [1, 2, 3, 5, 7, 64, 2 ** 18];

describe.each(chunkSizes)("a file read %i bytes at a time", (chunkBytes) => {
  const read = (name: string, content: string | Uint8Array) =>
    streamed(file(name, content), { chunkBytes });

  it("may have its pieces end inside quoted fields, characters, line ends and the byte order mark", async () => {
    const csv = '\ufefftext,id\r\n"a, ""b""\r\nn\u00e4chste \u{1f600}",1\r\n\r\n\u6f22\u5b57,2';
    expect(await read("a.csv", csv)).toEqual([
      [2, 'a, "b"\nn\u00e4chste \u{1f600}', 'a, "b"\nn\u00e4chste \u{1f600}', "1"],
      [5, "\u6f22\u5b57", "\u6f22\u5b57", "2"],
    ]);
    expect(await read("a.csv.gz", gzipSync(csv))).toEqual(await read("a.csv", csv));
  });

  it("finds the delimiter of CSV after blank lines, and reads old Mac line ends", async () => {
    expect(await read("b.csv", "\n  \r\n\ttext;n\na,b;1\n")).toEqual([[4, "a,b", "a,b", "1"]]);
    expect(await read("mac.csv", "text,n\ra,1\rb,2")).toEqual([
      [2, "a", "a", "1"],
      [3, "b", "b", "2"],
    ]);
  });

  it("takes quotes of TSV as text, as quotes of fields, or as quotes over lines, by all of the file", async () => {
    const values = async (content: string) =>
      (await read("a.tsv", content)).map(([, , ...rest]) => rest);
    expect(await values('text\tn\n"a"\t1\n"b\t2\n')).toEqual([
      ['"a"', "1"],
      ['"b', "2"],
    ]);
    expect(await values('"text"\tn\n"a ""b"""\t1\nc\t2')).toEqual([
      ['a "b"', "1"],
      ["c", "2"],
    ]);
    expect(await values('text\tn\n"a\nb"\t1\r\n')).toEqual([["a\nb", "1"]]);
  });

  it("has lines of plain text, empty ones too, and skips blank lines of JSON", async () => {
    expect(await read("a.txt", "\u00e9\r\n\n b\r")).toEqual([
      [1, "\u00e9", "\u00e9"],
      [2, "", ""],
      [3, " b\r", " b\r"],
    ]);
    expect(await read("a.jsonl", '{"text":"\u00e9\\n"}\r\n\n {"n":1,"text":"b"}')).toEqual([
      [1, "\u00e9\n", "\u00e9\n"],
      [3, "b", 1, "b"],
    ]);
  });

  it("names the line of bytes that are not UTF-8", async () => {
    const bytes = Buffer.concat([
      Buffer.from("\u00e4\n\u{1f600}\nx"),
      Uint8Array.of(0xe2, 0x82, 0x0a),
    ]);
    const error = await failure(streamed(file("bad.txt", bytes), { chunkBytes }));
    expect(error).toMatchObject({ code: "data-encoding" });
    expect(error.message).toContain("bad.txt line 3: expected UTF-8 text");
    const cut = await failure(streamed(file("cut.txt", bytes.subarray(0, -1)), { chunkBytes }));
    expect(cut.message).toContain("cut.txt line 3");
    const wide = file("wide.csv", Uint8Array.of(0xff, 0xfe, 0x41, 0));
    expect((await failure(streamed(wide, { chunkBytes }))).message).toContain("UTF-16");
  });
});

describe("rows of pieces", () => {
  const sign = fc.constantFrom(...'ab ,;\t"\n\r\u00e9', "\u6f22", "\u{1f600}", "\ufeff");
  const field = fc.string({ unit: sign, maxLength: 12 });
  const chunkBytes = fc.integer({ min: 1, max: 40 });

  it.each(["csv", "tsv", "txt", "jsonl"])(
    "are those of the whole file, or its refusal: %s",
    async (ending) => {
      // Whatever characters: most of it is no sound file.
      const content =
        ending === "jsonl"
          ? fc
              .array(
                fc.oneof(
                  field,
                  fc.json({ maxDepth: 1 }),
                  fc.record({ text: field }).map((row) => JSON.stringify(row)),
                ),
              )
              .map((rows) => rows.join("\n"))
          : fc.array(field, { maxLength: 12 }).map((lines) => ["text", ...lines].join("\n"));
      await fc.assert(
        fc.asyncProperty(content, chunkBytes, async (text, bytes) => {
          const path = file(`any.${ending}`, text);
          const outcome = (found: Promise<unknown[][]>) =>
            found.catch(({ code }: { code: string }) => (code === "data-empty" ? [] : code));
          const whole = readTable(path).then(({ table: { rows } }) =>
            rows.map(({ line, columns }) => [line, ...Object.values(columns)]),
          );
          const pieces = streamed(path, { chunkBytes: bytes, textColumn: "text" }).then((rows) =>
            rows.map(([line, , ...values]) => [line, ...values]),
          );
          const [expected, found] = await Promise.all([outcome(whole), outcome(pieces)]);
          // Rows without a text column are a table all the same.
          if (found !== "data-column") expect(found).toEqual(expected);
        }),
        { numRuns: 150 },
      );
    },
  );

  it("are what was written in quotes", async () => {
    // Rows of nothing but empty cells are what spreadsheets leave behind.
    const filled = fc
      .tuple(field, field)
      .filter((cells) => cells.some((cell) => cell.trim() !== ""));
    const rows = fc.array(filled, { minLength: 1, maxLength: 8 });
    const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
    await fc.assert(
      fc.asyncProperty(rows, lineEnd, chunkBytes, async (given, end, bytes) => {
        const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
        const lines = [["text", "id"], ...given].map((row) => row.map(quoted).join(","));
        const path = file("quoted.csv", lines.join(end));
        const found = (await streamed(path, { chunkBytes: bytes })).map(([, , ...rest]) => rest);
        const unified = (value: string) => value.replace(/\r\n?/g, "\n");
        expect(found).toEqual(given.map((row) => row.map(unified)));
      }),
      { numRuns: 150 },
    );
  });
});

describe("openRecords", () => {
  it("knows all columns and the number of rows before the first row is used, and can be read again", async () => {
    const path = file("uneven.jsonl", '{"text":"a"}\n{"n":1,"text":"b"}\n{"m":[1]}\n');
    const source = await openRecords(path, {});
    expect(source).toMatchObject({
      rows: 3,
      columns: ["text", "n", "m"],
      regular: false,
      textColumns: ["text"],
    });
    expect(await rowsOf(source)).toEqual(await rowsOf(source));
    expect((await rowsOf(source)).map(({ text }) => text)).toEqual(["a", "b", ""]);
    await source.close();
  });

  it("reads JSON and Parquet whole", async () => {
    const path = file("whole.json", '[{"text":"a","n":1},{"text":"b"}]');
    expect(await streamed(path)).toEqual([
      [1, "a", "a", 1],
      [2, "b", "b"],
    ]);
  });

  it("tells how many bytes it has read, until it is open", async () => {
    const told: (readonly number[])[] = [];
    const path = file("told.txt", "aaaa\nbbbb\n");
    const onBytes = (...numbers: readonly number[]) => told.push(numbers);
    const source = await openRecords(path, { chunkBytes: 4, onBytes });
    expect(told.slice(-3)).toEqual([
      [4, 10],
      [8, 10],
      [10, 10],
    ]);
    const before = told.length;
    await rowsOf(source);
    expect(told.length).toBe(before);
    await source.close();
  });

  it.each([
    ["nothing", "nowhere.csv", undefined, "file-missing", "nothing"],
    ["no rows", "empty.csv", "text,n\n", "data-empty", "at least one row"],
    ["nothing at all", "nothing.jsonl", "\n", "data-empty", "at least one row"],
    ["no text column", "columns.csv", "a,b\n1,2\n", "data-column", "a text column"],
    ["rows without any column", "bare.jsonl", "{}\n{}\n", "data-column", "a text column"],
    [
      "a fault in the last row",
      "last.csv",
      "text,n\na,1\nb\n",
      "data-format",
      "last.csv line 3: expected 2 fields",
    ],
    [
      "a text that is none",
      "list.jsonl",
      '{"text":"a"}\n{"text":[1]}',
      "data-format",
      "list.jsonl line 2: expected a string",
    ],
    [
      "lines of TSV that are uneven and no quotes",
      "u.tsv",
      'text\tn\n"a\tb\tc\n',
      "data-format",
      "u.tsv line 2: expected 2 fields",
    ],
    ["gzip data that is none", "plain.csv.gz", "text\na\n", "data-format", "expected gzip data"],
  ])("refuses %s", async (_, name, content, code, message) => {
    if (content !== undefined) file(name, content);
    const error = await failure(streamed(at(name)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it("refuses rows that came or went after they were counted", async () => {
    const path = file("grows.txt", "a\nb\n");
    const source = await openRecords(path, {});
    appendFileSync(path, "c\n");
    const error = await failure(rowsOf(source));
    await source.close();
    expect(error).toMatchObject({ code: "data-format" });
    expect(error.message).toContain("expected the 2 rows of the first reading");
  });
});

describe("the limits of what is read in pieces", () => {
  const long = "a".repeat(MAX_LINE);

  it.each([
    ["long.jsonl", `{"text":"a"}\n{"text":"${long}"}\n`, "line 2: expected at most"],
    ["open.csv", `text,n\na,1\n"${long},2\n`, "line 3: expected at most"],
    ["long.tsv", `text\tn\na\t${long}b\n`, "line 2: expected at most"],
    ["long.txt", `${long}a`, "line 1: expected at most"],
  ])("hold for a line: %s", async (name, content, message) => {
    const error = await failure(streamed(file(name, content)));
    expect(error.code).toBe("data-format");
    expect(error.message).toContain(message);
  });

  it("hold for a text, for columns and for what a file unpacks to", async () => {
    const text = file("text.csv", `text,n\n${"a".repeat(2 ** 22 + 1)},1\n`);
    expect((await failure(streamed(text))).message).toContain("a text of at most 4194304");
    const names = Array.from({ length: MAX_COLUMNS + 1 }, (_, n) => `{"text":"","${n}":0}`);
    const columns = file("columns.jsonl", names.join("\n"));
    expect((await failure(streamed(columns))).message).toContain("different columns");
    const bomb = file("bomb.txt.gz", gzipSync(`${"a".repeat(2 ** 20)}\n`.repeat(65)));
    expect((await failure(streamed(bomb))).message).toContain(
      "gzip data that unpacks to at most 67108864",
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCsv, parseTsv } from "../../data/formats/delimited.js";
import { outputFormat, predictionWriter } from "./prediction-rows.js";

const prediction = { label: "a\tb", probabilities: { "a\tb": 0.75, c: 0.25 } };

/** A row of these columns. */
const row = (columns: Readonly<Record<string, unknown>>) => ({ columns, line: 1, text: "" });

describe("outputFormat", () => {
  it.each([
    [undefined, "jsonl"],
    ["/dev/stdout", "jsonl"],
    ["a.b/labels", "jsonl"],
    ["labels.NDJSON", "jsonl"],
    ["a/labels.csv", "csv"],
    ["labels.x.tsv", "tsv"],
  ])("of %s is %s", (path, format) => {
    expect(outputFormat(path)).toBe(format);
  });
});

describe("lines of JSON", () => {
  it("keep the order of a header, also of names that are numbers", () => {
    const source = { columns: ["text", "2019", "__proto__"], regular: true };
    const { line, header } = predictionWriter("jsonl", source, true);
    const columns = Object.fromEntries([
      ["text", "x"],
      ["2019", "y"],
      ["__proto__", "z"],
    ]);
    expect(header).toBe("");
    expect(line(row(columns), prediction)).toBe(
      '{"text":"x","2019":"y","__proto__":"z","label":"a\\tb","probabilities":{"a\\tb":0.75,"c":0.25}}\n',
    );
  });

  it("have the columns of their row, and values of any type", () => {
    const source = { columns: ["text", "n", "list"], regular: false };
    const { line } = predictionWriter("jsonl", source, true);
    const written = line(row({ list: [1n, null], n: undefined }), prediction);
    expect(JSON.parse(written)).toEqual({ list: ["1", null], n: null, ...prediction });
    const compact = predictionWriter("jsonl", source, false);
    expect(JSON.parse(compact.line(row({ text: "x" }), prediction))).toEqual(prediction);
  });
});

describe("a label that is left open", () => {
  const open = { label: null, probabilities: { a: 0.4, b: 0.6 } };

  it("is null in JSON and an empty field beside the largest probability in CSV", () => {
    const source = { columns: ["text"], regular: true };
    expect(predictionWriter("jsonl", source, true).line(row({ text: "x" }), open)).toBe(
      '{"text":"x","label":null,"probabilities":{"a":0.4,"b":0.6}}\n',
    );
    expect(predictionWriter("csv", source, true).line(row({ text: "x" }), open)).toBe("x,,0.6\n");
  });
});

describe("lines of CSV and TSV", () => {
  it("leave absent values empty, and write lists as JSON", () => {
    const source = { columns: ["text", "n", "list"], regular: false };
    const { header, line } = predictionWriter("tsv", source, true);
    expect(header).toBe("text\tn\tlist\tlabel\tprobability\n");
    expect(
      line(row({ text: "x", list: ["y"], n: null }), { label: "c", probabilities: { c: 1 } }),
    ).toBe('x\t\t"[""y""]"\tc\t1\n');
  });

  const value = fc.string({ unit: fc.constantFrom(..."ab ,;\t\"\n'\u00e9") });
  it.each([
    ["csv", parseCsv, value],
    // Lines inside fields of TSV can look like rows; how far they are told apart is the reader's affair.
    ["tsv", parseTsv, value.map((text) => text.replaceAll("\n", ""))],
  ] as const)("are read back as they were: %s", (format, parse, values) => {
    const source = { columns: ["text", "note"], regular: true };
    const { header, line } = predictionWriter(format, source, true);
    fc.assert(
      fc.property(fc.array(fc.tuple(values, values), { minLength: 1 }), (rows) => {
        const lines = rows.map(([text, note]) => line(row({ text, note }), prediction));
        const found = parse(header + lines.join(""), "a").rows.map(({ columns }) =>
          Object.values(columns),
        );
        expect(found).toEqual(rows.map((given) => [...given, "a\tb", "0.75"]));
      }),
    );
  });
});

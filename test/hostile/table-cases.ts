/** Hostile CSV, TSV, JSON, JSON Lines and text files. */
import { gzipSync } from "node:zlib";
import { casesOf, type HostileCase } from "./case.js";
import { joined } from "./forge.js";

const rows = (count: number, row: string) => row.repeat(count);

const csvCases = casesOf("csv", [
  ["a plain file", "accepted", 'text,label\n"a, ""b""\nc",x\nd,y\n'],
  ["no bytes", "data-empty", ""],
  ["line ends only", "data-empty", "\n\n\r\n"],
  ["a header only", "data-empty", "text,label\n"],
  ["Latin-1", "data-encoding", () => joined("text,label\na,x\ncaf", [0xe9], ",y\n"), "line 3"],
  ["UTF-16", "data-encoding", () => Buffer.from("\ufefftext,label\na,x\n", "utf16le"), "UTF-16"],
  [
    "half a surrogate pair in UTF-8",
    "data-encoding",
    () => joined("text,label\n", [0xed, 0xa0, 0x80], ",x\n"),
    "line 2",
  ],
  [
    "an overlong sequence",
    "data-encoding",
    () => joined("text,label\n", [0xc0, 0xaf], ",x\n"),
    "line 2",
  ],
  ["a byte order mark", "accepted", "\ufefftext,label\na,x\n"],
  ["zero bytes in a text", "accepted", "text,label\na\u0000b,x\n"],
  ["a file of zero bytes", "data-empty", () => new Uint8Array(1000)],
  ["a quote that is never closed", "data-format", 'text,label\na,x\nb,"y\nc,z\n', "line 3"],
  ["text after a closing quote", "data-format", 'text,label\n"a"b,x\n', "line 2"],
  [
    "half a million bad quotes in a line",
    "data-format",
    () => `text,label\n"${'"x'.repeat(500_000)}`,
    "line 2",
  ],
  [
    "bad quotes and a megabyte of spaces",
    "data-format",
    () => `text,label\n"${'"x'.repeat(20_000)}${" ".repeat(1e6)},x\n`,
    "line 2",
  ],
  ["a million doubled quotes", "accepted", () => `text,label\n"${'""'.repeat(1e6)}",x\n`],
  [
    "a million quoted fields over two lines",
    "accepted",
    () => `text,label\n${rows(100_000, '"a\nb",x\n')}`,
  ],
  ["too many fields", "data-format", "text,label\na,x,y\n", "line 2"],
  ["too few fields", "data-format", "text,label\na\n", "line 2"],
  ["a column twice", "data-format", "text,label,text\na,x,b\n", '"text" twice'],
  ["a million columns", "data-format", () => `text${",".repeat(1e6)}\n`, "line 1"],
  ["a row of a million fields", "data-format", () => `text,label\na${",".repeat(1e6)}\n`, "line 2"],
  [
    "10 000 columns",
    "accepted",
    () =>
      `text,label${Array.from({ length: 10_000 }, (_, i) => `,c${i}`).join("")}\na,x${",".repeat(10_000)}\n`,
  ],
  ["columns __proto__ and constructor", "accepted", "text,label,__proto__,constructor\na,x,y,z\n"],
  ["no known columns", "data-column", "__proto__,constructor\na,x\n"],
  ["no label", "data-label", "text,label\na,\n", "line 2"],
  [
    "a text of five million characters",
    "data-format",
    () => `text,label\n${"a".repeat(5e6)},x\n`,
    "line 2",
  ],
  ["a label of a megabyte", "data-format", () => `text,label\na,${"x".repeat(1e6)}\n`, "line 2"],
  ["a column name of a megabyte", "data-column", () => `${"x".repeat(1e6)},y\na,b\n`],
  ["a column name with terminal codes", "data-column", "\u001b[31mx,y\na,b\n", "\\u001b"],
  ["a formula", "accepted", "text,label\n=cmd|' /C calc'!A0,x\n"],
]);

const tsvCases = casesOf("tsv", [
  ["a plain file", "accepted", 'text\tlabel\na\tx\n"b"\ty\n'],
  ["no bytes", "data-empty", ""],
  ["too many fields", "data-format", "text\tlabel\na\tx\ty\n", "line 2"],
  ["a quote that is never closed", "accepted", 'text\tlabel\n"a\tx\n'],
  [
    "a field of a million doubled quotes",
    "accepted",
    () => `text\tlabel\n"${'""'.repeat(1e6)}"\tx\n`,
  ],
  [
    "a field of a million and one quotes",
    "accepted",
    () => `text\tlabel\n"${'"'.repeat(1e6)}\tx\n`,
  ],
  ["a million columns", "data-format", () => `text${"\t".repeat(1e6)}x\n`, "line 1"],
  [
    "a million tabs in a row",
    "data-format",
    () => `text\tlabel\na${"\t".repeat(1e6)}x\n`,
    "line 2",
  ],
  [
    "uneven rows with many quotes",
    "data-format",
    () => `text\tlabel\n${rows(100_000, '"a"b\t"x\n')}c\n`,
    "line 100002",
  ],
  ["Latin-1", "data-encoding", () => joined("text\tlabel\n", [0xe9], "\tx\n"), "line 2"],
  ["a column twice", "data-format", "text\tlabel\tlabel\na\tx\ty\n", '"label" twice'],
  ["a label column that objects inherit", "data-column", "text\ttoString\na\tx\n"],
]);

const object = (fields: string) => `{"text": "a", "label": "x", ${fields}}`;

const jsonlCases = casesOf("jsonl", [
  [
    "a plain file",
    "accepted",
    '{"text": "a", "label": "x", "n": [1, {"m": null}]}\n{"text": "b\\n", "label": 2}\n',
  ],
  ["no bytes", "data-empty", ""],
  ["cut off", "data-format", '{"text": "a", "label": "x"}\n{"text": "b', "line 2, column 12"],
  ["text twice", "data-format", '{"text": "a", "text": "b", "label": "x"}\n', "line 1, column 15"],
  [
    "label twice, once escaped",
    "data-format",
    '{"text": "a", "label": "x", "\\u006cabel": "y"}\n',
    "again",
  ],
  ["__proto__ as an object", "accepted", object('"__proto__": {"polluted": true}')],
  ["__proto__ as the only member", "data-column", '{"__proto__": {"text": "a", "label": "x"}}'],
  ["constructor.prototype", "accepted", object('"constructor": {"prototype": {"polluted": true}}')],
  ["a label column that objects inherit", "data-column", '{"text": "a", "valueOf": "x"}'],
  ["100 000 open brackets", "data-format", () => "[".repeat(100_000), "column 101"],
  ["100 000 open braces", "data-format", () => '{"a":'.repeat(100_000), "column"],
  [
    "a value nested 50 000 levels deep",
    "data-format",
    () => object(`"z": ${"[".repeat(50_000)}${"]".repeat(50_000)}`),
    "levels of nesting",
  ],
  [
    "a value nested 90 levels deep",
    "accepted",
    () => object(`"z": ${"[".repeat(90)}${"]".repeat(90)}`),
  ],
  ["a list", "data-format", "[1]\n", "line 1"],
  ["null", "data-format", "null\n", "line 1"],
  [
    "a number of a million digits",
    "data-format",
    () => `{"text": ${"9".repeat(1e6)}, "label": "x"}\n`,
    "line 1",
  ],
  ["a label of 1e999", "data-format", '{"text": "a", "label": 1e999}\n', "line 1"],
  [
    "a label beyond the exact integers",
    "data-format",
    '{"text": "a", "label": 9007199254740993}\n',
    "line 1",
  ],
  ["NaN", "data-format", '{"text": "a", "label": NaN}\n', "line 1, column 24"],
  ["half a surrogate pair", "accepted", '{"text": "a\\ud800b", "label": "\\udc00"}\n'],
  ["a bad escape", "data-format", '{"text": "\\x41", "label": "x"}\n', "escape"],
  ["a tab in a string", "data-format", '{"text": "a\tb", "label": "x"}\n', "line 1, column 12"],
  ["single quotes", "data-format", "{'text': 'a', 'label': 'x'}\n", "line 1, column 2"],
  [
    "two objects on a line",
    "data-format",
    '{"text": "a", "label": "x"}{"text": "b", "label": "y"}\n',
    "nothing after",
  ],
  ["a list with no label in it", "data-format", '{"text": "a", "label": ["x", {}]}\n', "line 1"],
  [
    "a text that is an object",
    "data-format",
    '{"text": {"toString": "a"}, "label": "x"}\n',
    "line 1",
  ],
  [
    "a text of five million characters",
    "data-format",
    () => `{"text": "${"a".repeat(5e6)}", "label": "x"}\n`,
    "line 1",
  ],
  [
    "a million backslashes",
    "data-format",
    () => `{"text": "${"\\".repeat(999_999)}", "label": "x"}\n`,
  ],
  [
    "16 000 different members",
    "accepted",
    () => object(Array.from({ length: 16_000 }, (_, i) => `"k${i}": 0`).join()),
  ],
  [
    "20 000 different members",
    "data-format",
    () => object(Array.from({ length: 20_000 }, (_, i) => `"k${i}": 0`).join()),
    "different columns",
  ],
  ["a million empty objects", "data-column", () => rows(1_000_000, "{}\n")],
  ["no UTF-8", "data-encoding", () => joined('{"text": "', [0xff], '", "label": "x"}\n'), "line 1"],
  [
    "a byte order mark in the middle",
    "data-format",
    '{"text": "a", "label": "x"}\n\ufeff{"text": "b", "label": "y"}\n',
    "line 2",
  ],
]);

const jsonCases = casesOf("json", [
  [
    "a plain file",
    "accepted",
    '{"v": 1, "data": [{"text": "a", "label": "x"}, {"text": "b", "label": true}]}',
  ],
  ["no bytes", "data-format", "", "line 1"],
  ["an empty list", "data-empty", "[]"],
  ["a number", "data-format", "7"],
  ["a list of numbers", "data-format", "[1, 2]", "row 1"],
  ["two lists of rows", "data-format", '{"a": [{}], "b": [{}]}', '"a", "b"'],
  ["no list", "data-format", '{"a": 1}', "no array"],
  ["a million open brackets", "data-format", () => "[".repeat(1_000_000), "column 101"],
  [
    "an object of a million levels in its first line",
    "data-format",
    () => `{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}\n{}`,
    "column",
  ],
  ["a member twice", "data-format", '[{"text": "a", "label": "x", "label": "y"}]', "again"],
  [
    "a member twice outside the rows",
    "data-format",
    '{"data": [{"text": "a", "label": "x"}], "data": []}',
    "again",
  ],
  ["__proto__ as the list of rows", "accepted", '{"__proto__": [{"text": "a", "label": "x"}]}'],
  ["a comma at the end", "data-format", '[{"text": "a", "label": "x"},]', "column 30"],
  ["comments", "data-format", '/* hi */ [{"text": "a", "label": "x"}]', "column 1"],
  ["UTF-16", "data-encoding", () => Buffer.from("\ufeff[]", "utf16le"), "UTF-16"],
  [
    "a gzip bomb",
    "data-format",
    () => ({ "bomb.json.gz": gzipSync(Buffer.alloc(100 << 20, 0x20)) }),
    "unpacks to",
  ],
  [
    "a gzip file of many members",
    "data-format",
    () => ({ "members.json.gz": joined(...Array(5000).fill(gzipSync("x"))) }),
  ],
  [
    "a gzip file cut off",
    "data-format",
    () => ({ "cut.json.gz": gzipSync("[]".repeat(1000)).subarray(0, 30) }),
    "gzip",
  ],
  [
    "a gzip file with another checksum",
    "data-format",
    () => ({ "sum.json.gz": gzipSync("[]").fill(0, 14, 18) }),
    "gzip",
  ],
  ["a plain file named .gz", "data-format", () => ({ "plain.json.gz": "[]" }), "gzip"],
]);

const txtCases = casesOf("txt", [
  ["a plain file", "accepted", "a\nb\r\n\nc"],
  ["no bytes", "data-empty", ""],
  ["Latin-1", "data-encoding", () => joined("ab\n", [0xe9, 0x0a]), "line 2"],
  ["a line of five million characters", "data-format", () => `a\n${"x".repeat(5e6)}\n`, "line 2"],
  ["a line of four million characters", "accepted", () => `${"x ".repeat(2e6)}\n`],
  ["terminal codes", "accepted", "\u001b]0;x\u0007\u001b[2J\n"],
  [
    "all control characters",
    "accepted",
    () => String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i)),
  ],
]);

export const tableCases: readonly HostileCase[] = [
  ...csvCases,
  ...tsvCases,
  ...jsonlCases,
  ...jsonCases,
  ...txtCases,
];

/** Files so large that reading them takes seconds and hundreds of megabytes: for the longer runs. */
export const slowTableCases: readonly HostileCase[] = [
  ...casesOf("jsonl", [
    ["six million empty objects", "data-format", () => rows(6_000_000, "{}\n"), "rows"],
    [
      "a line of 100 MB that is one text",
      "data-format",
      () => `{"text": "${"a".repeat(1e8)}", "label": "x"}\n`,
      "line 1",
    ],
    ["a line of 30 MB of brackets", "data-format", () => "[".repeat(3e7), "values"],
    ["a line of 100 MB of brackets", "data-format", () => "[".repeat(1e8), "characters in a line"],
  ]),
  ...casesOf("json", [
    ["six million empty objects", "data-format", () => `[${rows(6_000_000, "{},")}{}]`, "rows"],
    ["17 million numbers", "data-format", () => `[${rows(17_000_000, "1,")}1]`, "values"],
  ]),
  ...casesOf("txt", [
    ["six million empty lines", "data-format", () => "\n".repeat(6e6), "rows"],
    ["a line of 100 MB", "data-format", () => "x".repeat(1e8), "line 1"],
    ["600 MB of spaces", "data-format", () => Buffer.alloc(600 << 20, 0x20), "characters"],
  ]),
  ...casesOf("csv", [
    [
      "a line of 100 MB without a quote",
      "data-format",
      () => `text,label\n${"a".repeat(1e8)},x\n`,
      "line 2",
    ],
    [
      "a line of 100 MB of bad quotes",
      "data-format",
      () => `text,label\n${'"x'.repeat(5e7)},x\n`,
      "line 2",
    ],
    [
      "a line of 100 MB of quotes",
      "data-format",
      () => `text,label\n${'"'.repeat(1e8)},x\n`,
      "line 2",
    ],
    [
      "a line of 100 MB of commas",
      "data-format",
      () => `text,label\n${",".repeat(1e8)}\n`,
      "line 2",
    ],
  ]),
  ...casesOf("tsv", [
    [
      "a line of 100 MB of tabs",
      "data-format",
      () => `text\tlabel\n${"\t".repeat(1e8)}x\n`,
      "line 2",
    ],
    [
      "a line of 100 MB of quotes",
      "data-format",
      () => `text\tlabel\n${'"'.repeat(1e8)}\tx\n`,
      "line 2",
    ],
  ]),
];

/** Changes that keep most of a file's structure, so that what is wrong lies deep in it. */
import type { Random } from "../../src/base/random.js";
import type { Files, Kind } from "./case.js";
import { disguises } from "./disguises.js";
import { joined, little, torchZip, zip } from "./forge.js";
import { page, parquet, plainTexts, textPages, varint } from "./forge-parquet.js";
import { configFields, tokenizerFields, tokenizerParts } from "./odd-fields.js";

/** One change of a file; gives it back unchanged where it does not apply. */
type Mutator = (bytes: Buffer, random: Random) => Uint8Array;

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random.integer(items.length)];
}

const numbers = [
  0n,
  1n,
  2n,
  7n,
  8n,
  127n,
  128n,
  255n,
  256n,
  4096n,
  32767n,
  65535n,
  65536n,
  2n ** 24n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

const anywhere = (bytes: Buffer, random: Random) => random.integer(bytes.length + 1);
const replaced = (bytes: Buffer, at: number, length: number, by: Uint8Array) =>
  Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(Math.min(bytes.length, at + length))]);

/** Changes that know nothing of a format. */
const general: readonly Mutator[] = [
  (bytes, random) => {
    if (bytes.length === 0) return bytes;
    const copy = Buffer.from(bytes);
    copy[random.integer(copy.length)] ^= 1 << random.integer(8);
    return copy;
  },
  (bytes, random) => {
    if (bytes.length === 0) return bytes;
    const copy = Buffer.from(bytes);
    copy[random.integer(copy.length)] = pick([0, 1, 0x7f, 0x80, 0xff, 0x22, 0x0a], random);
    return copy;
  },
  (bytes, random) => bytes.subarray(0, anywhere(bytes, random)),
  (bytes, random) => replaced(bytes, anywhere(bytes, random), random.integer(40), Buffer.alloc(0)),
  (bytes, random) => {
    const from = anywhere(bytes, random);
    const chunk = bytes.subarray(from, from + 1 + random.integer(200));
    const times = pick([1, 1, 2, 50], random);
    return replaced(bytes, anywhere(bytes, random), 0, Buffer.concat(Array(times).fill(chunk)));
  },
  (bytes, random) =>
    replaced(
      bytes,
      anywhere(bytes, random),
      0,
      Buffer.from(Array.from({ length: 1 + random.integer(16) }, () => random.integer(256))),
    ),
  (bytes, random) => {
    const width = pick([1, 2, 4, 8], random);
    return replaced(bytes, anywhere(bytes, random), width, little(pick(numbers, random), width));
  },
];

const jsonValues = [
  "0",
  "-1",
  "1e999",
  "-1e-999",
  "9007199254740993",
  "4294967296",
  "1.5",
  "null",
  "true",
  "[]",
  "{}",
  '""',
  '"__proto__"',
  '"constructor"',
  '"\\ud800"',
  '"\\u0000"',
  '"\\u001b[2J"',
  "[[[[]]]]",
  '{"a":{"a":{}}}',
  '{"__proto__":{"polluted":true}}',
  "[1,2,3]",
  '"../../x"',
];
const jsonToken = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[[\]{},:]/g;

/** Changes of the tokens of a JSON text. */
const json: readonly Mutator[] = [
  (bytes, random) => atToken(bytes, random, () => pick(jsonValues, random)),
  (bytes, random) => atToken(bytes, random, (token) => `${token},${token}`),
  (bytes, random) => atToken(bytes, random, () => ""),
  (bytes, random) =>
    atToken(bytes, random, (token) =>
      /^[0-9-]/.test(token) ? String(pick(numbers, random)) : token,
    ),
  (bytes, random) => {
    const levels = pick([3, 30, 101, 5000], random);
    const [open, close] = pick(
      [
        ["[", "]"],
        ['{"a":', "}"],
      ] as const,
      random,
    );
    return atToken(bytes, random, (token) => open.repeat(levels) + token + close.repeat(levels));
  },
  (bytes, random) => {
    // A member of an object again, before or after itself.
    const text = bytes.toString("latin1");
    const members = [
      ...text.matchAll(/"(?:[^"\\]|\\.)*":(?:"(?:[^"\\]|\\.)*"|[0-9.]+|true|false|null)/g),
    ];
    if (members.length === 0) return bytes;
    const [member] = pick(members, random);
    return Buffer.from(
      text.replace(member, () => `${member},${member}`),
      "latin1",
    );
  },
];

function atToken(bytes: Buffer, random: Random, change: (token: string) => string): Uint8Array {
  // Latin-1 keeps every byte as it is.
  const text = bytes.toString("latin1");
  const tokens = [...text.slice(0, 100_000).matchAll(jsonToken)];
  if (tokens.length === 0) return bytes;
  const { 0: token, index } = pick(tokens, random);
  return Buffer.from(
    text.slice(0, index) + change(token) + text.slice(index + token.length),
    "latin1",
  );
}

/** JSON changes of a safetensors header, mostly with its length put right. */
function headerChange(mutator: Mutator): Mutator {
  return (bytes, random) => {
    if (bytes.length < 8) return bytes;
    const length = Math.min(Number(bytes.readBigUInt64LE(0)), bytes.length - 8);
    const header = mutator(bytes.subarray(8, 8 + length), random);
    const announced = random.integer(8) === 0 ? bytes.subarray(0, 8) : little(header.length, 8);
    return joined(announced, header, bytes.subarray(8 + length));
  };
}

const opcodes = Buffer.from(
  "(.0125FINTPQRSVXabcdeghijlopqrstu}])]BCGJKLMU\u0080\u0081\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096",
  "latin1",
);
const opcodeRuns = [
  "cos\nsystem\n",
  "cbuiltins\neval\n",
  "ctorch\nFloatStorage\n",
  "ccollections\nOrderedDict\n)R",
  "ctorch._utils\n_rebuild_tensor_v2\n",
  "X\u0001\u0000\u0000\u0000a",
  "K\u0001",
  "J\u00ff\u00ff\u00ff\u00ff",
  "}",
  "](",
  "q\u0000",
  "h\u0000",
  "\u008a\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0080",
  "\u0086",
  "Q",
  "R",
  "b",
  "u",
  "t",
].map((run) => Buffer.from(run, "latin1"));

/** Changes of the opcodes of a pickle. */
const pickle: readonly Mutator[] = [
  (bytes, random) =>
    replaced(
      bytes,
      anywhere(bytes, random),
      random.integer(2),
      Buffer.from([pick([...opcodes], random)]),
    ),
  (bytes, random) =>
    replaced(bytes, anywhere(bytes, random), pick([0, 0, 4], random), pick(opcodeRuns, random)),
  (bytes, random) => {
    const at = bytes.indexOf(
      pick(["X", "J", "K", "Q", "R", "t", "q"], random),
      anywhere(bytes, random),
    );
    return at < 0 ? bytes : replaced(bytes, at + 1, 4, little(pick(numbers, random), 4));
  },
];

/** A zip archive anew, with another pickle or other fields in its directory. */
const archive: readonly Mutator[] = [
  (bytes, random) => {
    const start = bytes.indexOf("archive/data.pkl") + 16;
    const end = bytes.indexOf("PK", start);
    if (start < 16 || end < 0) return bytes;
    const changed = pick([...pickle, ...general], random)(bytes.subarray(start, end), random);
    return torchZip(changed, { 0: new Uint8Array(pick([0, 15, 16, 17, 64], random)) });
  },
  (bytes, random) => {
    const at = bytes.indexOf(pick(["PK\u0001\u0002", "PK\u0005\u0006", "PK\u0003\u0004"], random));
    const field = 4 + random.integer(42);
    return at < 0
      ? bytes
      : replaced(bytes, at + field, 4, little(pick(numbers, random), pick([2, 4], random)));
  },
  (_, random) => {
    const name = () =>
      pick(
        ["archive/data.pkl", "archive/data/0", "a/data.pkl", "../x", "archive/byteorder", ""],
        random,
      );
    const entries = Array.from({ length: random.integer(6) }, () => ({
      name: name(),
      content: new Uint8Array(random.integer(40)),
      method: pick([0, 0, 0, 8], random),
      headerAt: random.integer(200),
    }));
    return zip(entries);
  },
];

/** Changes of a Parquet file's footer, or a file with a forged page. */
const columnar: readonly Mutator[] = [
  (bytes, random) => {
    if (bytes.length < 12) return bytes;
    const length = bytes.readUInt32LE(bytes.length - 8);
    const start = bytes.length - 8 - length;
    if (start < 4) return bytes;
    const footer = pick(general, random)(bytes.subarray(start, start + length), random);
    return joined(bytes.subarray(0, start), footer, little(footer.length, 4), "PAR1");
  },
  (_, random) => {
    const few = () => pick([0, 1, 2, 2, 2, 3, 8, 100, 2 ** 31 - 1, -1], random);
    const content = pick(
      [
        plainTexts("a", "b"),
        plainTexts("a".repeat(random.integer(3000))),
        joined(
          varint(BigInt(random.integer(300))),
          varint(BigInt(random.integer(300))),
          new Uint8Array(20),
        ),
        Buffer.from(Array.from({ length: random.integer(60) }, () => random.integer(256))),
      ],
      random,
    );
    const forged = () => ({
      kind: pick([0, 0, 2, 3], random),
      values: few(),
      encoding: random.integer(11),
      content,
      ...(random.integer(3) === 0 ? { size: few() } : {}),
      ...(random.integer(8) === 0 ? { packedSize: few() } : {}),
      ...(random.integer(3) === 0
        ? { definitionBytes: few(), repetitionBytes: few(), nulls: few() }
        : {}),
    });
    const dictionary = page({ kind: 2, values: 2, content: plainTexts("a", "b") });
    const pages = random.integer(2) === 0 ? [page(forged())] : [dictionary, page(forged())];
    return textPages(2, pages, {
      type: pick([6, 6, 6, 0, 1, 2, 3, 4, 5, 7], random),
      repetition: random.integer(3),
      codec: pick([0, 0, 0, 0, 0, 1, 1, 2, 4, 5, 6, 7], random),
      typeLength: few(),
    });
  },
  (_, random) =>
    parquet({
      rows: pick(numbers, random),
      groups: random.integer(4),
      columns: Array.from({ length: random.integer(4) }, (_unused, i) => ({
        name: pick(["text", "label", `c${i}`, "__proto__"], random),
        repetition: random.integer(3),
        type: random.integer(9),
        offset: pick([4, 4, 20, ...numbers], random),
        size: pick([40, ...numbers], random),
      })),
    }),
];

const scraps = [
  '"',
  '""',
  "\n",
  "\r",
  "\r\n",
  "\t",
  ",",
  ";",
  "|",
  "\u0000",
  "\ufeff",
  "\ud83d\ude00",
  "\\",
  "{",
  "}",
  "[",
  "]",
  ":",
  "text",
  "label",
  "__proto__",
  '"text"',
  "1e999",
  "null",
  " ",
  "\u2028",
  "\u00e9",
];

/** Signs that have a meaning in tables, here and there. */
const table: readonly Mutator[] = [
  (bytes, random) =>
    replaced(bytes, anywhere(bytes, random), random.integer(3), Buffer.from(pick(scraps, random))),
  (bytes, random) =>
    replaced(
      bytes,
      anywhere(bytes, random),
      0,
      Buffer.from(pick(scraps, random).repeat(pick([2, 9, 1000], random))),
    ),
];

/** A table that became something else. */
const disguised: Mutator = (bytes, random) => pick(Object.values(disguises), random).apply(bytes);

/** A JSON object with other values of fields that it may have. */
function otherFields(choices: Readonly<Record<string, readonly unknown[]>>): Mutator {
  return (bytes, random) => {
    const name = pick(Object.keys(choices), random);
    const value = pick(choices[name], random);
    try {
      const found: unknown = JSON.parse(bytes.toString());
      if (typeof found !== "object" || found === null) return bytes;
      return Buffer.from(JSON.stringify({ ...found, [name]: value }));
    } catch {
      // No JSON, or nested more deeply than can be written.
      return bytes;
    }
  };
}

const own: Readonly<Record<Kind, readonly Mutator[]>> = {
  config: [...json, otherFields(configFields)],
  index: json,
  tokenizer: [...json, otherFields(tokenizerParts)],
  json: [...json, ...table, disguised],
  jsonl: [...json, ...table, disguised],
  safetensors: [...json, ...general].map(headerChange),
  "torch-zip": archive,
  "torch-legacy": pickle,
  vocabulary: [...json, ...table],
  csv: [...table, disguised],
  tsv: [...table, disguised],
  txt: [...table, disguised],
  parquet: [...columnar, disguised],
};

/** A seed file changed one to five times; of a tokenizer also the settings beside it. */
export function mutate(kind: Kind, seed: Files, random: Random): Files {
  const changed = mutatedFile(kind, seed, random);
  if ((kind !== "tokenizer" && kind !== "vocabulary") || random.integer(2) === 0) return changed;
  const settings = "tokenizer_config.json";
  let content = Buffer.from(changed[settings] ?? "{}");
  for (let left = 1 + random.integer(3); left > 0; left--) {
    content = Buffer.from(otherFields(tokenizerFields)(content, random));
  }
  return { ...changed, [settings]: content };
}

function mutatedFile(kind: Kind, seed: Files, random: Random): Files {
  const names = Object.keys(seed);
  const name = pick(names, random);
  let bytes = Buffer.from(seed[name]);
  for (let left = pick([1, 1, 1, 2, 2, 3, 5], random); left > 0; left--) {
    const mutators = random.integer(3) === 0 ? general : own[kind];
    bytes = Buffer.from(pick(mutators, random)(bytes, random));
  }
  return { ...seed, [name]: bytes };
}

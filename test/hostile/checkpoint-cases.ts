/** Hostile config.json, shard indices and safetensors files. */
import { casesOf, type Files, type HostileCase } from "./case.js";
import { joined, little, safetensors } from "./forge.js";
import { plainConfig, plainNames, plainWeights } from "./plain-model.js";

const config = (fields: Readonly<Record<string, unknown>>) =>
  JSON.stringify({ ...plainConfig, ...fields });
/** The config with a part of its text replaced, for what no object can hold. */
const edited = (from: string, to: string) => config({}).replace(from, to);
/** Labels count in a sequence classifier alone. */
const CLASSIFIER = ["BertForSequenceClassification"];
const labels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, id) => [id, `l${id}`]));

const configCases = casesOf("config", [
  ["a plain file", "accepted", () => config({})],
  ["no bytes", "checkpoint-config", "", "line 1"],
  ["an array", "checkpoint-config", "[]"],
  ["a number", "checkpoint-config", "7"],
  ["null", "checkpoint-config", "null"],
  ["a text", "checkpoint-config", '"config"'],
  ["cut off", "checkpoint-config", '{"model_type": "be', "line 1, column 19"],
  ["two values", "checkpoint-config", () => `${config({})} {}`, "nothing after the value"],
  ["a byte that is no UTF-8", "checkpoint-config", () => joined('{"a": "', [0xff], '"}'), "UTF-8"],
  ["UTF-16", "checkpoint-config", () => Buffer.from(`\ufeff${config({})}`, "utf16le"), "UTF-8"],
  ["a byte order mark", "accepted", () => `\ufeff${config({})}`],
  ["a comment", "checkpoint-config", () => `// hi\n${config({})}`, "line 1, column 1"],
  ["vocab_size twice", "checkpoint-config", () => edited("{", '{"vocab_size": 1,'), "vocab_size"],
  ["100 000 open brackets", "checkpoint-config", "[".repeat(100_000), "column 101"],
  [
    "a value nested 100 000 levels deep in a field we do not read",
    "checkpoint-config",
    () => edited("{", `{"extra": ${"[".repeat(100_000)}${"]".repeat(100_000)},`),
    "levels of nesting",
  ],
  ["a field __proto__", "accepted", () => edited("{", '{"__proto__": {"polluted": true},')],
  [
    "fields constructor and prototype",
    "accepted",
    () => edited("{", '{"constructor": {"prototype": {"polluted": 1}},'),
  ],
  ["only __proto__", "checkpoint-config", '{"__proto__": {"model_type": "bert"}}'],
  ["an unknown model_type", "checkpoint-config", () => config({ model_type: "gpt2" }), "gpt2"],
  ["model_type __proto__", "checkpoint-config", () => config({ model_type: "__proto__" })],
  [
    "a model_type of a megabyte",
    "checkpoint-config",
    () => config({ model_type: "x".repeat(1e6) }),
  ],
  [
    "a model_type with terminal codes",
    "checkpoint-config",
    () => config({ model_type: "\u001b[2J" }),
  ],
  ["hidden_size 0", "checkpoint-config", () => config({ hidden_size: 0 }), "hidden_size"],
  ["a negative hidden_size", "checkpoint-config", () => config({ hidden_size: -4 }), "hidden_size"],
  ["hidden_size 4.5", "checkpoint-config", () => config({ hidden_size: 4.5 }), "hidden_size"],
  [
    "hidden_size 1e308",
    "checkpoint-config",
    () => edited('"hidden_size":4', '"hidden_size":1e308'),
    "hidden_size",
  ],
  [
    "hidden_size 1e999",
    "checkpoint-config",
    () => edited('"hidden_size":4', '"hidden_size":1e999'),
    "hidden_size",
  ],
  ["hidden_size as a text", "checkpoint-config", () => config({ hidden_size: "4" }), "hidden_size"],
  ["hidden_size null", "checkpoint-config", () => config({ hidden_size: null }), "hidden_size"],
  [
    "a billion layers",
    "checkpoint-config",
    () => config({ num_hidden_layers: 1e9 }),
    "num_hidden_layers",
  ],
  [
    "1024 layers that are not there",
    "checkpoint-tensor",
    () => config({ num_hidden_layers: 1024 }),
  ],
  [
    "a vocab_size that is not there",
    "checkpoint-shape",
    () => config({ vocab_size: 2 ** 24 }),
    "word_embeddings",
  ],
  ["a hidden_size that is not there", "checkpoint-shape", () => config({ hidden_size: 2 ** 24 })],
  [
    "heads that do not divide hidden_size",
    "checkpoint-config",
    () => config({ num_attention_heads: 3 }),
  ],
  ["padId beyond the vocabulary", "checkpoint-config", () => config({ pad_token_id: 12 })],
  [
    "no positions left",
    "checkpoint-config",
    () => config({ model_type: "roberta", pad_token_id: 11 }),
  ],
  ["dropout 1", "checkpoint-config", () => config({ hidden_dropout_prob: 1 })],
  ["an epsilon of 0", "checkpoint-config", () => config({ layer_norm_eps: 0 })],
  ["another activation", "checkpoint-config", () => config({ hidden_act: "relu" })],
  ["a decoder", "checkpoint-config", () => config({ is_decoder: true })],
  [
    "four billion labels by number",
    "checkpoint-config",
    () => config({ num_labels: 4e9 }),
    "num_labels",
  ],
  [
    "16 million labels by number",
    "checkpoint-config",
    () => config({ num_labels: 2 ** 24 }),
    "num_labels",
  ],
  [
    "100 000 labels by name",
    "checkpoint-config",
    () => config({ id2label: labels(100_000) }),
    "id2label",
  ],
  ["60 000 labels by name", "accepted", () => config({ id2label: labels(60_000) })],
  [
    "labels that are lists",
    "checkpoint-config",
    () => config({ architectures: CLASSIFIER, id2label: { 0: [], 1: {} } }),
    "id2label",
  ],
  [
    "labels with a gap",
    "checkpoint-config",
    () => config({ architectures: CLASSIFIER, id2label: { 0: "a", 2: "b" } }),
    "id2label",
  ],
  [
    "a label twice",
    "checkpoint-config",
    () => config({ architectures: CLASSIFIER, id2label: { 0: "a", 1: "a" } }),
    "id2label",
  ],
  [
    "a label id __proto__ of a model without labels",
    "accepted",
    () => edited("{", '{"id2label": {"__proto__": "a"},'),
  ],
  [
    "a label of half a surrogate pair",
    "accepted",
    () => edited("{", '{"id2label": {"0": "\\ud800"},'),
  ],
  [
    "a million numbers as architectures",
    "checkpoint-config",
    () => config({ architectures: Array(1e6).fill(1) }),
    "architectures",
  ],
  ["17 MiB of spaces", "checkpoint-config", () => " ".repeat(17 << 20), "bytes"],
]);

const shard = (...names: readonly string[]) =>
  safetensors(
    JSON.stringify(
      Object.fromEntries(
        names.map((name, i) => [
          name,
          { dtype: "F32", shape: [1], data_offsets: [4 * i, 4 * i + 4] },
        ]),
      ),
    ),
    4 * names.length,
  );
const INDEX = "model.safetensors.index.json";
const SHARD = "model-00001-of-00001.safetensors";
const index =
  (content: string, others: Files = {}) =>
  (): Files => ({
    [INDEX]: content,
    ...others,
  });
const mapped = (map: Readonly<Record<string, unknown>>) => JSON.stringify({ weight_map: map });
const led = (name: string) => index(mapped({ w: name }));

const indexCases = casesOf("index", [
  [
    "a plain file",
    "accepted",
    () => ({
      [INDEX]: mapped(Object.fromEntries(plainNames.map((name) => [name, SHARD]))),
      [SHARD]: plainWeights,
    }),
  ],
  ["no bytes", "checkpoint-format", index(""), "line 1"],
  ["no weight_map", "checkpoint-format", index("{}"), "weight_map"],
  ["an empty weight_map", "checkpoint-format", index(mapped({})), "weight_map"],
  ["weight_map as a list", "checkpoint-format", index('{"weight_map": ["a"]}'), "weight_map"],
  ["a file name that is a number", "checkpoint-format", index(mapped({ w: 7 })), "weight_map"],
  ["a path up", "checkpoint-format", led("../model.safetensors"), "../model.safetensors"],
  ["a path up inside", "checkpoint-format", led("a/../../b.safetensors"), "plain file names"],
  ["an absolute path", "checkpoint-format", led("/etc/passwd"), "/etc/passwd"],
  ["a Windows path", "checkpoint-format", led("C:\\Windows\\win.ini"), "plain file names"],
  ["a path up by backslashes", "checkpoint-format", led("..\\..\\x"), "plain file names"],
  ["a URL", "checkpoint-format", led("file:///etc/passwd"), "plain file names"],
  ["a hidden file", "checkpoint-format", led(".bashrc"), ".bashrc"],
  ["two dots", "checkpoint-format", led(".."), "plain file names"],
  ["no name", "checkpoint-format", led(""), "plain file names"],
  ["a zero byte in a name", "checkpoint-format", led("a\u0000.safetensors"), "plain file names"],
  ["an encoded path up", "checkpoint-format", led("%2e%2e%2fx"), "plain file names"],
  ["a shard that is not there", "checkpoint-missing", led(SHARD), SHARD],
  ["itself as a shard", "checkpoint-format", led(INDEX), INDEX],
  ["config.json as a shard", "checkpoint-format", led("config.json"), "config.json"],
  [
    "a tensor that its shard lacks",
    "checkpoint-tensor",
    index(mapped({ w: SHARD }), { [SHARD]: shard("v") }),
    "w",
  ],
  [
    "a tensor in two shards",
    "checkpoint-tensor",
    index(mapped({ w: "a.safetensors", v: "b.safetensors" }), {
      "a.safetensors": shard("w"),
      "b.safetensors": shard("v", "w"),
    }),
    "tensor w",
  ],
  [
    "weight_map twice",
    "checkpoint-format",
    index(`{"weight_map": {"w": "a"}, "weight_map": {}}`),
    "weight_map",
  ],
  ["a tensor twice", "checkpoint-format", index(`{"weight_map": {"w": "a", "w": "b"}}`), "again"],
  ["a tensor __proto__", "checkpoint-missing", index('{"weight_map": {"__proto__": "a"}}')],
  ["100 000 open braces", "checkpoint-format", index('{"weight_map":'.repeat(100_000)), "column"],
  [
    "a byte that is no UTF-8",
    "checkpoint-format",
    () => ({ [INDEX]: joined('{"', [0xc0], '"}') }),
    "UTF-8",
  ],
]);

const entry = (fields: Readonly<Record<string, unknown>> = {}) => ({
  dtype: "F32",
  shape: [2],
  data_offsets: [0, 8],
  ...fields,
});
const header =
  (fields: Readonly<Record<string, unknown>>, dataBytes = 8) =>
  () =>
    safetensors(JSON.stringify(fields), dataBytes);
const one = (fields: Readonly<Record<string, unknown>>, dataBytes = 8) =>
  header({ w: entry(fields) }, dataBytes);
const raw =
  (text: string, dataBytes = 8) =>
  () =>
    safetensors(text, dataBytes);
const second = (begin: number, end: number) => entry({ data_offsets: [begin, end] });

const safetensorsCases = casesOf("safetensors", [
  [
    "a plain file",
    "accepted",
    header({ a: entry(), b: second(8, 16), __metadata__: { format: "pt" } }, 16),
  ],
  [
    "a plain file of all float types",
    "accepted",
    header(
      {
        a: entry(),
        b: entry({ dtype: "F16", data_offsets: [8, 12] }),
        c: entry({ dtype: "BF16", data_offsets: [12, 16] }),
        d: entry({ dtype: "F64", data_offsets: [16, 32] }),
      },
      32,
    ),
  ],
  ["no bytes", "checkpoint-format", ""],
  ["seven bytes", "checkpoint-format", "1234567", "header length"],
  ["a length and nothing else", "checkpoint-format", () => little(100, 8)],
  ["an empty header", "checkpoint-format", () => little(0, 8), "JSON object"],
  [
    "a header length of 2^64 - 1",
    "checkpoint-format",
    () => safetensors("{}", 0, 2n ** 64n - 1n),
    "18446744073709551615",
  ],
  ["a header length of 2^63", "checkpoint-format", () => safetensors("{}", 0, 2n ** 63n)],
  [
    "a header length of 100 million in a small file",
    "checkpoint-format",
    () => safetensors("{}", 0, 100_000_000),
  ],
  ["a header length one too long", "checkpoint-format", () => safetensors("{}", 0, 3)],
  ["a header length one too short", "checkpoint-format", () => safetensors("{}", 0, 1)],
  [
    "a Git LFS pointer",
    "checkpoint-format",
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "Git LFS",
  ],
  [
    "a web page",
    "checkpoint-format",
    "<!DOCTYPE html><html><body>Not found</body></html>",
    "web page",
  ],
  ["an array as header", "checkpoint-format", raw("[]", 0), "JSON object"],
  ["white space before the header", "checkpoint-format", raw(" {}", 0), "JSON object"],
  ["a byte order mark before the header", "checkpoint-format", raw("\ufeff{}", 0), "JSON object"],
  [
    "a header that is no UTF-8",
    "checkpoint-format",
    () => safetensors(joined('{"', [0xff, 0xfe], '": 1}')),
    "UTF-8",
  ],
  ["100 000 open brackets", "checkpoint-format", raw(`{"w":${"[".repeat(100_000)}`), "column"],
  [
    "a tensor twice",
    "checkpoint-format",
    raw(`{"w":${JSON.stringify(entry())},"w":${JSON.stringify(entry())}}`),
    '"w" again',
  ],
  [
    "dtype twice",
    "checkpoint-format",
    raw('{"w":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}'),
    "dtype",
  ],
  [
    "a name written in two ways",
    "checkpoint-format",
    raw(`{"w":${JSON.stringify(entry())},"\\u0077":${JSON.stringify(entry())}}`),
    "again",
  ],
  ["a tensor named __proto__", "accepted", raw(`{"__proto__":${JSON.stringify(entry())}}`)],
  [
    "an entry with __proto__ in place of its fields",
    "checkpoint-format",
    raw(`{"w":{"__proto__":${JSON.stringify(entry())}}}`),
    "tensor w",
  ],
  ["no tensors and no data", "accepted", raw("{}", 0)],
  ["no tensors, but data", "checkpoint-format", raw("{}", 8), "8"],
  ["an entry that is null", "checkpoint-format", header({ w: null }), "tensor w"],
  ["no dtype", "checkpoint-format", one({ dtype: undefined }), "tensor w"],
  ["an unknown dtype", "checkpoint-format", one({ dtype: "F128" }), "F128"],
  ["dtype toString", "checkpoint-format", one({ dtype: "toString" }), "toString"],
  ["an integer dtype", "checkpoint-format", one({ dtype: "I32" }), "I32"],
  ["a negative extent", "checkpoint-format", one({ shape: [-2] }), "shape"],
  ["two negative extents", "checkpoint-format", one({ shape: [-1, -2] }), "shape"],
  ["an extent of 1.5", "checkpoint-format", one({ shape: [1.5] }), "shape"],
  ["an extent as a text", "checkpoint-format", one({ shape: ["2"] }), "shape"],
  ["a shape that is a number", "checkpoint-format", one({ shape: 2 }), "shape"],
  ["an extent of 2^53", "checkpoint-format", one({ shape: [2 ** 53] }), "shape"],
  [
    "extents whose product leaves the integers",
    "checkpoint-format",
    one({ shape: [2 ** 40, 2 ** 40] }),
    "tensor w",
  ],
  [
    "extents whose product is infinite",
    "checkpoint-format",
    one({ shape: Array(30).fill(2 ** 50) }),
    "tensor w",
  ],
  [
    "infinite times nothing",
    "checkpoint-format",
    one({ shape: [...Array(30).fill(2 ** 50), 0], data_offsets: [0, 0] }, 0),
    "tensor w",
  ],
  [
    "a large extent times nothing",
    "accepted",
    one({ shape: [2 ** 50, 0], data_offsets: [0, 0] }, 0),
  ],
  ["65 dimensions", "checkpoint-format", one({ shape: [2, ...Array(64).fill(1)] }), "64"],
  ["a million dimensions", "checkpoint-format", one({ shape: [2, ...Array(1e6).fill(1)] }), "64"],
  [
    "a million dimensions that are texts",
    "checkpoint-format",
    one({ shape: Array(1e6).fill("a") }),
    "shape",
  ],
  [
    "a range beyond the file",
    "checkpoint-format",
    one({ shape: [4], data_offsets: [0, 16] }),
    "16",
  ],
  [
    "a range of terabytes",
    "checkpoint-format",
    one({ shape: [2 ** 40], data_offsets: [0, 2 ** 42] }),
    String(2 ** 42),
  ],
  [
    "a range that ends before it begins",
    "checkpoint-format",
    one({ data_offsets: [8, 0] }),
    "tensor w",
  ],
  ["a negative range", "checkpoint-format", one({ data_offsets: [-8, 0] }), "data_offsets"],
  ["a range that does not fit the shape", "checkpoint-format", one({ shape: [1] }), "tensor w"],
  ["a range of three ends", "checkpoint-format", one({ data_offsets: [0, 8, 8] }), "data_offsets"],
  ["a range of one end", "checkpoint-format", one({ data_offsets: [8] }), "data_offsets"],
  [
    "ranges that overlap",
    "checkpoint-format",
    header({ a: entry(), b: second(4, 12) }, 12),
    "overlaps",
  ],
  ["the same range twice", "checkpoint-format", header({ a: entry(), b: entry() }), "overlaps"],
  [
    "a gap between ranges",
    "checkpoint-format",
    header({ a: entry(), b: second(12, 20) }, 20),
    "gap",
  ],
  ["a gap before the first", "checkpoint-format", header({ a: second(4, 12) }, 12), "gap"],
  ["bytes after the last", "checkpoint-format", one({}, 9), "9"],
  ["data cut off", "checkpoint-format", one({}, 7), "7"],
  [
    "a name of a megabyte",
    "checkpoint-format",
    header({ ["x".repeat(1e6)]: entry({ dtype: "F1" }) }),
  ],
  [
    "a name with terminal codes",
    "checkpoint-format",
    header({ "\u001b]0;x\u0007": entry({ dtype: "F1" }) }),
    "\\u{1b}",
  ],
  [
    "a name that turns the text around",
    "checkpoint-format",
    header({ "\u202egnp.exe": entry({ dtype: "F1" }) }),
    "\\u{202e}",
  ],
  [
    "50 000 empty tensors",
    "accepted",
    header(
      Object.fromEntries(
        Array.from({ length: 50_000 }, (_, i) => [
          `t${i}`,
          { dtype: "F32", shape: [0], data_offsets: [0, 0] },
        ]),
      ),
      0,
    ),
  ],
]);

export const checkpointCases: readonly HostileCase[] = [
  ...configCases,
  ...indexCases,
  ...safetensorsCases,
];

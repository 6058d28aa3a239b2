/** Hostile pytorch_model.bin files, of both formats. */
import { casesOf, type HostileCase } from "./case.js";
import {
  integer,
  joined,
  little,
  stateDict,
  tensorOpcodes,
  text,
  torchLegacy,
  torchZip,
  zip,
} from "./forge.js";
import { call, pickled, pickles } from "./pickle-cases.js";

const zipOfPickles = pickles.map(
  ([what, code, make, says]) => [what, code, () => torchZip(make()), says] as const,
);
const legacyOfPickles = pickles.map(
  ([what, code, make, says]) =>
    [
      what,
      code,
      () => torchLegacy({ state: make(), keys: new Uint8Array(0), storages: new Uint8Array(0) }),
      says,
    ] as const,
);

const plain = { name: "archive/data.pkl", content: stateDict([{}]) };
const storage = { name: "archive/data/0", content: new Uint8Array(16) };
const many = (count: number, key: (i: number) => string) =>
  stateDict(
    Array.from({ length: count }, (_, i) => ({ name: `t${i}`, key: key(i), count: 250_000 })),
  );
const megabyte = new Uint8Array(1_000_000);

const zipCases = casesOf("torch-zip", [
  ["a plain file", "accepted", () => torchZip(stateDict([{}]))],
  ["a tensor named __proto__", "accepted", () => torchZip(stateDict([{ name: "__proto__" }]))],
  ["only the first bytes of a zip", "checkpoint-format", "PK\u0003\u0004"],
  [
    "no directory",
    "checkpoint-format",
    () => torchZip(stateDict([{}])).subarray(0, 200),
    "directory",
  ],
  ["no data.pkl", "checkpoint-format", () => zip([storage]), "data.pkl"],
  ["no storage", "checkpoint-format", () => zip([plain]), "storage 0"],
  [
    "a storage too short",
    "checkpoint-format",
    () => torchZip(stateDict([{}]), { 0: new Uint8Array(15) }),
    "storage 0",
  ],
  [
    "a storage too long",
    "checkpoint-format",
    () => torchZip(stateDict([{}]), { 0: new Uint8Array(17) }),
    "storage 0",
  ],
  [
    "a directory of 4 GB",
    "checkpoint-format",
    () => torchZip(stateDict([{}]), undefined, { directorySize: 0xfffffffe }),
    "directory",
  ],
  [
    "a directory beyond the file",
    "checkpoint-format",
    () => torchZip(stateDict([{}]), undefined, { directoryAt: 0x7fffffff }),
    "directory",
  ],
  [
    "a directory that begins inside an entry",
    "checkpoint-format",
    () => torchZip(stateDict([{}]), undefined, { directoryAt: 10 }),
    "directory",
  ],
  [
    "a compressed entry",
    "checkpoint-format",
    () => zip([{ ...plain, method: 8 }, storage]),
    "compressed",
  ],
  [
    "a zip bomb: 4 GB from 16 bytes",
    "checkpoint-format",
    () => zip([plain, { ...storage, method: 8, size: 0xfffffffe }]),
    "compressed",
  ],
  [
    "an entry that says it is larger when unpacked",
    "checkpoint-format",
    () => zip([plain, { ...storage, size: 1 << 30 }]),
    "archive/data/0",
  ],
  [
    "an entry beyond the file",
    "checkpoint-format",
    () => zip([plain, { ...storage, size: 1 << 20, storedSize: 1 << 20 }]),
    "archive/data/0",
  ],
  [
    "a header beyond the file",
    "checkpoint-format",
    () => zip([plain, { ...storage, headerAt: 1 << 30 }]),
    "archive/data/0",
  ],
  [
    "a header that is none",
    "checkpoint-format",
    () => zip([plain, { ...storage, headerAt: 5 }]),
    "archive/data/0",
  ],
  [
    "two entries over the same bytes",
    "checkpoint-format",
    () =>
      zip([
        plain,
        storage,
        {
          ...storage,
          name: "archive/data/1",
          headerAt: 30 + plain.name.length + plain.content.length,
        },
      ]),
    "overlapping another",
  ],
  [
    "all entries over the same bytes",
    "checkpoint-format",
    () =>
      zip([
        { ...storage, name: "archive/data/big" },
        ...Array.from({ length: 100 }, (_, i) => ({
          ...storage,
          name: `archive/data/${i}`,
          headerAt: 0,
        })),
        plain,
      ]),
    "overlapping another",
  ],
  ["an entry twice", "checkpoint-format", () => zip([plain, storage, storage]), "twice"],
  [
    "data.pkl twice",
    "checkpoint-format",
    () => zip([plain, { ...plain, content: call("os", "system", text("id")) }, storage]),
    "twice",
  ],
  [
    "an entry named ../evil",
    "checkpoint-format",
    () => zip([plain, storage, { ...storage, name: "../evil" }]),
    "../evil",
  ],
  [
    "an entry named archive/../../evil",
    "checkpoint-format",
    () => zip([plain, storage, { ...storage, name: "archive/../../evil" }]),
    "evil",
  ],
  [
    "an entry with an absolute name",
    "checkpoint-format",
    () => zip([plain, storage, { ...storage, name: "/etc/cron.d/evil" }]),
    "/etc/cron.d",
  ],
  [
    "an entry with a Windows name",
    "checkpoint-format",
    () => zip([plain, storage, { ...storage, name: "C:\\evil" }]),
    "evil",
  ],
  [
    "an entry with backslashes up",
    "checkpoint-format",
    () => zip([plain, storage, { ...storage, name: "..\\evil" }]),
    "evil",
  ],
  [
    "an entry with a zero byte in its name",
    "checkpoint-format",
    () => zip([plain, storage, { ...storage, name: "a\u0000b" }]),
    "names inside",
  ],
  [
    "a storage key that leads up",
    "checkpoint-format",
    () => torchZip(stateDict([{ key: "../data.pkl" }])),
    "../data.pkl",
  ],
  [
    "a storage key __proto__",
    "checkpoint-format",
    () => torchZip(stateDict([{ key: "__proto__" }])),
    "__proto__",
  ],
  [
    "big-endian storages",
    "checkpoint-format",
    () => zip([plain, storage, { name: "archive/byteorder", content: Buffer.from("big") }]),
    "little-endian",
  ],
  [
    "byteorder of a megabyte",
    "checkpoint-format",
    () => zip([plain, storage, { name: "archive/byteorder", content: megabyte }]),
    "16 bytes",
  ],
  [
    "200 tensors over one storage",
    "checkpoint-format",
    () =>
      torchZip(
        many(200, () => "0"),
        { 0: megabyte },
      ),
    "tensors of at most",
  ],
  [
    "two tensors over one storage",
    "accepted",
    () =>
      torchZip(
        many(2, () => "0"),
        { 0: megabyte },
      ),
  ],
  [
    "a comment as long as a comment can be",
    "accepted",
    () => torchZip(stateDict([{}]), undefined, { comment: new Uint8Array(0xffff) }),
  ],
  [
    "an end record in its comment",
    "checkpoint-format",
    () =>
      torchZip(stateDict([{}]), undefined, {
        comment: joined("PK\u0005\u0006", new Uint8Array(18)),
      }),
  ],
  ["a JavaScript file", "checkpoint-format", "require('child_process').execSync('id')"],
  ...zipOfPickles,
]);

const crowded = casesOf("torch-zip", [
  [
    "70 000 entries",
    "checkpoint-format",
    () =>
      zip([
        plain,
        storage,
        ...Array.from({ length: 70_000 }, (_, i) => ({
          name: `a/${i}`,
          content: new Uint8Array(0),
        })),
      ]),
    "entries",
  ],
]).map((hostile): HostileCase => ({ ...hostile, seed: false }));

const legacyCases = casesOf("torch-legacy", [
  ["a plain file", "accepted", () => torchLegacy()],
  ["two bytes", "checkpoint-format", () => Uint8Array.of(0x80, 2)],
  [
    "no magic number",
    "checkpoint-format",
    () => torchLegacy({ magic: pickled("K", [7], ".") }),
    "magic",
  ],
  [
    "code in place of the magic number",
    "checkpoint-pickle",
    () => torchLegacy({ magic: call("os", "system", text("id")) }),
    "os.system",
  ],
  ["another protocol", "checkpoint-format", () => torchLegacy({ protocol: 1002 }), "protocol"],
  ["no system", "checkpoint-format", () => torchLegacy({ system: pickled("}.") }), "little-endian"],
  [
    "code in the system",
    "checkpoint-pickle",
    () => torchLegacy({ system: call("os", "system", text("id")) }),
    "os.system",
  ],
  [
    "code in the keys",
    "checkpoint-pickle",
    () => torchLegacy({ keys: call("os", "system", text("id")) }),
    "os.system",
  ],
  [
    "keys that are no list",
    "checkpoint-format",
    () => torchLegacy({ keys: pickled("K", [7], ".") }),
    "keys",
  ],
  [
    "a storage key that is a number",
    "checkpoint-format",
    () => torchLegacy({ keys: pickled("]K", [0], "a.") }),
    "keys",
  ],
  [
    "a key of no tensor",
    "checkpoint-format",
    () => torchLegacy({ keys: pickled("]", text("9"), "a.") }),
    "keys",
  ],
  [
    "a key twice",
    "checkpoint-format",
    () =>
      torchLegacy({
        keys: pickled("](", text("0"), text("0"), "e."),
        storages: joined(little(4, 8), new Uint8Array(16), little(4, 8), new Uint8Array(16)),
      }),
    "each once",
  ],
  ["no keys", "checkpoint-format", () => torchLegacy({ keys: pickled("].") }), "storage 0"],
  [
    "another count before the storage",
    "checkpoint-format",
    () => torchLegacy({ storages: joined(little(5, 8), new Uint8Array(20)) }),
    "storage 0",
  ],
  [
    "a count of 2^63 before the storage",
    "checkpoint-format",
    () => torchLegacy({ storages: joined(little(2n ** 63n, 8), new Uint8Array(16)) }),
    "storage 0",
  ],
  [
    "a storage cut off",
    "checkpoint-format",
    () => torchLegacy({ storages: joined(little(4, 8), new Uint8Array(15)) }),
    "storage 0",
  ],
  [
    "no storages",
    "checkpoint-format",
    () => torchLegacy({ storages: new Uint8Array(0) }),
    "storage 0",
  ],
  [
    "terabytes that are not there",
    "checkpoint-format",
    () =>
      torchLegacy({
        state: stateDict([{ count: 2 ** 40, shape: [2 ** 40] }]),
        storages: little(2 ** 40, 8),
      }),
    "storage 0",
  ],
  [
    "the view of a storage, as torch 0.3 wrote it",
    "checkpoint-format",
    () =>
      torchLegacy({
        state: pickled(
          "}",
          text("w"),
          "ctorch._utils\n_rebuild_tensor_v2\n((",
          text("storage"),
          "ctorch\nFloatStorage\n",
          text("0"),
          text("cpu"),
          integer(4),
          "(",
          text("v"),
          "NNttQ",
          tensorOpcodes().subarray(-1),
          ".",
        ),
      }),
    "view of a storage",
  ],
  ...legacyOfPickles,
]);

export const torchCases: readonly HostileCase[] = [...zipCases, ...crowded, ...legacyCases];

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectFailure, goldenBytes, readOrRefuse } from "../golden.cases.js";
import { type PickleValue, unpickle } from "./pickle.js";
import { plainRules, stateDictionary, torchRules } from "./torch-objects.js";

/** Bytes of a pickle, given as numbers (opcodes) and strings (their ASCII bytes). */
function pickle(...parts: readonly (number | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === "number" ? [part] : [...Buffer.from(part, "utf8")])),
  );
}

function read(bytes: Uint8Array): PickleValue {
  return unpickle(bytes, 0, torchRules("model.bin"), "model.bin").value;
}

/** BINUNICODE of a short text. */
function text(value: string): (number | string)[] {
  return ["X", Buffer.byteLength(value), 0, 0, 0, value];
}

const storage = ["(", ...text("storage"), "ctorch\nFloatStorage\n", ...text("0"), ...text("cpu")];

/** Two elements at offset 0 unless told: `_rebuild_tensor_v2(storage, offset, size, stride, ...)`. */
function tensor(options: { count?: number; offset?: number; size?: number; stride?: number } = {}) {
  const { count = 4, offset = 0, size = 2, stride = 1 } = options;
  return [
    "ctorch._utils\n_rebuild_tensor_v2\n((",
    ...storage.slice(1),
    "K",
    count,
    "tQK",
    offset,
    "K",
    size,
    0x85,
    "K",
    stride,
    0x85,
    0x89,
    "ccollections\nOrderedDict\n)RtR",
  ];
}

describe("unpickle", () => {
  // Bytes by hand from the opcode list of Python's pickletools.
  const values: [string, Uint8Array, PickleValue][] = [
    ["None", pickle(0x80, 2, "N."), null],
    ["True", pickle(0x88, "."), true],
    ["a byte", pickle("K", 200, "."), 200],
    ["two bytes", pickle("M", 1, 2, "."), 513],
    ["a negative integer", pickle("J", 0xfe, 0xff, 0xff, 0xff, "."), -2],
    ["a long", pickle(0x8a, 2, 0xff, 0x00, "."), 255],
    ["a negative long", pickle(0x8a, 1, 0xff, "."), -1],
    ["an empty long", pickle(0x8a, 0, "."), 0],
    ["a long beyond the safe integers", pickle(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, "."), 2n ** 64n],
    ["a float", pickle("G", 0xc0, 0x04, 0, 0, 0, 0, 0, 0, "."), -2.5],
    ["a text", pickle("X", 3, 0, 0, 0, "aé", "."), "aé"],
    ["a short text", pickle(0x8c, 2, "ab", "."), "ab"],
    ["a text with a wide length", pickle(0x8d, 1, 0, 0, 0, 0, 0, 0, 0, "a", "."), "a"],
    ["a Python 2 string", pickle("U", 1, "a", "."), "a"],
    ["tuples", pickle("NK", 1, 0x86, "."), { kind: "tuple", items: [null, 1] }],
    ["a marked tuple", pickle("(NNNNt."), { kind: "tuple", items: [null, null, null, null] }],
    ["a list", pickle("](NNeNa."), { kind: "list", items: [null, null, null] }],
    [
      "a dictionary",
      pickle("}(U", 1, "aK", 1, "uU", 1, "bK", 2, "s."),
      {
        kind: "dict",
        entries: new Map([
          ["a", 1],
          ["b", 2],
        ]),
      },
    ],
    ["the memo", pickle("K", 7, "q", 0, "h", 0, 0x86, "."), { kind: "tuple", items: [7, 7] }],
    ["a memoized value", pickle("K", 7, 0x94, "h", 0, 0x86, "."), { kind: "tuple", items: [7, 7] }],
  ];
  it.each(values)("reads %s", (_, bytes, expected) => {
    expect(unpickle(bytes, 0, plainRules("x"), "x")).toEqual({
      value: expected,
      end: bytes.length,
    });
  });

  it("reads from a position on and says where it stopped", () => {
    const bytes = pickle("N.", "K", 5, ".", "N.");
    expect(unpickle(bytes, 2, plainRules("x"), "x")).toEqual({ value: 5, end: 5 });
  });

  it("rebuilds a tensor and nothing of its hooks", () => {
    expect(read(pickle(...tensor({ offset: 1 }), "."))).toEqual({
      kind: "tensor",
      storage: { kind: "storage", key: "0", storageClass: "FloatStorage", count: 4 },
      offset: 1,
      shape: [2],
      strides: [1],
    });
  });

  it("reads over the attributes of a state dictionary", () => {
    const bytes = pickle("ccollections\nOrderedDict\n)R}U", 1, "aNsb.");
    expect(read(bytes)).toEqual({ kind: "dict", entries: new Map() });
  });
});

describe("refusals", () => {
  const cases: [string, Uint8Array, string][] = [
    ["os.system", goldenBytes("hostile/bare.pkl"), '"posix.system"'],
    ["os.system in protocol 4", goldenBytes("hostile/protocol4.pkl"), '"posix.system"'],
    ["eval", pickle("c__builtin__\neval\n(U", 1, "1tR."), '"__builtin__.eval"'],
    ["a global of torch that is no tensor's", pickle("ctorch\nload\n."), '"torch.load"'],
    [
      "a global under a tensor's module",
      pickle("ctorch._utils\nimport_module\n."),
      "import_module",
    ],
    ["a nested name", pickle(0x8c, 5, "torch", 0x8c, 7, "os.path", 0x93, "."), '"torch.os.path"'],
    ["a global named by numbers", pickle("K", 1, "K", 2, 0x93, "."), "a global named by"],
    ["a call of a storage class", pickle("ctorch\nFloatStorage\n)R."), "FloatStorage"],
    ["a call of what is no global", pickle("N)R."), "a call of None"],
    ["an OrderedDict with arguments", pickle("ccollections\nOrderedDict\n(NtR."), "OrderedDict"],
    ["attributes on a tensor", pickle(...tensor(), "}b."), "set on a tensor"],
    ["the opcode INST", pickle("(ios\nsystem\n."), "0x69"],
    ["the opcode OBJ", pickle("(o."), "0x6f"],
    ["the opcode NEWOBJ", pickle("N)", 0x81, "."), "0x81"],
    ["the opcode EXT1", pickle(0x82, 1, "."), "0x82"],
    ["protocol 0", pickle("I1\n."), "0x49"],
    ["protocol 9", pickle(0x80, 9, "N."), "protocol 9"],
    ["an empty stack", pickle("."), "too few values"],
    ["a tuple across a mark", pickle("N(N", 0x86, "."), "too few values"],
    ["a tuple without mark", pickle("Nt."), "no mark"],
    ["an empty memo", pickle("h", 3, "."), "memo entry 3"],
    ["appending to None", pickle("N(Ne."), "appended to None"],
    ["setting items of a list", pickle("](U", 1, "aNu."), "set on a list"],
    ["a key without value", pickle("}(U", 1, "au."), "set on a dict"],
    ["a number as key", pickle("}(K", 1, "Nu."), "a number as a dictionary key"],
    ["a persistent id that is not a storage", pickle("U", 1, "aQ."), "persistent id"],
    ["a tensor without storage", pickle("ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR."), "storage"],
    ["a parameter without tensor", pickle("ctorch._utils\n_rebuild_parameter\n)R."), "parameter"],
  ];
  it.each(cases)("refuses %s", async (_, bytes, part) => {
    await expectFailure(() => read(bytes), "checkpoint-pickle", part, "model.bin");
  });

  it.each([
    ["an expanded view", { count: 1, size: 255, stride: 0 }],
    ["a view past the end", { offset: 3 }],
    ["strides past the end", { stride: 4 }],
  ])("refuses %s", async (_, options) => {
    await expectFailure(
      () => read(pickle(...tensor(options), ".")),
      "checkpoint-shape",
      "within its storage",
    );
  });

  it("refuses the view of a storage, as very old files hold it", async () => {
    const bytes = pickle("(", ...storage.slice(1), "K", 4, "(U", 1, "vK", 0, "K", 1, "ttQ.");
    await expectFailure(() => read(bytes), "checkpoint-format", "view of a storage");
  });

  it("refuses a state dictionary with anything but tensors", async () => {
    const bytes = pickle("}U", 5, "epochK", 3, "s.");
    await expectFailure(
      () => stateDictionary(read(bytes), "model.bin"),
      "checkpoint-pickle",
      "a number",
      '"epoch"',
    );
    await expectFailure(
      () => stateDictionary(read(pickle("].")), "m"),
      "checkpoint-pickle",
      "list",
    );
  });

  it("refuses any global and any persistent id where only plain values belong", async () => {
    const rules = plainRules("x");
    await expectFailure(
      () => unpickle(pickle("ccollections\nOrderedDict\n."), 0, rules, "x"),
      "checkpoint-pickle",
      "OrderedDict",
    );
    await expectFailure(() => unpickle(pickle("NQ."), 0, rules, "x"), "checkpoint-pickle", "id");
    await expectFailure(() => rules.call("a.b", []), "checkpoint-pickle", '"a.b"');
  });

  it("bounds the stack and the memo", async () => {
    const deep = new Uint8Array((1 << 18) + 2).fill(0x4e);
    await expectFailure(() => read(deep), "checkpoint-pickle", "stack");
    const marks = new Uint8Array((1 << 18) + 2).fill(0x28);
    await expectFailure(() => read(marks), "checkpoint-pickle", "marks");
    const memo = new Uint8Array((1 << 18) + 3).fill(0x94);
    memo[0] = 0x4e;
    await expectFailure(() => read(memo), "checkpoint-pickle", "memo");
  });

  it("says where a pickle is cut off", async () => {
    for (const bytes of [pickle(), pickle("K"), pickle("X", 9, 0, 0, 0, "a"), pickle("cos\nsys")]) {
      await expectFailure(() => read(bytes), "checkpoint-format", "more bytes of the pickle");
    }
  });

  it("never fails otherwise on random bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        await readOrRefuse(async () => {
          read(bytes);
          return [];
        });
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

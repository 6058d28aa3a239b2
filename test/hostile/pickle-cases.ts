/** Hostile pickles, for both formats of PyTorch files. */
import type { casesOf } from "./case.js";
import { joined, little, stateDict, text } from "./forge.js";

/** A pickle of opcodes as a file of each kind reads it. */
export const pickled = (...parts: readonly (string | Uint8Array | readonly number[])[]) =>
  joined([0x80, 2], ...parts);
export const call = (module: string, name: string, ...parameters: readonly Uint8Array[]) =>
  pickled(`c${module}\n${name}\n(`, ...parameters, "tR.");

/** What neither format may take from a pickle: what, code, pickle, part of the message. */
export const pickles = [
  [
    "a call of os.system",
    "checkpoint-pickle",
    () => call("os", "system", text("touch /tmp/l3masking-was-here")),
    "os.system",
  ],
  [
    "a call of posix.system",
    "checkpoint-pickle",
    () => call("posix", "system", text("id")),
    "posix.system",
  ],
  [
    "a call of builtins.eval",
    "checkpoint-pickle",
    () => call("builtins", "eval", text("1")),
    "builtins.eval",
  ],
  ["a call of builtins.getattr", "checkpoint-pickle", () => call("builtins", "getattr"), "getattr"],
  [
    "a call of subprocess.Popen",
    "checkpoint-pickle",
    () => call("subprocess", "Popen", text("id")),
    "Popen",
  ],
  [
    "a call of torch.load",
    "checkpoint-pickle",
    () => call("torch", "load", text("x")),
    "torch.load",
  ],
  [
    "a call of torch.hub.load",
    "checkpoint-pickle",
    () => call("torch.hub", "load", text("x")),
    "torch.hub.load",
  ],
  [
    "a call of Function",
    "checkpoint-pickle",
    () => call("", "Function", text("return process")),
    "Function",
  ],
  [
    "a call of constructor",
    "checkpoint-pickle",
    () => call("__proto__", "constructor", text("x")),
    "constructor",
  ],
  [
    "a global that is not called",
    "checkpoint-pickle",
    () => pickled("cos\nsystem\n."),
    "os.system",
  ],
  [
    "a storage class that is called",
    "checkpoint-pickle",
    () => pickled("ctorch\nFloatStorage\n)R."),
    "FloatStorage",
  ],
  [
    "a global by STACK_GLOBAL",
    "checkpoint-pickle",
    () => pickled(text("os"), text("system"), [0x93], text("id"), [0x85], "R."),
    "os.system",
  ],
  ["a global without its second line", "checkpoint-format", () => pickled("cos\nsystem"), "byte"],
  ["a name of a megabyte", "checkpoint-pickle", () => pickled(`cos\n${"x".repeat(1e6)}\n.`)],
  [
    "a name with terminal codes",
    "checkpoint-pickle",
    () => pickled("cos\n\u001b[2J\n."),
    "\\u001b",
  ],
  ["INST", "checkpoint-pickle", () => pickled("(ios\nsystem\n."), "0x69"],
  ["OBJ", "checkpoint-pickle", () => pickled("(o."), "0x6f"],
  ["NEWOBJ", "checkpoint-pickle", () => pickled("cos\nsystem\n)", [0x81], "."), "os.system"],
  [
    "NEWOBJ of an allowed class",
    "checkpoint-pickle",
    () => pickled("ccollections\nOrderedDict\n)", [0x81], "."),
    "0x81",
  ],
  ["EXT1", "checkpoint-pickle", () => pickled([0x82, 1], "."), "0x82"],
  ["NEXT_BUFFER", "checkpoint-pickle", () => pickled([0x97], "."), "0x97"],
  ["an unknown opcode", "checkpoint-pickle", () => pickled([0xff], "."), "0xff"],
  ["BUILD with attributes", "checkpoint-pickle", () => pickled("]}b."), "attributes"],
  [
    "BUILD of __setstate__",
    "checkpoint-pickle",
    () => pickled("}}", text("__setstate__"), "cos\nsystem\nsb."),
    "os.system",
  ],
  ["protocol 0", "checkpoint-pickle", () => joined([0x80, 0], "}."), "protocol 0"],
  ["protocol 255", "checkpoint-pickle", () => joined([0x80, 255], "}."), "protocol 255"],
  ["no STOP", "checkpoint-format", () => pickled("}"), "byte"],
  ["STOP on an empty stack", "checkpoint-pickle", () => pickled("."), "too few values"],
  [
    "a text of 4 GB",
    "checkpoint-format",
    () => pickled("X", little(0xffffffff, 4), "x."),
    "4294967295",
  ],
  [
    "a text of 2^63 bytes",
    "checkpoint-format",
    () => pickled([0x8d], little(2n ** 63n, 8), "x."),
    "bytes",
  ],
  [
    "a long of 255 bytes",
    "checkpoint-pickle",
    () => pickled([0x8a, 255], new Uint8Array(255).fill(0x7f), "."),
    "bigint",
  ],
  ["a frame beyond the file", "checkpoint-format", () => pickled([0x95, 1, 2, 3], "."), "byte"],
  [
    "an empty memo entry",
    "checkpoint-pickle",
    () => pickled("j", little(0xffffffff, 4), "."),
    "memo",
  ],
  [
    "a million memo entries",
    "checkpoint-pickle",
    () =>
      pickled(
        "}",
        Buffer.concat(Array.from({ length: 300_000 }, (_, i) => joined("r", little(i, 4)))),
        ".",
      ),
    "memo",
  ],
  ["a million marks", "checkpoint-pickle", () => pickled("(".repeat(1_000_000), "."), "marks"],
  [
    "a million values on the stack",
    "checkpoint-pickle",
    () => pickled("N".repeat(1_000_000), "."),
    "stack",
  ],
  ["a list in itself", "checkpoint-pickle", () => pickled("]q", [0], "h", [0], "a."), "list"],
  [
    "a dictionary in itself",
    "checkpoint-pickle",
    () => pickled("}q", [0], text("w"), "h", [0], "s."),
    "dict",
  ],
  [
    "a list of lists that doubles 64 times",
    "checkpoint-pickle",
    () =>
      pickled(
        "]q",
        [0],
        ...Array.from({ length: 64 }, (_, i) => joined("](h", [i], "h", [i], "eq", [i + 1])),
        ".",
      ),
    "list",
  ],
  ["TUPLE without a mark", "checkpoint-pickle", () => pickled("t."), "no mark"],
  ["APPEND to a number", "checkpoint-pickle", () => pickled("K", [1], "Na."), "appended"],
  ["SETITEM on a list", "checkpoint-pickle", () => pickled("]NNs."), "items set"],
  [
    "SETITEMS with an odd number",
    "checkpoint-pickle",
    () => pickled("}(", text("a"), "u."),
    "items set",
  ],
  ["a key that is a number", "checkpoint-pickle", () => pickled("}K", [1], "Ns."), "key"],
  ["a number as state", "checkpoint-pickle", () => pickled("K", [7], "."), "number"],
  ["a value that is no tensor", "checkpoint-pickle", () => pickled("}", text("w"), "Ns."), '"w"'],
  [
    "a persistent id that is a text",
    "checkpoint-pickle",
    () => pickled(text("x"), "Q."),
    "persistent id",
  ],
  [
    "a persistent id of another tag",
    "checkpoint-pickle",
    () => pickled("(", text("module"), "NN", "NNtQ."),
    "persistent id",
  ],
  [
    "a tensor without a storage",
    "checkpoint-pickle",
    () => pickled("ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR."),
    "storage",
  ],
  ["a negative count", "checkpoint-pickle", () => stateDict([{ count: -4, shape: [4] }]), "extent"],
  ["a negative offset", "checkpoint-pickle", () => stateDict([{ offset: -1 }]), "extent"],
  ["a negative extent", "checkpoint-pickle", () => stateDict([{ shape: [-4] }]), "extent"],
  ["a negative stride", "checkpoint-pickle", () => stateDict([{ strides: [-1] }]), "extent"],
  [
    "an offset beyond the storage",
    "checkpoint-shape",
    () => stateDict([{ offset: 1 }]),
    "offset 1",
  ],
  ["an extent beyond the storage", "checkpoint-shape", () => stateDict([{ shape: [5] }]), "[5]"],
  [
    "extents whose product is infinite",
    "checkpoint-shape",
    () => stateDict([{ shape: Array(30).fill(2 ** 50), strides: Array(30).fill(0) }]),
  ],
  [
    "a stride of terabytes",
    "checkpoint-shape",
    () => stateDict([{ shape: [2], strides: [2 ** 45] }]),
  ],
  [
    "an element repeated a billion times",
    "checkpoint-shape",
    () => stateDict([{ shape: [1e9], strides: [0] }]),
  ],
  [
    "other numbers of extents and strides",
    "checkpoint-shape",
    () => stateDict([{ shape: [2, 2], strides: [1] }]),
  ],
  [
    "65 dimensions",
    "checkpoint-pickle",
    () => stateDict([{ shape: Array(65).fill(1), strides: Array(65).fill(1) }]),
    "dimensions",
  ],
  [
    "an unknown storage class",
    "checkpoint-pickle",
    () => stateDict([{ storageClass: "ComplexFloatStorage" }]),
    "ComplexFloatStorage",
  ],
  ["bytes cut off inside a number", "checkpoint-format", () => pickled("J", [1, 2]), "byte"],
] as const satisfies Parameters<typeof casesOf>[1];

/** Hostile pytorch_model.bin files, of both formats. */
import { casesOf, type HostileCase } from "./case.js";
import { integer, joined, little, stateDict, tensorOpcodes, text, torchLegacy, torchZip, zip } from "./forge.js";

/** A pickle of opcodes as a file of each kind reads it. */
const pickled = (...parts: readonly (string | Uint8Array | readonly number[])[]) => joined([0x80, 2], ...parts);
const call = (module: string, name: string, ...parameters: readonly Uint8Array[]) =>
  pickled(`c${module}\n${name}\n(`, ...parameters, "tR.");

/** What neither format may take from a pickle: what, code, pickle, part of the message. */
const pickles = [
  ["a call of os.system", "checkpoint-pickle", () => call("os", "system", text("touch /tmp/l3masking-was-here")), "os.system"],
  ["a call of posix.system", "checkpoint-pickle", () => call("posix", "system", text("id")), "posix.system"],
  ["a call of builtins.eval", "checkpoint-pickle", () => call("builtins", "eval", text("1")), "builtins.eval"],
  ["a call of builtins.getattr", "checkpoint-pickle", () => call("builtins", "getattr"), "getattr"],
  ["a call of subprocess.Popen", "checkpoint-pickle", () => call("subprocess", "Popen", text("id")), "Popen"],
  ["a call of torch.load", "checkpoint-pickle", () => call("torch", "load", text("x")), "torch.load"],
  ["a call of torch.hub.load", "checkpoint-pickle", () => call("torch.hub", "load", text("x")), "torch.hub.load"],
  ["a call of Function", "checkpoint-pickle", () => call("", "Function", text("return process")), "Function"],
  ["a call of constructor", "checkpoint-pickle", () => call("__proto__", "constructor", text("x")), "constructor"],
  ["a global that is not called", "checkpoint-pickle", () => pickled("cos\nsystem\n."), "os.system"],
  ["a storage class that is called", "checkpoint-pickle", () => pickled("ctorch\nFloatStorage\n)R."), "FloatStorage"],
  ["a global by STACK_GLOBAL", "checkpoint-pickle", () => pickled(text("os"), text("system"), [0x93], text("id"), [0x85], "R."), "os.system"],
  ["a global without its second line", "checkpoint-format", () => pickled("cos\nsystem"), "byte"],
  ["a name of a megabyte", "checkpoint-pickle", () => pickled(`cos\n${"x".repeat(1e6)}\n.`)],
  ["a name with terminal codes", "checkpoint-pickle", () => pickled("cos\n\u001b[2J\n."), "\\u001b"],
  ["INST", "checkpoint-pickle", () => pickled("(ios\nsystem\n."), "0x69"],
  ["OBJ", "checkpoint-pickle", () => pickled("(o."), "0x6f"],
  ["NEWOBJ", "checkpoint-pickle", () => pickled("cos\nsystem\n)", [0x81], "."), "os.system"],
  ["NEWOBJ of an allowed class", "checkpoint-pickle", () => pickled("ccollections\nOrderedDict\n)", [0x81], "."), "0x81"],
  ["EXT1", "checkpoint-pickle", () => pickled([0x82, 1], "."), "0x82"],
  ["NEXT_BUFFER", "checkpoint-pickle", () => pickled([0x97], "."), "0x97"],
  ["an unknown opcode", "checkpoint-pickle", () => pickled([0xff], "."), "0xff"],
  ["BUILD with attributes", "checkpoint-pickle", () => pickled("]}b."), "attributes"],
  ["BUILD of __setstate__", "checkpoint-pickle", () => pickled("}}", text("__setstate__"), "cos\nsystem\nsb."), "os.system"],
  ["protocol 0", "checkpoint-pickle", () => joined([0x80, 0], "}."), "protocol 0"],
  ["protocol 255", "checkpoint-pickle", () => joined([0x80, 255], "}."), "protocol 255"],
  ["no STOP", "checkpoint-format", () => pickled("}"), "byte"],
  ["STOP on an empty stack", "checkpoint-pickle", () => pickled("."), "too few values"],
  ["a text of 4 GB", "checkpoint-format", () => pickled("X", little(0xffffffff, 4), "x."), "4294967295"],
  ["a text of 2^63 bytes", "checkpoint-format", () => pickled([0x8d], little(2n ** 63n, 8), "x."), "bytes"],
  ["a long of 255 bytes", "checkpoint-pickle", () => pickled([0x8a, 255], new Uint8Array(255).fill(0x7f), "."), "bigint"],
  ["a frame beyond the file", "checkpoint-format", () => pickled([0x95, 1, 2, 3], "."), "byte"],
  ["an empty memo entry", "checkpoint-pickle", () => pickled("j", little(0xffffffff, 4), "."), "memo"],
  ["a million memo entries", "checkpoint-pickle", () => pickled("}", Buffer.concat(Array.from({ length: 300_000 }, (_, i) => joined("r", little(i, 4)))), "."), "memo"],
  ["a million marks", "checkpoint-pickle", () => pickled("(".repeat(1_000_000), "."), "marks"],
  ["a million values on the stack", "checkpoint-pickle", () => pickled("N".repeat(1_000_000), "."), "stack"],
  ["a list in itself", "checkpoint-pickle", () => pickled("]q", [0], "h", [0], "a."), "list"],
  ["a dictionary in itself", "checkpoint-pickle", () => pickled("}q", [0], text("w"), "h", [0], "s."), "dict"],
  ["a list of lists that doubles 64 times", "checkpoint-pickle", () => pickled("]q", [0], ...Array.from({ length: 64 }, (_, i) => joined("](h", [i], "h", [i], "eq", [i + 1])), "."), "list"],
  ["TUPLE without a mark", "checkpoint-pickle", () => pickled("t."), "no mark"],
  ["APPEND to a number", "checkpoint-pickle", () => pickled("K", [1], "Na."), "appended"],
  ["SETITEM on a list", "checkpoint-pickle", () => pickled("]NNs."), "items set"],
  ["SETITEMS with an odd number", "checkpoint-pickle", () => pickled("}(", text("a"), "u."), "items set"],
  ["a key that is a number", "checkpoint-pickle", () => pickled("}K", [1], "Ns."), "key"],
  ["a number as state", "checkpoint-pickle", () => pickled("K", [7], "."), "number"],
  ["a value that is no tensor", "checkpoint-pickle", () => pickled("}", text("w"), "Ns."), '"w"'],
  ["a persistent id that is a text", "checkpoint-pickle", () => pickled(text("x"), "Q."), "persistent id"],
  ["a persistent id of another tag", "checkpoint-pickle", () => pickled("(", text("module"), "NN", "NNtQ."), "persistent id"],
  ["a tensor without a storage", "checkpoint-pickle", () => pickled("ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR."), "storage"],
  ["a negative count", "checkpoint-pickle", () => stateDict([{ count: -4, shape: [4] }]), "extent"],
  ["a negative offset", "checkpoint-pickle", () => stateDict([{ offset: -1 }]), "extent"],
  ["a negative extent", "checkpoint-pickle", () => stateDict([{ shape: [-4] }]), "extent"],
  ["a negative stride", "checkpoint-pickle", () => stateDict([{ strides: [-1] }]), "extent"],
  ["an offset beyond the storage", "checkpoint-shape", () => stateDict([{ offset: 1 }]), "offset 1"],
  ["an extent beyond the storage", "checkpoint-shape", () => stateDict([{ shape: [5] }]), "[5]"],
  ["extents whose product is infinite", "checkpoint-shape", () => stateDict([{ shape: Array(30).fill(2 ** 50), strides: Array(30).fill(0) }])],
  ["a stride of terabytes", "checkpoint-shape", () => stateDict([{ shape: [2], strides: [2 ** 45] }])],
  ["an element repeated a billion times", "checkpoint-shape", () => stateDict([{ shape: [1e9], strides: [0] }])],
  ["other numbers of extents and strides", "checkpoint-shape", () => stateDict([{ shape: [2, 2], strides: [1] }])],
  ["65 dimensions", "checkpoint-pickle", () => stateDict([{ shape: Array(65).fill(1), strides: Array(65).fill(1) }]), "dimensions"],
  ["an unknown storage class", "checkpoint-pickle", () => stateDict([{ storageClass: "ComplexFloatStorage" }]), "ComplexFloatStorage"],
  ["bytes cut off inside a number", "checkpoint-format", () => pickled("J", [1, 2]), "byte"],
] as const satisfies Parameters<typeof casesOf>[1];

const zipOfPickles = pickles.map(([what, code, make, says]) => [what, code, () => torchZip(make()), says] as const);
const legacyOfPickles = pickles.map(
  ([what, code, make, says]) => [what, code, () => torchLegacy({ state: make(), keys: new Uint8Array(0), storages: new Uint8Array(0) }), says] as const,
);

const plain = { name: "archive/data.pkl", content: stateDict([{}]) };
const storage = { name: "archive/data/0", content: new Uint8Array(16) };
const many = (count: number, key: (i: number) => string) =>
  stateDict(Array.from({ length: count }, (_, i) => ({ name: `t${i}`, key: key(i), count: 250_000 })));
const megabyte = new Uint8Array(1_000_000);

const zipCases = casesOf("torch-zip", [
  ["a plain file", "accepted", () => torchZip(stateDict([{}]))],
  ["a tensor named __proto__", "accepted", () => torchZip(stateDict([{ name: "__proto__" }]))],
  ["only the first bytes of a zip", "checkpoint-format", "PK\u0003\u0004"],
  ["no directory", "checkpoint-format", () => torchZip(stateDict([{}])).subarray(0, 200), "directory"],
  ["no data.pkl", "checkpoint-format", () => zip([storage]), "data.pkl"],
  ["no storage", "checkpoint-format", () => zip([plain]), "storage 0"],
  ["a storage too short", "checkpoint-format", () => torchZip(stateDict([{}]), { 0: new Uint8Array(15) }), "storage 0"],
  ["a storage too long", "checkpoint-format", () => torchZip(stateDict([{}]), { 0: new Uint8Array(17) }), "storage 0"],
  ["a directory of 4 GB", "checkpoint-format", () => torchZip(stateDict([{}]), undefined, { directorySize: 0xfffffffe }), "directory"],
  ["a directory beyond the file", "checkpoint-format", () => torchZip(stateDict([{}]), undefined, { directoryAt: 0x7fffffff }), "directory"],
  ["a directory that begins inside an entry", "checkpoint-format", () => torchZip(stateDict([{}]), undefined, { directoryAt: 10 }), "directory"],
  ["a compressed entry", "checkpoint-format", () => zip([{ ...plain, method: 8 }, storage]), "compressed"],
  ["a zip bomb: 4 GB from 16 bytes", "checkpoint-format", () => zip([plain, { ...storage, method: 8, size: 0xfffffffe }]), "compressed"],
  ["an entry that says it is larger when unpacked", "checkpoint-format", () => zip([plain, { ...storage, size: 1 << 30 }]), "archive/data/0"],
  ["an entry beyond the file", "checkpoint-format", () => zip([plain, { ...storage, size: 1 << 20, storedSize: 1 << 20 }]), "archive/data/0"],
  ["a header beyond the file", "checkpoint-format", () => zip([plain, { ...storage, headerAt: 1 << 30 }]), "archive/data/0"],
  ["a header that is none", "checkpoint-format", () => zip([plain, { ...storage, headerAt: 5 }]), "archive/data/0"],
  ["two entries over the same bytes", "checkpoint-format", () => zip([plain, storage, { ...storage, name: "archive/data/1", headerAt: 30 + plain.name.length + plain.content.length }]), "over another"],
  ["all entries over the same bytes", "checkpoint-format", () => zip([{ ...storage, name: "archive/data/big" }, ...Array.from({ length: 100 }, (_, i) => ({ ...storage, name: `archive/data/${i}`, headerAt: 0 })), plain]), "over another"],
  ["an entry twice", "checkpoint-format", () => zip([plain, storage, storage]), "twice"],
  ["data.pkl twice", "checkpoint-format", () => zip([plain, { ...plain, content: call("os", "system", text("id")) }, storage]), "twice"],
  ["an entry named ../evil", "checkpoint-format", () => zip([plain, storage, { ...storage, name: "../evil" }]), "../evil"],
  ["an entry named archive/../../evil", "checkpoint-format", () => zip([plain, storage, { ...storage, name: "archive/../../evil" }]), "evil"],
  ["an entry with an absolute name", "checkpoint-format", () => zip([plain, storage, { ...storage, name: "/etc/cron.d/evil" }]), "/etc/cron.d"],
  ["an entry with a Windows name", "checkpoint-format", () => zip([plain, storage, { ...storage, name: "C:\\evil" }]), "evil"],
  ["an entry with backslashes up", "checkpoint-format", () => zip([plain, storage, { ...storage, name: "..\\evil" }]), "evil"],
  ["an entry with a zero byte in its name", "checkpoint-format", () => zip([plain, storage, { ...storage, name: "a\u0000b" }]), "names inside"],
  ["a storage key that leads up", "checkpoint-format", () => torchZip(stateDict([{ key: "../data.pkl" }])), "../data.pkl"],
  ["a storage key __proto__", "checkpoint-format", () => torchZip(stateDict([{ key: "__proto__" }])), "__proto__"],
  ["70 000 entries", "checkpoint-format", () => zip([plain, storage, ...Array.from({ length: 70_000 }, (_, i) => ({ name: `a/${i}`, content: new Uint8Array(0) }))]), "entries"],
  ["big-endian storages", "checkpoint-format", () => zip([plain, storage, { name: "archive/byteorder", content: Buffer.from("big") }]), "little-endian"],
  ["byteorder of a megabyte", "checkpoint-format", () => zip([plain, storage, { name: "archive/byteorder", content: megabyte }]), "16 bytes"],
  ["200 tensors over one storage", "checkpoint-format", () => torchZip(many(200, () => "0"), { 0: megabyte }), "tensors of at most"],
  ["two tensors over one storage", "accepted", () => torchZip(many(2, () => "0"), { 0: megabyte })],
  ["a comment as long as a comment can be", "accepted", () => torchZip(stateDict([{}]), undefined, { comment: new Uint8Array(0xffff) })],
  ["an end record in its comment", "checkpoint-format", () => torchZip(stateDict([{}]), undefined, { comment: joined("PK\u0005\u0006", new Uint8Array(18)) })],
  ["a JavaScript file", "checkpoint-format", "require('child_process').execSync('id')"],
  ...zipOfPickles,
]);

const legacyCases = casesOf("torch-legacy", [
  ["a plain file", "accepted", () => torchLegacy()],
  ["two bytes", "checkpoint-format", () => Uint8Array.of(0x80, 2)],
  ["no magic number", "checkpoint-format", () => torchLegacy({ magic: pickled("K", [7], ".") }), "magic"],
  ["code in place of the magic number", "checkpoint-pickle", () => torchLegacy({ magic: call("os", "system", text("id")) }), "os.system"],
  ["another protocol", "checkpoint-format", () => torchLegacy({ protocol: 1002 }), "protocol"],
  ["no system", "checkpoint-format", () => torchLegacy({ system: pickled("}.") }), "little-endian"],
  ["code in the system", "checkpoint-pickle", () => torchLegacy({ system: call("os", "system", text("id")) }), "os.system"],
  ["code in the keys", "checkpoint-pickle", () => torchLegacy({ keys: call("os", "system", text("id")) }), "os.system"],
  ["keys that are no list", "checkpoint-format", () => torchLegacy({ keys: pickled("K", [7], ".") }), "keys"],
  ["a storage key that is a number", "checkpoint-format", () => torchLegacy({ keys: pickled("]K", [0], "a.") }), "keys"],
  ["a key of no tensor", "checkpoint-format", () => torchLegacy({ keys: pickled("]", text("9"), "a.") }), "keys"],
  ["a key twice", "checkpoint-format", () => torchLegacy({ keys: pickled("](", text("0"), text("0"), "e."), storages: joined(little(4, 8), new Uint8Array(16), little(4, 8), new Uint8Array(16)) }), "each once"],
  ["no keys", "checkpoint-format", () => torchLegacy({ keys: pickled("].") }), "storage 0"],
  ["another count before the storage", "checkpoint-format", () => torchLegacy({ storages: joined(little(5, 8), new Uint8Array(20)) }), "storage 0"],
  ["a count of 2^63 before the storage", "checkpoint-format", () => torchLegacy({ storages: joined(little(2n ** 63n, 8), new Uint8Array(16)) }), "storage 0"],
  ["a storage cut off", "checkpoint-format", () => torchLegacy({ storages: joined(little(4, 8), new Uint8Array(15)) }), "storage 0"],
  ["no storages", "checkpoint-format", () => torchLegacy({ storages: new Uint8Array(0) }), "storage 0"],
  ["terabytes that are not there", "checkpoint-format", () => torchLegacy({ state: stateDict([{ count: 2 ** 40, shape: [2 ** 40] }]), storages: little(2 ** 40, 8) }), "storage 0"],
  ["the view of a storage, as torch 0.3 wrote it", "checkpoint-format", () => torchLegacy({ state: pickled("}", text("w"), "ctorch._utils\n_rebuild_tensor_v2\n((", text("storage"), "ctorch\nFloatStorage\n", text("0"), text("cpu"), integer(4), "(", text("v"), "NNttQ", tensorOpcodes().subarray(-1), ".") }), "view of a storage"],
  ...legacyOfPickles,
]);

export const torchCases: readonly HostileCase[] = [...zipCases, ...legacyCases];

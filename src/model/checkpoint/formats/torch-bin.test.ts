import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectFailure, golden, goldenBytes, readOrRefuse, withByte } from "../golden.cases.js";
import { memoryBytes } from "./bytes.js";
import { readTorchBin } from "./torch-bin.js";

function read(bytes: Uint8Array) {
  return readTorchBin(memoryBytes("pytorch_model.bin", bytes));
}

/** Position of an ASCII text. */
function find(bytes: Uint8Array, text: string): number {
  const at = Buffer.from(bytes).indexOf(text);
  if (at < 0) throw new Error(`no ${text}`);
  return at;
}

/** A copy with one text of the same length in place of another, everywhere. */
function replace(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const binary = Buffer.from(bytes).toString("latin1").replaceAll(from, to);
  return new Uint8Array(Buffer.from(binary, "latin1"));
}

const legacy = goldenBytes("views/legacy.bin");
const zip = goldenBytes("views/zip.bin");

describe("readTorchBin", () => {
  it.each([
    ["views/zip.bin", "torch-zip"],
    ["views/protocol4.bin", "torch-zip"],
    ["views/legacy.bin", "torch-legacy"],
  ])("makes every view of %s contiguous", async (name, format) => {
    const { format: found, tensors } = await read(goldenBytes(name));
    expect(found).toBe(format);
    expect(tensors.map((tensor) => tensor.name)).toEqual(Object.keys(golden.views));
    for (const tensor of tensors) {
      const expected = golden.views[tensor.name];
      expect(tensor.shape).toEqual(expected.shape);
      expect([...(await tensor.read())]).toEqual(expected.values);
    }
  });

  it.each(["hostile/zip.bin", "hostile/legacy.bin"])("refuses the command in %s", async (name) => {
    const action = () => read(goldenBytes(name));
    await expectFailure(action, "checkpoint-pickle", '"posix.system"', "pytorch_model.bin");
  });

  it("refuses a training state with more than tensors", async () => {
    const action = () => read(goldenBytes("hostile/number.bin"));
    await expectFailure(action, "checkpoint-pickle", "a number", '"epoch"');
  });

  it("refuses a whole module", async () => {
    const action = () => read(goldenBytes("hostile/module.bin"));
    await expectFailure(action, "checkpoint-pickle", '"torch.nn.modules.linear.Linear"');
  });
});

describe("damaged files", () => {
  const count = legacy.slice();
  // The element count of the first storage follows the pickled list of keys.
  const firstCount = legacy.length - (24 * 4 + 8) - (24 * 8 + 8) - (24 * 2 + 8);
  count[firstCount] = 25;

  // A pickle of the magic number (15 bytes), then PROTO 2 and BININT2 1001.
  const cases: [string, Uint8Array, string[]][] = [
    ["an empty file", new Uint8Array(), ["other bytes"]],
    ["a text", new TextEncoder().encode("hello"), ["other bytes"]],
    [
      "a Git LFS pointer",
      new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"),
      ["Git LFS pointer"],
    ],
    ["a zip file cut off", zip.slice(0, -30), ["directory"]],
    ["a legacy file cut off", legacy.slice(0, -1), [`${legacy.length - 1} bytes`]],
    ["another magic number", withByte(legacy, 4, 1), ["magic number"]],
    ["another protocol", withByte(legacy, 18, 0), ["1001"]],
    ["a wrong storage size", count, ["24 elements", "25"]],
    ["a zip archive without pickle", replace(zip, "data.pkl", "data.pxl"), ["data.pkl"]],
    ["a missing storage", replace(zip, "zip/data/0", "zip/data/9"), ["the storage 0", "whole"]],
    ["big-endian storages", replace(zip, "little", "bigbig"), ["little-endian", "bigbig"]],
    [
      "big-endian legacy storages",
      withByte(legacy, find(legacy, "little_endian") + "little_endian".length + 2, 0x89),
      ["little-endian"],
    ],
  ];
  it.each(cases)("refuses %s", async (_, bytes, parts) => {
    await expectFailure(() => read(bytes), "checkpoint-format", "pytorch_model.bin", ...parts);
  });

  it.each([
    ["zip", zip],
    ["legacy", legacy],
  ])("never fails otherwise, whatever byte of a %s file is wrong", async (_, bytes) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, value) => {
        await readOrRefuse(async () => (await read(withByte(bytes, at, value))).tensors);
        await readOrRefuse(async () => (await read(bytes.slice(0, at))).tensors);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

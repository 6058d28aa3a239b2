import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  digestOf,
  expectFailure,
  golden,
  goldenBytes,
  readOrRefuse,
  withByte,
} from "../golden.cases.js";
import { memoryBytes } from "./bytes.js";
import { readSafetensors, writeSafetensors } from "./safetensors.js";

const file = "bert-safetensors-f32/model.safetensors";

/** A file with this header and so many bytes of data. */
function build(header: unknown, dataBytes: number): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function read(bytes: Uint8Array) {
  return readSafetensors(memoryBytes("model.safetensors", bytes));
}

function concatenate(pieces: Iterable<Uint8Array>): Uint8Array {
  return Uint8Array.from([...pieces].flatMap((piece) => [...piece]));
}

const vector = (begin: number, end: number, size = (end - begin) / 4) => ({
  dtype: "F32",
  shape: [size],
  data_offsets: [begin, end],
});

describe("readSafetensors", () => {
  it.each([
    ["bert-safetensors-f32", "F32"],
    ["bert-safetensors-f16", "F16"],
    ["roberta-safetensors-bf16", "BF16"],
  ])("reads %s as float32", async (name, dtype) => {
    const tensors = await read(goldenBytes(`${name}/model.safetensors`));
    const prefix = name.slice(0, name.indexOf("-"));
    const expected = Object.entries(golden.checkpoints[name].values).filter(
      ([key]) => !key.startsWith("mlm."),
    );
    for (const [key, { shape, first, sha256 }] of expected) {
      const tensor = tensors.find((candidate) => candidate.name === `${prefix}.${key}`);
      const values = await tensor?.read();
      expect(tensor?.dtype).toBe(dtype);
      expect(tensor?.shape).toEqual(shape);
      expect([...(values ?? [])].slice(0, 3)).toEqual(first);
      expect(digestOf(values ?? new Float32Array())).toBe(sha256);
    }
  });

  it("rounds float64 to float32", async () => {
    const bytes = build({ x: { dtype: "F64", shape: [2], data_offsets: [0, 16] } }, 16);
    const view = new DataView(bytes.buffer, bytes.length - 16);
    view.setFloat64(0, 0.1, true);
    view.setFloat64(8, -2.5, true);
    const [tensor] = await read(bytes);
    expect([...(await tensor.read())]).toEqual([Math.fround(0.1), -2.5]);
  });

  it("widens tensors longer than one chunk", async () => {
    const count = (1 << 20) + 3;
    const bytes = build(
      { x: { dtype: "F16", shape: [count], data_offsets: [0, 2 * count] } },
      2 * count,
    );
    // 0x3c00 is 1
    bytes[bytes.length - 1] = 0x3c;
    const [tensor] = await read(bytes);
    const values = await tensor.read();
    expect(values.length).toBe(count);
    expect(values.indexOf(1)).toBe(count - 1);
  });

  it("leaves integers unread, and says so when asked for them", async () => {
    const [ids] = await read(
      build({ ids: { dtype: "I64", shape: [1, 2], data_offsets: [0, 16] } }, 16),
    );
    expect(ids.shape).toEqual([1, 2]);
    await expectFailure(() => ids.read(), "checkpoint-format", "ids", "I64", "F32");
  });
});

describe("damaged safetensors", () => {
  const cases: [string, Uint8Array, string[]][] = [
    ["an empty file", new Uint8Array(), ["8", "0 bytes"]],
    ["a header cut off", build({ x: vector(0, 8) }, 8).slice(0, 20), ["header", "20 bytes"]],
    ["a header beyond 100 MB", withByte(build({}, 0), 4, 1), ["100000000"]],
    ["a header that is no JSON", build("{x", 0), ["JSON"]],
    ["a header that is no object", build("[]", 0), ["JSON object"]],
    ["data cut off", build({ x: vector(0, 8) }, 7), ["expected 8 bytes", "got 7"]],
    ["data left over", build({ x: vector(0, 8) }, 9), ["expected 8 bytes", "got 9"]],
    ["a range beyond the file", build({ x: vector(0, 800) }, 8), ["expected 800 bytes", "got 8"]],
    ["overlapping ranges", build({ x: vector(0, 8), y: vector(4, 12) }, 12), ["y", "overlaps"]],
    ["a gap", build({ x: vector(0, 8), y: vector(12, 16) }, 16), ["y", "gap"]],
    ["a range of the wrong size", build({ x: vector(0, 8, 3) }, 8), ["12 bytes", "x", "[3]"]],
    ["a negative range", build({ x: vector(-8, 0) }, 8), ["x", "data_offsets.0"]],
    ["a negative extent", build({ x: vector(0, 8, -2) }, 8), ["x", "shape: expected a list of"]],
    [
      "an absurd shape",
      build({ x: { dtype: "F32", shape: [2 ** 40, 2 ** 40], data_offsets: [0, 8] } }, 8),
      ["x", `[${2 ** 40}, ${2 ** 40}]`],
    ],
    [
      "an unknown type",
      build({ x: { dtype: "Q4", shape: [8], data_offsets: [0, 8] } }, 8),
      ["x", '"Q4"'],
    ],
    [
      "an entry without type",
      build({ x: { shape: [2], data_offsets: [0, 8] } }, 8),
      ["x", "dtype"],
    ],
    [
      "a Git LFS pointer",
      new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"),
      ["Git LFS pointer"],
    ],
    ["a web page", new TextEncoder().encode("<!DOCTYPE html><html></html>"), ["web page"]],
  ];
  it.each(cases)("refuses %s", async (_, bytes, parts) => {
    await expectFailure(() => read(bytes), "checkpoint-format", "model.safetensors", ...parts);
  });

  it("never fails otherwise, whatever byte is wrong or missing", async () => {
    const bytes = goldenBytes(file);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(4000),
        fc.nat(255),
        fc.nat(bytes.length),
        async (at, value, length) => {
          await readOrRefuse(() => read(withByte(bytes, at, value)));
          expect(await readOrRefuse(() => read(bytes.slice(0, length)))).toBe(
            length === bytes.length ? "read" : "checkpoint-format",
          );
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });
});

describe("writeSafetensors", () => {
  const tensors = [
    { name: "a", shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 0, 65504, 2 ** -24) },
    { name: "b", shape: [1], values: Float32Array.of(7) },
  ];

  it("writes a header that transformers accepts, aligned to 8 bytes", () => {
    const [head] = writeSafetensors(tensors, { dtype: "F32" });
    const length = Number(new DataView(head.buffer).getBigUint64(0, true));
    expect(length).toBe(head.length - 8);
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(head.subarray(8)))).toEqual({
      __metadata__: { format: "pt" },
      a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
      b: { dtype: "F32", shape: [1], data_offsets: [24, 28] },
    });
  });

  it.each(["F32", "F16"] as const)("is read back, as %s", async (dtype) => {
    const back = await read(concatenate(writeSafetensors(tensors, { dtype })));
    expect(back.map(({ name, shape }) => ({ name, shape }))).toEqual(
      tensors.map(({ name, shape }) => ({ name, shape })),
    );
    for (const [i, tensor] of back.entries()) {
      expect(tensor.dtype).toBe(dtype);
      expect(await tensor.read()).toEqual(tensors[i].values);
    }
  });

  it("does not copy float32 values", () => {
    const [, piece] = writeSafetensors(tensors, { dtype: "F32" });
    expect(piece.buffer).toBe(tensors[0].values.buffer);
  });

  it("writes only the part of the buffer that a view covers", async () => {
    const values = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const [x] = await read(
      concatenate(writeSafetensors([{ name: "x", shape: [2], values }], { dtype: "F32" })),
    );
    expect([...(await x.read())]).toEqual([1, 2]);
  });

  const faults = [
    ["a repeated name", [tensors[0], tensors[0]], "checkpoint-tensor", ["a", "twice"]],
    [
      "a shape of another size",
      [{ name: "a", shape: [5], values: new Float32Array(6) }],
      "checkpoint-shape",
      ["5 values", "a", "got 6"],
    ],
    [
      "a value too large for F16",
      [{ name: "a", shape: [2], values: Float32Array.of(1, -70000) }],
      "checkpoint-tensor",
      ["a", "-70000", "element 1"],
    ],
  ] as const;
  it.each(faults)("refuses %s", async (_, bad, code, parts) => {
    await expectFailure(() => [...writeSafetensors(bad, { dtype: "F16" })], code, ...parts);
  });
});

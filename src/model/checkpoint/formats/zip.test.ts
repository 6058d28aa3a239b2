import { describe, expect, it } from "vitest";
import { expectFailure } from "../golden.cases.js";
import { memoryBytes, readBytes } from "./bytes.js";
import { readZipEntries } from "./zip.js";

interface Layout {
  /** Write sizes, offsets and the end record in their 64-bit form. */
  readonly wide?: boolean;
  readonly method?: number;
  readonly comment?: string;
}

/** An archive with one entry, put together from the tables of PKWARE's APPNOTE. */
function archive(content: string, layout: Layout = {}): Uint8Array {
  const { wide = false, method = 0, comment = "" } = layout;
  const name = Buffer.from("a/data.pkl");
  const data = Buffer.from(content);
  const padding = Buffer.from("FB\x05\x00ZZZZZ", "latin1"); // a local extra field, as torch aligns with
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(method, 8);
  local.writeUInt16LE(name.length, 26);
  local.writeUInt16LE(padding.length, 28);
  const start = Buffer.concat([local, name, padding, data]);

  const extra = Buffer.alloc(wide ? 28 : 0);
  if (wide) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    extra.writeBigUInt64LE(BigInt(data.length), 4);
    extra.writeBigUInt64LE(BigInt(data.length), 12);
    extra.writeBigUInt64LE(0n, 20);
  }
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(wide ? 0xffffffff : data.length, 20);
  central.writeUInt32LE(wide ? 0xffffffff : data.length, 24);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt16LE(extra.length, 30);
  central.writeUInt32LE(wide ? 0xffffffff : 0, 42);
  const directory = Buffer.concat([central, name, extra]);

  const record = Buffer.alloc(wide ? 56 + 20 : 0);
  if (wide) {
    record.writeUInt32LE(0x06064b50, 0);
    record.writeBigUInt64LE(BigInt(directory.length), 40);
    record.writeBigUInt64LE(BigInt(start.length), 48);
    record.writeUInt32LE(0x07064b50, 56);
    record.writeBigUInt64LE(BigInt(start.length + directory.length), 64);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(wide ? 0xffffffff : directory.length, 12);
  end.writeUInt32LE(wide ? 0xffffffff : start.length, 16);
  end.writeUInt16LE(comment.length, 20);
  return new Uint8Array(Buffer.concat([start, directory, record, end, Buffer.from(comment)]));
}

describe("readZipEntries", () => {
  it.each([
    ["a plain archive", {}],
    ["a zip64 archive", { wide: true }],
    ["an archive with a comment", { comment: "made for a test" }],
  ])("finds the bytes of an entry in %s", async (_, layout) => {
    const source = memoryBytes("m.bin", archive("hello", layout));
    const entries = await readZipEntries(source);
    expect([...entries.keys()]).toEqual(["a/data.pkl"]);
    const { offset, size } = entries.get("a/data.pkl") ?? { offset: 0, size: 0 };
    expect(new TextDecoder().decode(await readBytes(source, offset, size, "x"))).toBe("hello");
  });

  const plain = archive("hello");
  const wide = archive("hello", { wide: true });
  const at = (bytes: Uint8Array, signature: string) =>
    Buffer.from(bytes).indexOf(Buffer.from(signature, "latin1"));
  const write = (bytes: Uint8Array, offset: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE(value, offset);
    return new Uint8Array(copy);
  };
  const directory = at(plain, "PK\x01\x02");
  const end = at(plain, "PK\x05\x06");
  const cases: [string, Uint8Array, string][] = [
    ["a compressed entry", archive("hello", { method: 8 }), "compressed entry a/data.pkl"],
    ["an archive without end", plain.slice(0, end), "directory at the end"],
    ["a directory past the end", write(plain, end + 16, 1e6), "zip directory"],
    ["an absurd directory", write(plain, end + 12, 0x7fffffff), "zip directory of at most"],
    ["a directory of other bytes", write(plain, directory, 0), "directory entry"],
    ["a name past the directory", write(plain, directory + 28, 0xffff), "whole zip directory"],
    [
      "an entry past the end",
      write(write(plain, directory + 20, 1e6), directory + 24, 1e6),
      "a/data.pkl",
    ],
    ["an entry without header", write(plain, directory + 42, 1), "header of zip entry"],
    ["a wide field that is absent", write(plain, directory + 42, 0xffffffff), "zip64 field"],
    ["a wide end that is absent", write(wide, at(wide, "PK\x06\x06"), 0), "zip64 end record"],
  ];
  it.each(cases)("refuses %s", async (_, bytes, part) => {
    const action = () => readZipEntries(memoryBytes("m.bin", bytes));
    await expectFailure(action, "checkpoint-format", part, "m.bin");
  });

  it("refuses positions beyond the safe integers", async () => {
    const bytes = Buffer.from(wide);
    bytes.writeBigUInt64LE(2n ** 60n, at(wide, "PK\x06\x07") + 8);
    const action = () => readZipEntries(memoryBytes("m.bin", new Uint8Array(bytes)));
    await expectFailure(action, "checkpoint-format", "a position in the file");
  });
});

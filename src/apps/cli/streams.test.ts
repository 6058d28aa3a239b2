import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { outputTo } from "./streams.js";

function fakeStream() {
  const written: string[] = [];
  const stream = Object.assign(new EventEmitter(), {
    writableNeedDrain: false,
    write: (text: string) => written.push(text),
  });
  const fail = (code: string) => stream.emit("error", Object.assign(new Error(code), { code }));
  return { stream, written, fail };
}

describe("outputTo", () => {
  it.each(["EPIPE", "EIO", "EBADF", "ECONNRESET"])(
    "writes no more where nobody reads any more, without a failure: %s",
    async (code) => {
      const { stream, written, fail } = fakeStream();
      const output = outputTo("standard output", stream);
      output.write("a");
      expect(await output.flush()).toBe(true);
      fail(code);
      output.write("b");
      expect(written).toEqual(["a"]);
      expect(await output.flush()).toBe(false);
      expect(output.failure()).toBeUndefined();
    },
  );

  it.each(["ENOSPC", "EDQUOT", "EFBIG"])(
    "knows that what it wrote is not all there: %s",
    (code) => {
      const { stream, written, fail } = fakeStream();
      const output = outputTo("standard output", stream);
      fail(code);
      fail("EPIPE");
      output.write("b");
      expect(written).toEqual([]);
      expect(output.failure()).toMatchObject({
        code: "disk-full",
        exitCode: 2,
        message: `expected room to write standard output, got ${code}`,
      });
    },
  );

  it("tries a log again that had no room", () => {
    const { stream, written, fail } = fakeStream();
    const output = outputTo("standard error", stream, true);
    fail("ENOSPC");
    output.write("b");
    fail("EIO");
    output.write("c");
    expect(written).toEqual(["b"]);
  });

  it("waits until what was written is on its way, or its reader has gone", async () => {
    const { stream, fail } = fakeStream();
    const output = outputTo("standard output", stream);
    stream.writableNeedDrain = true;
    const taken = output.flush();
    stream.emit("drain");
    expect(await taken).toBe(true);
    const lost = output.flush();
    fail("EPIPE");
    expect(await lost).toBe(false);
    expect(stream.listenerCount("drain")).toBe(0);
    expect(stream.listenerCount("error")).toBe(1);
  });
});

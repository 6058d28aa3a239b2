import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoDate, isoTime } from "./iso-time.js";

const most = 8.64e15;

describe("isoTime", () => {
  it("is what ECMAScript makes of milliseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: -most, max: most }), (time) => {
        const iso = new Date(time).toISOString();
        expect(isoTime(BigInt(time), 1_000n)).toBe(iso);
        expect(isoDate(Math.floor(time / 86_400_000))).toBe(iso.slice(0, iso.indexOf("T")));
      }),
    );
  });

  it("has more digits where there are any", () => {
    expect(isoTime(1n, 1_000_000n)).toBe("1970-01-01T00:00:00.000001Z");
    expect(isoTime(-1n, 1_000_000_000n)).toBe("1969-12-31T23:59:59.999999999Z");
    expect(isoTime(5_000_000_000n, 1_000_000_000n)).toBe("1970-01-01T00:00:05.000Z");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoDate, isoTime, isoTimeOfDay } from "./iso-time.js";

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

describe("isoTimeOfDay", () => {
  it("is the clock's part of a time", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 86_399_999_999n }), (time) => {
        const [, clock] = isoTime(time, 1_000_000n).split("T");
        expect(`${isoTimeOfDay(time, 1_000_000n)}Z`).toBe(clock);
      }),
    );
  });

  it("is none before midnight or after a day", () => {
    expect(isoTimeOfDay(-1n, 1_000n)).toBeUndefined();
    expect(isoTimeOfDay(86_400_000n, 1_000n)).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { NO_WORD } from "../../text/encoding.js";
import { averagedWindows, windowsOf } from "./windows.js";

const encoding = {
  ids: Int32Array.of(101, 1, 2, 3, 4, 5, 6, 7, 102),
  wordIds: Int32Array.of(NO_WORD, 0, 0, 1, 2, 3, 3, 4, NO_WORD),
  truncated: 0,
};

describe("windowsOf", () => {
  it("are adjacent, even, and framed by the special tokens", () => {
    const windows = windowsOf(encoding, 5);
    expect(windows.map(({ ids }) => Array.from(ids))).toEqual([
      [101, 1, 2, 102],
      [101, 3, 4, 5, 102],
      [101, 6, 7, 102],
    ]);
    expect(Array.from(windows[1].wordIds)).toEqual([NO_WORD, 1, 2, 3, NO_WORD]);
  });

  it("are one where the text fits", () => {
    expect(windowsOf(encoding, 9)).toEqual([encoding]);
  });
});

describe("averagedWindows", () => {
  it("leaves single windows, and averages the log-probabilities of several", () => {
    const log = Math.log;
    // Probabilities 1/4, 3/4 and 1/2, 1/2, with constants that do not matter.
    const logits = Float32Array.of(5, 7, log(1) + 9, log(3) + 9, log(1) - 2, log(1) - 2);
    const [a, b, c, d] = averagedWindows(logits, [1, 2], 2);
    expect([a, b]).toEqual([5, 7]);
    expect(c).toBeCloseTo((log(1 / 4) + log(1 / 2)) / 2, 5);
    expect(d).toBeCloseTo((log(3 / 4) + log(1 / 2)) / 2, 5);
  });
});

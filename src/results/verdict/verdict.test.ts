import { describe, expect, it } from "vitest";
import { chanceOfDifference, differenceInterval, rowsToSettle, shareInterval } from "./shares.js";
import { judge, judgeBaseline } from "./verdict.js";

/** N rows of label 0 but for `others` of label 1, with so many right for both, one alone, the other alone. */
function answers(both: number, alone: number, baselineAlone: number, neither: number) {
  const rows = both + alone + baselineAlone + neither;
  const within = (i: number, ...counts: readonly number[]) => i < counts.reduce((a, b) => a + b);
  const ids = Array.from({ length: rows }, (_, i) => i);
  return {
    expected: ids.map(() => 0),
    predicted: ids.map((i) => (within(i, both, alone) ? 0 : 1)),
    baseline: ids.map((i) =>
      within(i, both) || (i >= both + alone && within(i, both, alone, baselineAlone)) ? 0 : 1,
    ),
    commonest: { id: 1, label: "engine" },
  };
}

describe("intervals", () => {
  it("of a share are Wilson's", () => {
    // SciPy 1.17.1: binomtest(right, rows).proportion_ci(method="wilson")
    const cases = [
      [164, 200, 0.7608852497127511, 0.8670537414057983],
      [0, 3, 0, 0.5614970317550454],
      [3, 3, 0.4385029682449546, 1],
    ];
    for (const [right, rows, low, high] of cases) {
      expect(shareInterval(right, rows).low).toBeCloseTo(low, 12);
      expect(shareInterval(right, rows).high).toBeCloseTo(high, 12);
    }
  });

  it("of a share stay between 0 and 1", () => {
    expect(shareInterval(0, 3).low).toBe(0);
    expect(shareInterval(3, 3).high).toBe(1);
  });

  it("of a difference, by hand: 20 against 5 of 100", () => {
    // (15 / 102) -+ 1.96 sqrt(26 - 225 / 102) / 102
    const { value, low, high } = differenceInterval(20, 5, 100);
    expect(value).toBeCloseTo(0.15, 12);
    expect(low).toBeCloseTo(15 / 102 - (1.959964 * Math.sqrt(26 - 225 / 102)) / 102, 6);
    expect(high).toBeCloseTo(15 / 102 + (1.959964 * Math.sqrt(26 - 225 / 102)) / 102, 6);
  });

  it("of a difference have a width where both are right for the same rows", () => {
    const { low, high } = differenceInterval(0, 0, 50);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });
});

describe("the chance of a difference", () => {
  it("is the mid-p of McNemar's test", () => {
    // SciPy 1.17.1: 2 * binom.cdf(m - 1, b + c, 0.5) + binom.pmf(m, b + c, 0.5), m = min(b, c)
    const cases = [
      [31, 20, 0.12634707581392138],
      [5, 0, 0.031249999999999976],
      [9, 24, 0.009041185490787033],
      [400, 300, 0.0001549817636150661],
    ];
    for (const [b, c, p] of cases) expect(chanceOfDifference(b, c)).toBeCloseTo(p, 12);
  });

  it("is 1 where each is right for as many rows as the other", () => {
    expect(chanceOfDifference(7, 7)).toBe(1);
    expect(chanceOfDifference(0, 0)).toBe(1);
  });
});

describe("the rows that settle a difference", () => {
  it("are the fewest whose interval leaves out 0", () => {
    const rows = rowsToSettle(31, 20, 200) ?? 0;
    const low = (size: number) => differenceInterval((31 * size) / 200, size / 10, size).low;
    expect(low(rows)).toBeGreaterThan(0);
    expect(low(rows - 1)).toBeLessThanOrEqual(0);
    expect(rowsToSettle(20, 31, 200)).toBe(rows);
  });

  it("are unknown where they are very many", () => {
    expect(rowsToSettle(5, 5, 100)).toBeUndefined();
    expect(rowsToSettle(21, 20, 100)).toBeUndefined();
  });
});

describe("the verdict", () => {
  it("says by how much it is better", () => {
    const { standing, text } = judge(answers(140, 24, 9, 27));
    expect(standing).toBe("better");
    expect(text).toBe(
      "On 200 texts it never saw, it is right for 82 % (76 to 87). TF-IDF: 74.5 %; always 'engine': 0 %. Better than the baseline by 7.5 points (2 to 13).",
    );
  });

  it("says to use the baseline where that is better, with the signs of a loss turned round", () => {
    const { standing, text } = judge(answers(140, 9, 24, 27));
    expect(standing).toBe("worse");
    expect(text).toContain("Worse than the baseline by 7.5 points (2 to 13): use TF-IDF.");
  });

  it("calls none better where the interval holds 0", () => {
    expect(judge(answers(70, 4, 6, 20)).text).toContain("−2 points against TF-IDF (−8 to 4)");
    expect(judge(answers(70, 6, 4, 20)).text).toContain("+2 points against TF-IDF (−4 to 8)");
    expect(judge(answers(70, 5, 5, 20)).text).toContain("Level with TF-IDF (−6 to 6)");
  });

  it("calls a difference probable that equally good classifiers seldom show, and says what to do", () => {
    expect(judge(answers(129, 31, 20, 20)).text).toMatch(
      /\+5\.5 points against TF-IDF \(−2 to 12\): probably better, but not shown, as two equally good classifiers differ as much in 13 of 100 such tests\. Use it, or TF-IDF where cost matters\. To settle it takes at least about \d+0 texts, if the difference stays\.$/,
    );
    const { standing, text } = judge(answers(129, 20, 31, 20));
    expect(standing).toBe("alike");
    expect(text).toContain("probably worse, but not shown");
    expect(text).toContain("Use TF-IDF. To settle it");
    expect(judge(answers(70, 6, 4, 20)).text).toContain(
      "too few texts to call either better, and TF-IDF is cheaper.",
    );
  });

  it("says when it does no better than one answer for all", () => {
    const all = { ...answers(10, 5, 10, 15), commonest: { id: 0, label: "sail" } };
    expect(judge(all).text).toContain("It does no better than always answering 'sail'.");
    expect(judge(answers(10, 5, 10, 15)).text).not.toContain("always answering");
  });

  it("of one text is a sentence too", () => {
    expect(judge(answers(1, 0, 0, 0)).text).toMatch(
      /^On 1 text it never saw, it is right for 100 %/,
    );
  });

  it("counts a row whose label was never trained as wrong for both", () => {
    const { accuracy, baseline } = judge({
      expected: [-1, 0],
      predicted: [0, 0],
      baseline: [1, 0],
      commonest: { id: 0, label: "a" },
    });
    expect([accuracy.value, baseline.value]).toEqual([0.5, 0.5]);
  });
});

describe("a baseline that was chosen", () => {
  const expected = [0, 0, 1, 1, 1];
  const baseline = [0, 0, 1, 1, 0];
  const commonest = { id: 1, label: "sail" };

  it("is judged, and its rival beside it", () => {
    const answered = [0, 1, 2].map((index) => ({ index, label: 1 }));
    const rival = { title: "the fine-tuned encoder", answered };
    const text = judgeBaseline({ expected, baseline, commonest, rival });
    expect(text).toMatch(
      /^On 5 texts it never saw, TF-IDF, the baseline, is right for 80 % \(.*\); always 'sail': 60 %\. The fine-tuned encoder is right for 33\.3 % on 3 texts of them, .*\.$/,
    );
  });

  it("may be no better than one answer, and alone", () => {
    const text = judgeBaseline({ expected, baseline: [1, 1, 1, 1, 1], commonest });
    expect(text).toContain("no better than always answering 'sail'");
    expect(text).not.toContain("encoder");
  });
});

import { describe, expect, it } from "vitest";
import { fitGrowth, fitPowerLaw, median, pairedRatio, spread } from "./statistics.js";

describe("median", () => {
  it("is the middle value, whatever the order", () => {
    expect(median([9, 1, 4])).toBe(4);
  });

  it("of an even number is between the two in the middle", () => {
    expect(median([10, 1, 4, 2])).toBe(3);
  });

  it("of nothing is refused", () => {
    expect(() => median([])).toThrow("at least one value");
  });
});

describe("spread", () => {
  it("goes from the lowest to the highest value", () => {
    expect(spread([5, 2, 3])).toEqual({ median: 3, low: 2, high: 5 });
  });
});

describe("pairedRatio", () => {
  it("divides turn by turn: a machine that was slow for one turn changes nothing", () => {
    expect(pairedRatio([1, 10, 1], [3, 30, 3])).toEqual({ median: 3, low: 3, high: 3 });
  });

  it("refuses sides of different length", () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow("got 2 and 1");
  });
});

describe("fitPowerLaw", () => {
  it.each([0.5, 1, 2])("finds the exponent %d of an exact law", (exponent) => {
    const points = [1, 3, 10, 40].map((size) => ({ size, cost: 7 * size ** exponent }));
    const law = fitPowerLaw(points);
    expect(law.exponent).toBeCloseTo(exponent, 10);
    expect(law.factor).toBeCloseTo(7, 10);
  });

  it("is the slope of the least-squares line through the logarithms", () => {
    // log2: (0, 0), (1, 2), (2, 1): slope 1/2, intercept 1/2.
    const law = fitPowerLaw([
      { size: 1, cost: 1 },
      { size: 2, cost: 4 },
      { size: 4, cost: 2 },
    ]);
    expect(law.exponent).toBeCloseTo(0.5, 10);
    expect(law.factor).toBeCloseTo(Math.SQRT2, 10);
  });

  it("of a cost with a fixed part is below 1", () => {
    const points = [10, 100, 1000].map((size) => ({ size, cost: 50 + size }));
    const { exponent } = fitPowerLaw(points);
    expect(exponent).toBeGreaterThan(0);
    expect(exponent).toBeLessThan(1);
  });

  it.each([
    ["one size", [{ size: 2, cost: 1 }]],
    ["a cost of 0", [1, 2].map((size) => ({ size, cost: size - 1 }))],
  ])("refuses %s", (_, points) => {
    expect(() => fitPowerLaw(points)).toThrow("at least two sizes above 0");
  });
});

describe("fitGrowth", () => {
  const points = (cost: (size: number) => number) =>
    [10, 100, 1000].map((size) => ({ size, cost: cost(size) }));

  it("of a linear cost is 1, however much is fixed", () => {
    const { exponent, factor, origin } = fitGrowth(points((size) => 700 + 3 * size));
    expect(exponent).toBeCloseTo(1, 10);
    expect(factor).toBeCloseTo(3, 10);
    expect(origin).toEqual({ size: 10, cost: 730 });
  });

  it("of a quadratic cost is near 2, however much is fixed", () => {
    // On top of size 10: 9900 at 90 more and 999900 at 990 more, ratios of 101 and 11.
    const { exponent } = fitGrowth(points((size) => 1e5 + size ** 2));
    expect(exponent).toBeCloseTo(Math.log(101) / Math.log(11), 10);
  });

  it.each([
    ["hardly grows", (size: number) => 100 + size / 1000],
    ["falls somewhere", (size: number) => (size === 100 ? 9 : size)],
  ])("is that of the whole cost where it %s", (_, cost) => {
    const growth = fitGrowth(points(cost));
    expect(growth.origin).toEqual({ size: 0, cost: 0 });
    expect(growth.exponent).toBe(fitPowerLaw(points(cost)).exponent);
  });
});

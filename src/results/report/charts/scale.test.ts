import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linearScale } from "./scale.js";

describe("linearScale", () => {
  it("ends at round numbers and counts in ones, twos and fives", () => {
    expect(linearScale([0.31, 0.68], [0, 100], 5).ticks).toEqual([0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(linearScale([0, 930], [0, 100], 5).ticks).toEqual([0, 200, 400, 600, 800, 1000]);
    expect(linearScale([-1, 1], [0, 100], 4).ticks).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(linearScale([0.3, 0.6], [0, 100], 3).ticks).toEqual([0.3, 0.4, 0.5, 0.6]);
  });

  it("places values on the range, which may run downwards", () => {
    const scale = linearScale([0, 10], [200, 100], 5);
    expect(scale.at(0)).toBe(200);
    expect(scale.at(10)).toBe(100);
    expect(scale.at(2.5)).toBe(175);
  });

  it("gives a single value an extent", () => {
    expect(linearScale([0, 0], [0, 1], 4).domain).toEqual([-0.5, 0.5]);
    const { domain } = linearScale([3, 3], [0, 1], 4);
    expect(domain[0]).toBeLessThan(3);
    expect(domain[1]).toBeGreaterThan(3);
  });

  it("holds the data and a few ticks that differ as written, whatever the data", () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        fc.pre(Math.abs(a - b) > 1e-6 * Math.max(1, Math.abs(a)));
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const { domain, ticks, decimals } = linearScale([low, high], [0, 1], 5);
        const slack = (high - low) * 1e-6;
        expect(domain[0]).toBeLessThanOrEqual(low + slack);
        expect(domain[1]).toBeGreaterThanOrEqual(high - slack);
        expect(ticks.length).toBeGreaterThan(2);
        expect(ticks.length).toBeLessThan(9);
        const written = ticks.map((tick) => tick.toFixed(decimals));
        expect(new Set(written).size).toBe(ticks.length);
      }),
    );
  });
});

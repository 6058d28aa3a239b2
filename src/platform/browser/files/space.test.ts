import fc from "fast-check";
import { expect, it } from "vitest";
import { BLOCK, type Extent, spaceBeside } from "./space.js";

const overlap = (one: Extent, other: Extent) =>
  one.at < other.at + other.length && other.at < one.at + one.length;

it("gives out no byte twice, and all of them again", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 5 * BLOCK })), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (course) => {
      const taken: Extent[] = [{ at: 2 * BLOCK, length: BLOCK }];
      const space = spaceBeside(taken);
      for (const [takes, number] of course) {
        const given = takes ? undefined : taken.splice(number % taken.length, 1)[0];
        if (given !== undefined) space.give(given);
        else {
          const extent = space.take(number);
          expect(extent.length).toBeGreaterThanOrEqual(number);
          expect(taken.filter((other) => overlap(extent, other))).toEqual([]);
          taken.push(extent);
        }
        if (taken.length === 0) taken.push(space.take(1));
      }
      for (const extent of taken) space.give(extent);
      expect(space.take(100 * BLOCK).at).toBe(0);
    }),
  );
});

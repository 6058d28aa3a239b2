import { describe, expect, it } from "vitest";
import { stepEvent } from "../../../test/fixtures/step-event.js";
import { thinned } from "./compared-run.js";

const steps = (count: number) =>
  Array.from({ length: count }, (_, index) => stepEvent(index + 1, { main_loss: index }));

describe("thinned", () => {
  it("keeps a short curve", () => {
    expect(thinned(steps(2)).map(({ step, main_loss }) => [step, main_loss])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  it("averages neighbours of a long one, at the last of their steps", () => {
    const points = thinned(steps(120));
    expect(points).toHaveLength(40);
    expect(points[0]).toMatchObject({ step: 3, main_loss: 1, auxiliary_loss: null, cosines: null });
    expect(points[39]).toMatchObject({ step: 120, main_loss: 118 });
  });
});

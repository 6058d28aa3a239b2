import { describe, expect, it } from "vitest";
import {
  fixedTaskWeights,
  initialMetaState,
  metaTaskWeights,
  updatedMetaState,
} from "./task-weights.js";

describe("fixedTaskWeights", () => {
  it("shares 1 among the tasks that run", () => {
    expect(fixedTaskWeights({ main: true, auxiliary: true })).toEqual({
      main: 0.5,
      auxiliary: 0.5,
    });
    expect(fixedTaskWeights({ main: true, auxiliary: false })).toEqual({ main: 1, auxiliary: 0 });
    expect(fixedTaskWeights({ main: false, auxiliary: true })).toEqual({ main: 0, auxiliary: 1 });
  });

  it("gives the auxiliary task the weight named, unless it has no rival", () => {
    expect(fixedTaskWeights({ main: true, auxiliary: true }, 0.25)).toEqual({
      main: 0.75,
      auxiliary: 0.25,
    });
    expect(fixedTaskWeights({ main: true, auxiliary: false }, 0.25).main).toBe(1);
    expect(fixedTaskWeights({ main: false, auxiliary: true }, 0.25).auxiliary).toBe(1);
  });
});

describe("metaTaskWeights", () => {
  it("is the softmax, 1/2 each at first", () => {
    expect(metaTaskWeights(initialMetaState)).toEqual({ main: 0.5, auxiliary: 0.5 });
    // e^1 / (e^1 + e^0) = 0.7310585786...
    const { main, auxiliary } = metaTaskWeights({ main: 3, auxiliary: 2 });
    expect(main).toBeCloseTo(0.731058578630005, 14);
    expect(auxiliary).toBeCloseTo(0.268941421369995, 14);
  });

  it("stays finite far out", () => {
    expect(metaTaskWeights({ main: 1e4, auxiliary: -1e4 })).toEqual({ main: 1, auxiliary: 0 });
    expect(metaTaskWeights({ main: -1e4, auxiliary: 1e4 })).toEqual({ main: 0, auxiliary: 1 });
  });
});

describe("updatedMetaState", () => {
  it("raises the task whose gradient points along the dev gradient", () => {
    const updated = updatedMetaState(
      { main: 0.5, auxiliary: 0.5 },
      { main: 1, auxiliary: -1 },
      0.01,
    );
    expect(updated.main).toBeCloseTo(0.51, 15);
    expect(updated.auxiliary).toBeCloseTo(0.49, 15);
    expect(metaTaskWeights(updated).main).toBeGreaterThan(0.5);
  });
});

import { describe, expect, it } from "vitest";
import { recordsOf } from "../../../test/fixtures/records.js";
import { nearConflicts, nearOverlaps, nearRows } from "./near-rows.js";

const pump = "the bilge pump runs but nothing comes out of the hose on the port side";
const sail = "please quote for a new genoa of seven ounces with a sacrificial strip";

const near = nearRows({
  train: recordsOf(`${pump}/a`, `${sail}/b`, `${sail}./b`, `${sail} soon/c`, " /b"),
  dev: recordsOf(`${sail}/b`),
  test: recordsOf(`${pump}!!/a`, `${pump} now/b`, `${sail} again/b`, "other words/a"),
});

describe("nearOverlaps", () => {
  it("counts rows with a nearly equal text, without those that have an equal one", () => {
    expect(nearOverlaps(near)).toEqual([
      { first: "train", second: "train", rows: 2, rowsSameLabel: 1 },
      { first: "train", second: "test", rows: 3, rowsSameLabel: 2 },
      { first: "dev", second: "test", rows: 1, rowsSameLabel: 1 },
      // Within test the two texts on the pump.
      { first: "test", second: "test", rows: 1, rowsSameLabel: 0 },
    ]);
  });

  it("has nothing to tell of texts that are all different", () => {
    expect(nearOverlaps(nearRows({ train: recordsOf(`${pump}/a`, `${sail}/b`) }))).toEqual([]);
  });
});

describe("nearConflicts", () => {
  it("counts groups of train with several labels, but for equal texts", () => {
    expect(nearConflicts(near)).toBe(1);
    expect(nearConflicts(nearRows({ train: recordsOf(`${pump}/a`, `${pump}/b`) }))).toBe(0);
    expect(nearConflicts(nearRows({ train: recordsOf(`${pump}/a`, `${pump}./a`) }))).toBe(0);
  });
});

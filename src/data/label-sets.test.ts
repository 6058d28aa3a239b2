import { describe, expect, it } from "vitest";
import {
  joinedLabels,
  labelSets,
  labelsIn,
  membership,
  questionLogits,
  strataOf,
} from "./label-sets.js";

describe("sets of labels", () => {
  it("are one string, whatever the order, and come apart again", () => {
    expect(joinedLabels(["b", "a", "b"])).toBe("a; b");
    expect(labelsIn("a; b;c ")).toEqual(["a", "b", "c"]);
    expect(labelsIn("")).toEqual([]);
    expect(joinedLabels([])).toBe("");
  });

  it("have an id each, equal sets the same", () => {
    const sets = labelSets(["a", "b", "c"]);
    const ids = ["b; a", "", "a; b", "c"].map(sets.idOf);
    expect(ids[0]).toBe(ids[2]);
    expect(new Set(ids).size).toBe(3);
    expect(ids.map(sets.members)).toEqual([[0, 1], [], [0, 1], [2]]);
    expect(sets.idOfMembers([2])).toBe(ids[3]);
    expect(sets.idOf("a; unknown")).toBe(-1);
    expect([...membership([...ids, -1], sets)]).toEqual([
      1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, -1, -1, -1,
    ]);
  });

  it("are stratified by their rarest label", () => {
    const sets = labelSets(["a", "b", "c"]);
    const ids = ["a", "a; b", "a; b; c", "", "b"].map(sets.idOf);
    expect(strataOf(ids, sets)).toEqual([0, 0, 2, 3, 1]);
    expect(strataOf([2, 0], 3)).toEqual([2, 0]);
  });

  it("are as many questions as there are labels", () => {
    expect([...questionLogits([1.5, -2])]).toEqual([0, 1.5, 0, -2]);
  });
});

import { describe, expect, it } from "vitest";
import { labelSets } from "../../data/label-sets.js";
import { predictedLabels } from "./metrics.js";
import { fittedThresholds, heldOutAnswers } from "./thresholds.js";

const sets = labelSets(["a", "b"]);

/** 30 texts: those with a have logits from 1 on, the others up to 0.5; b has 3 texts. */
function texts() {
  const rows = Array.from({ length: 30 }, (_, row) => {
    const [a, b] = [row % 2 === 0, row % 10 === 1];
    const logits = [a ? 1 + row / 100 : 0.5 - row / 100, b ? 2 : -1];
    return { logits, id: sets.idOfMembers([...(a ? [0] : []), ...(b ? [1] : [])]) };
  });
  return {
    logits: Float32Array.from(rows.flatMap(({ logits }) => logits)),
    ids: Int32Array.from(rows, ({ id }) => id),
  };
}

describe("thresholds", () => {
  it("lie between the logits where F1 is highest, and rare labels share one", () => {
    const { logits, ids } = texts();
    const [a, b] = fittedThresholds(logits, ids, sets) ?? [];
    // The lowest with a is 1, of row 0; the highest without is 0.49, of row 1.
    expect(a).toBeCloseTo((1 + 0.49) / 2, 6);
    // Over both labels all of 1 and more are right.
    expect(b).toBeCloseTo((1 + 0.49) / 2, 6);
    expect([...predictedLabels(logits, sets, [a, b])]).toEqual([...ids]);
    // Without any, a is given to all.
    expect([...predictedLabels(logits, sets)]).not.toEqual([...ids]);
  });

  it("are none where each text has one label, and 0 where no text has any", () => {
    expect(fittedThresholds(Float32Array.of(1, 2), [0], 2)).toBeUndefined();
    const none = Int32Array.of(sets.idOfMembers([]), sets.idOfMembers([]));
    expect(fittedThresholds(Float32Array.of(1, 2, 3, 4), none, sets)).toEqual([0, 0]);
  });

  it("answer each text without having seen it", () => {
    const { logits, ids } = texts();
    expect([...heldOutAnswers(logits, ids, sets)]).toEqual([...ids]);
    // A text that alone has a logit between decides its own threshold, but not its own answer.
    const odd = logits.slice();
    odd[0] = 0.6;
    expect([...predictedLabels(odd, sets, fittedThresholds(odd, ids, sets))]).toEqual([...ids]);
    expect(sets.members(heldOutAnswers(odd, ids, sets)[0])).toEqual([]);
  });

  it("are the largest logit where each text has one label", () => {
    expect([...heldOutAnswers(Float32Array.of(1, 2, 4, 3), [0, 0], 2)]).toEqual([1, 0]);
  });
});

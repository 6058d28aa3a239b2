import { describe, expect, it } from "vitest";
import { createDropoutMasks } from "./dropout-masks.js";

const rates = { dropout: 0.25, attentionDropout: 0.5, classifierDropout: 0.75 };
const sites = ["embeddings", "layer.attention.self", "layer.output", "classification.dense"];

/** The masks of a pass, copied: their memory is used again by the next pass. */
function pass(masks: ReturnType<typeof createDropoutMasks>, number: number, count = 4000) {
  masks.begin(number);
  return sites.map((site) => masks.keepMask(site, count)).map((mask) => Array.from(mask));
}

describe("createDropoutMasks", () => {
  it("draws the same for the same seed, pass and site, whatever was drawn before", () => {
    const fresh = pass(createDropoutMasks(1, rates), 7);
    const used = createDropoutMasks(1, rates);
    for (const [number, count] of [
      [0, 10],
      [1, 100_000],
      [2, 3],
    ]) {
      pass(used, number, count);
    }
    expect(pass(used, 7)).toEqual(fresh);
  });

  it("draws others for another seed, pass or site", () => {
    const [one, two, three] = pass(createDropoutMasks(1, rates), 7);
    expect(one).not.toEqual(three);
    expect(two).not.toEqual(one);
    expect(pass(createDropoutMasks(1, rates), 8)[0]).not.toEqual(one);
    expect(pass(createDropoutMasks(2, rates), 7)[0]).not.toEqual(one);
  });

  it("keeps 1 - rate of the elements: the attention rate at attention sites, the classifier's in the head", () => {
    const share = (mask: number[]) => mask.reduce((a, b) => a + b) / mask.length;
    const [embeddings, attention, output, head] = pass(createDropoutMasks(3, rates), 0, 40_000);
    expect(share(embeddings)).toBeCloseTo(0.75, 1.5);
    expect(share(attention)).toBeCloseTo(0.5, 1.5);
    expect(share(output)).toBeCloseTo(0.75, 1.5);
    expect(share(head)).toBeCloseTo(0.25, 1.5);
    const { classifierDropout: _, ...others } = rates;
    expect(share(pass(createDropoutMasks(3, others), 0, 40_000)[3])).toBeCloseTo(0.75, 1.5);
  });

  it("holds all masks of a pass side by side", () => {
    const masks = createDropoutMasks(1, rates);
    for (const number of [0, 1, 2]) {
      masks.begin(number);
      const views = [masks.keepMask("a", 70_000), masks.keepMask("b", 1), masks.keepMask("c", 9)];
      const copies = views.map((view) => Array.from(view));
      // What was drawn later lies elsewhere.
      expect(views.map((view) => Array.from(view))).toEqual(copies);
      for (const [index, view] of views.entries()) view.fill(index);
      expect(views.map((view) => view[0])).toEqual([0, 1, 2]);
      expect(views[0].every((value) => value === 0)).toBe(true);
    }
  });
});

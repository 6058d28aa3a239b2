import { expect, it } from "vitest";
import { domainContrasts } from "./domain-contrast.js";

const text = (ids: readonly number[], wordIds: readonly number[]) => ({
  ids: Int32Array.from(ids),
  wordIds: Int32Array.from(wordIds),
});

it("compares how frequent a word is here and in general, by words of several tokens too", () => {
  // Here: "7 8" twice, "9" once: 3 words. In general: "9" three times, "7" twice: 5 words. Different ones: "7 8", "9", "7".
  const texts = [text([1, 7, 8, 9, 2], [-1, 0, 0, 1, -1]), text([1, 7, 8, 2], [-1, 0, 0, -1])];
  const general = [text([1, 9, 9, 9, 7, 7, 2], [-1, 0, 1, 2, 3, 4, -1])];
  const [first, second] = domainContrasts(texts, general);
  // (2 + 1) / (3 + 3) against (0 + 1) / (5 + 3): ln 4; (1 + 1) / 6 against (3 + 1) / 8: ln(2 / 3).
  const [typical, usual] = [Math.log(4), Math.log(2 / 3)];
  const expected = [Number.NaN, typical, typical, usual, Number.NaN];
  expected.forEach((value, index) => {
    if (Number.isNaN(value)) expect(first[index]).toBeNaN();
    else expect(first[index]).toBeCloseTo(value, 12);
  });
  expect(second[1]).toBeCloseTo(typical, 12);
});

it("takes the same token alone for another word", () => {
  const [contrasts] = domainContrasts([text([7, 8, 7], [0, 0, 1])], [text([7], [0])]);
  // "7 8" is not in general text; "7" is half of these words and all of those: (1+1)/(2+2) against (1+1)/(1+2).
  expect(contrasts[0]).toBeCloseTo(Math.log(0.5 / (1 / 3)), 12);
  expect(contrasts[1]).toBe(contrasts[0]);
  expect(contrasts[2]).toBeCloseTo(Math.log(0.5 / (2 / 3)), 12);
});

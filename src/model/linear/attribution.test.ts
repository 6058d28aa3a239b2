import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/baseline.json" with { type: "json" };
import { wordAttributions } from "./attribution.js";
import { fitTfidf, type TfidfClassifier, tfidfLogits } from "./tfidf-classifier.js";

/** Weights by n-gram, of the second of two labels; every n-gram is as rare as the next. */
function classifierOf(
  words: Readonly<Record<string, number>>,
  characters: Readonly<Record<string, number>>,
): TfidfClassifier {
  const vocabulary = (of: object) => ({
    columns: new Map(Object.keys(of).map((ngram, column) => [ngram, column])),
    rarity: new Float32Array(Object.keys(of).length).fill(1),
  });
  return {
    features: { words: vocabulary(words), characters: vocabulary(characters) },
    linear: {
      labels: 2,
      weights: Float32Array.from([...Object.values(words), ...Object.values(characters)]),
      intercepts: Float32Array.of(0.5),
    },
  };
}

describe("attributions of words", () => {
  it("share a pair's part between its two words, and each n-gram's by its occurrences", () => {
    const classifier = classifierOf({ oar: 3, "oar mast": 5 }, { " m": 7 });
    // Both word n-grams have the value 1 / sqrt(2), " m" has 1; it stands at two words.
    const half = Math.SQRT1_2;
    const { pieces, attributions } = wordAttributions(classifier, " Oar  mast, me", 1);
    expect(pieces).toEqual([" Oar", "  mast,", " me"]);
    [3 * half + 2.5 * half, 2.5 * half + 3.5, 3.5].forEach((expected, word) => {
      expect(attributions[word]).toBeCloseTo(expected, 6);
    });
  });

  it("are the opposite for the first of two labels", () => {
    const classifier = classifierOf({ oar: 3 }, {});
    expect([...wordAttributions(classifier, "oar", 0).attributions]).toEqual([-3]);
  });

  it("are none in an empty text, and 0 for words that the training texts did not have", () => {
    const classifier = classifierOf({ oar: 3 }, {});
    expect(wordAttributions(classifier, " ", 1).pieces).toEqual([]);
    expect([...wordAttributions(classifier, "mast", 1).attributions]).toEqual([0]);
  });
});

describe.each(golden.fitted)("attributions, of $labels", (item) => {
  const names = [...new Set(item.labels)].sort();
  const ids = item.labels.map((label) => names.indexOf(label));
  const classifier = fitTfidf(item.texts, ids, names.length);

  it("sum to the score without the intercept", () => {
    const { intercepts } = classifier.linear;
    for (const text of [...item.texts, ...item.unseen, "İSTANBUL İstanbul's ΣΑΣ-ΣΑΣ"]) {
      const logits = tfidfLogits(classifier, [text]);
      names.forEach((_, label) => {
        const sum = wordAttributions(classifier, text, label).attributions.reduce(
          (a, b) => a + b,
          0,
        );
        const score =
          names.length === 2
            ? (label === 1 ? 1 : -1) * (logits[1] - intercepts[0])
            : logits[label] - intercepts[label];
        expect(sum).toBeCloseTo(score, 4);
      });
    }
  });
});

import { expect, it } from "vitest";
import golden from "../../../test/golden/embed.json" with { type: "json" };
import { softmax } from "../../results/metrics/metrics.js";
import { embedLogits, fitEmbed } from "./embed-classifier.js";

it("TF-IDF with embeddings has scikit-learn's probabilities", () => {
  const { texts, labels, unseen, vectors, probabilities } = golden.fitted;
  const names = [...new Set(labels)].sort();
  const flat = (rows: readonly (readonly number[])[]) => Float32Array.from(rows.flat());
  const train = { texts, embeddings: flat(vectors.slice(0, texts.length)) };
  const ids = labels.map((label) => names.indexOf(label));
  const classifier = fitEmbed(train, ids, names.length);
  const logits = embedLogits(classifier, {
    texts: unseen,
    embeddings: flat(vectors.slice(texts.length)),
  });
  probabilities.forEach((expected, row) => {
    const found = softmax(logits.subarray(row * names.length, (row + 1) * names.length));
    expected.forEach((probability, label) => {
      expect(found[label]).toBeCloseTo(probability, 4);
    });
  });
});

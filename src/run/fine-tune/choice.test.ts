import { describe, expect, it } from "vitest";
import { chooseCandidate, type HeldOutAnswers } from "./choice.js";

/** Answers of full certainty. */
function answers(method: HeldOutAnswers["method"], given: Readonly<Record<number, number>>) {
  const rows = Object.keys(given).map(Number);
  const logits = Float32Array.from(rows.flatMap((row) => [0, 1].map((id) => +(id === given[row]))));
  return { method, rows, logits };
}

const known = { labelIds: [0, 0, 1, 1], labels: 2 };
const allRight = { 0: 0, 1: 0, 2: 1, 3: 1 };
const twoRight = { 0: 0, 1: 1, 2: 1, 3: 0 };

describe("chooseCandidate", () => {
  it("takes the best, and says what the others reached", () => {
    const candidates = [answers("tfidf", twoRight), answers("stl", allRight)];
    const { chosen, record } = chooseCandidate(candidates, known, "accuracy", 5);
    expect(chosen.method).toBe("stl");
    expect(record).toMatchObject({ folds: 5, rows: 4, compared_rows: 4, chosen: "stl" });
    expect(record.candidates).toMatchObject([{ accuracy: 0.5 }, { accuracy: 1 }]);
    expect(record.choice).toBe(
      "Chosen: the fine-tuned encoder, with accuracy 100.0 % on 4 held-out texts (TF-IDF 50.0 %).",
    );
  });

  it("gives the others, the best first", () => {
    const candidates = [
      answers("embed", { ...twoRight, 0: 1 }),
      answers("tfidf", twoRight),
      answers("stl", allRight),
    ];
    const { others, record } = chooseCandidate(candidates, known, "accuracy", 5);
    expect(others.map(({ method }) => method)).toEqual(["tfidf", "embed"]);
    expect(record.choice).toContain("TF-IDF + embeddings 25.0 %");
  });

  it("takes the first of equally good ones", () => {
    const candidates = [answers("tfidf", twoRight), answers("stl", twoRight)];
    expect(chooseCandidate(candidates, known, "macro_f1", 0).chosen.method).toBe("tfidf");
  });

  it("compares on the texts that all of them answered", () => {
    const candidates = [answers("tfidf", twoRight), answers("stl", { 1: 1, 2: 1 })];
    const { chosen, record } = chooseCandidate(candidates, known, "accuracy", 5);
    expect(record).toMatchObject({ rows: 4, compared_rows: 2 });
    expect(record.candidates).toMatchObject([{ accuracy: 0.5 }, { accuracy: 0.5 }]);
    expect(chosen.method).toBe("tfidf");
  });

  it("says who took no part, and nothing where there is no choice", () => {
    const one = [answers("stl", allRight)];
    expect(chooseCandidate(one, known, "accuracy", 5).record.choice).toBeNull();
    const left = [{ method: "stl", reason: "an epoch takes 20 min" }] as const;
    const { record } = chooseCandidate([answers("tfidf", allRight)], known, "accuracy", 5, left);
    expect(record.choice).toBe(
      "Chosen: TF-IDF, with accuracy 100.0 % on 4 held-out texts. The fine-tuned encoder was left out: an epoch takes 20 min.",
    );
  });
});

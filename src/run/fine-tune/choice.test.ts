import { describe, expect, it } from "vitest";
import { type ChoiceRule, chooseCandidate, type HeldOutAnswers } from "./choice.js";

/** Answers of full certainty. */
function answers(method: HeldOutAnswers["method"], given: Readonly<Record<number, number>>) {
  const rows = Object.keys(given).map(Number);
  const logits = Float32Array.from(rows.flatMap((row) => [0, 1].map((id) => +(id === given[row]))));
  return { method, rows, logits };
}

const known = { labelIds: [0, 0, 1, 1], space: 2 };
const allRight = { 0: 0, 1: 0, 2: 1, 3: 1 };
const twoRight = { 0: 0, 1: 1, 2: 1, 3: 0 };
const rule: ChoiceRule = { metric: "accuracy", folds: 5, seed: 0 };

describe("chooseCandidate", () => {
  it("takes the best, and says what the others reached", async () => {
    const candidates = [answers("tfidf", twoRight), answers("stl", allRight)];
    const { chosen, record } = await chooseCandidate(candidates, known, rule);
    expect(chosen.method).toBe("stl");
    expect(record).toMatchObject({ folds: 5, rows: 4, compared_rows: 4, chosen: "stl" });
    expect(record.candidates).toMatchObject([{ accuracy: 0.5 }, { accuracy: 1 }]);
    expect(record.choice).toBe(
      "Chosen: the fine-tuned encoder, with accuracy 100.0 % on 4 held-out texts (TF-IDF 50.0 %).",
    );
  });

  it("gives the others, the best first", async () => {
    const candidates = [
      answers("embed", { ...twoRight, 0: 1 }),
      answers("tfidf", twoRight),
      answers("stl", allRight),
    ];
    const { others, record } = await chooseCandidate(candidates, known, rule);
    expect(others.map(({ method }) => method)).toEqual(["tfidf", "embed"]);
    expect(record.choice).toContain("TF-IDF + embeddings 25.0 %");
  });

  it("takes the first of equally good ones", async () => {
    const candidates = [answers("tfidf", twoRight), answers("stl", twoRight)];
    const { chosen } = await chooseCandidate(candidates, known, { ...rule, metric: "macro_f1" });
    expect(chosen.method).toBe("tfidf");
  });

  it("compares on the texts that all of them answered", async () => {
    const candidates = [answers("tfidf", twoRight), answers("stl", { 1: 1, 2: 1 })];
    const { chosen, record } = await chooseCandidate(candidates, known, rule);
    expect(record).toMatchObject({ rows: 4, compared_rows: 2 });
    expect(record.candidates).toMatchObject([{ accuracy: 0.5 }, { accuracy: 0.5 }]);
    expect(chosen.method).toBe("tfidf");
  });

  it("says who took no part, and nothing where there is no choice", async () => {
    const one = [answers("stl", allRight)];
    expect((await chooseCandidate(one, known, rule)).record.choice).toBeNull();
    const leftOut = [{ method: "stl", reason: "an epoch takes 20 min" }] as const;
    const all = [answers("tfidf", allRight)];
    const { record } = await chooseCandidate(all, known, { ...rule, leftOut });
    expect(record.choice).toBe(
      "Chosen: TF-IDF, with accuracy 100.0 % on 4 held-out texts. The fine-tuned encoder was left out: an epoch takes 20 min.",
    );
  });
});

describe("a difference within noise", () => {
  /** 100 rows of label 0: so many right for the encoder alone, for TF-IDF alone; all others are right for both. */
  function pair(encoderAlone: number, tfidfAlone: number) {
    const ids = (wrong: (row: number) => boolean) =>
      Object.fromEntries(Array.from({ length: 100 }, (_, row) => [row, wrong(row) ? 1 : 0]));
    return [
      answers(
        "tfidf",
        ids((row) => row < encoderAlone),
      ),
      answers(
        "stl",
        ids((row) => row >= encoderAlone && row < encoderAlone + tfidfAlone),
      ),
    ];
  }
  const rows = { labelIds: new Int32Array(100), space: 2 };
  /** Of the difference (b - c) / 100 by hand: sqrt(b + c - (b - c)^2 / 100) / 100. */
  const byHand = (b: number, c: number) => Math.sqrt(b + c - (b - c) ** 2 / 100) / 100;

  it("goes to the cheaper one up to half a standard error, and says so", async () => {
    const { chosen, record } = await chooseCandidate(pair(10, 8), rows, rule);
    expect(chosen.method).toBe("tfidf");
    const [tfidf, best] = record.candidates;
    expect(tfidf.behind_best).toBeCloseTo(0.02, 12);
    expect(tfidf.behind_best_standard_error).toBeCloseTo(byHand(10, 8), 2);
    expect(best).toMatchObject({ behind_best: 0, behind_best_standard_error: 0 });
    expect(record.choice).toMatch(
      /^Chosen: TF-IDF, with accuracy 90\.0 % on 100 held-out texts \(the fine-tuned encoder 92\.0 %\)\. It is the cheapest within half a standard error of the fine-tuned encoder: behind by 2\.0 points, with a standard error of 4\.\d\.$/,
    );
  });

  it("beyond it goes to the better one", async () => {
    // 0.03 against half of 0.0360.
    const { chosen, record } = await chooseCandidate(pair(8, 5), rows, rule);
    expect(record.candidates[0].behind_best_standard_error).toBeCloseTo(byHand(8, 5), 2);
    expect(chosen.method).toBe("stl");
  });

  it("counts a row whose label was never trained for neither", async () => {
    const unknown = { ...rows, labelIds: new Int32Array(100).fill(-1) };
    expect((await chooseCandidate(pair(8, 5), unknown, rule)).chosen.method).toBe("tfidf");
  });
});

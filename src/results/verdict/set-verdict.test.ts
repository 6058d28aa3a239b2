import { describe, expect, it } from "vitest";
import { labelSets } from "../../data/label-sets.js";
import { judgeSets } from "./set-verdict.js";

const sets = labelSets(["a", "b", "c"]);
const id = (...members: number[]) => sets.idOfMembers(members);
const commonest = { id: 0, label: "a" };
const repeated = <Item>(item: Item, count: number) => Array.from({ length: count }, () => item);

describe("the verdict on several labels", () => {
  it("is by micro-F1, beside the baseline and always the commonest label", () => {
    const expected = repeated(id(0, 1), 60);
    const verdict = judgeSets({
      ...{ sets, expected, commonest },
      predicted: repeated(id(0, 1), 60),
      baseline: repeated(id(0), 60),
    });
    expect(verdict.standing).toBe("better");
    // The baseline finds one of two labels: 2 * 1 / (2 + 1) of each text.
    expect(verdict.text).toBe(
      "On 60 texts it never saw, it reaches a micro-F1 of 100.0 % (100 to 100), with exactly the right labels for 100.0 % of the texts. TF-IDF: 66.7 %; always 'a': 66.7 %. Better than the baseline by 33.3 points of micro-F1 (33 to 33).",
    );
    const reverse = judgeSets({
      ...{ sets, expected, commonest },
      predicted: repeated(id(0), 60),
      baseline: repeated(id(0, 1), 60),
    });
    expect(reverse.standing).toBe("worse");
    expect(reverse.text).toContain("It does no better than always answering 'a'.");
    expect(reverse.text).toContain("use TF-IDF");
  });

  it("calls a difference that few texts show none", () => {
    const expected = [id(0), id(1), id(2), id(0, 2), id()];
    const verdict = judgeSets({
      ...{ sets, expected, commonest },
      predicted: [id(0), id(1), id(2), id(0), id()],
      baseline: [id(0), id(1), id(1), id(0), id()],
    });
    expect(verdict.standing).toBe("alike");
    expect(verdict.text).toContain("too few texts to call either better");
  });

  it("has an interval as wide as that of independent texts by hand", () => {
    // Half of 400 texts have their only label right, the others get a wrong one: F1 is a share of 400 texts, 1.96 * sqrt(.25 / 400) = 0.049.
    const expected = repeated(id(0), 400);
    const predicted = expected.map((_, row) => id(row % 2));
    const { text } = judgeSets({ sets, expected, predicted, baseline: expected, commonest });
    expect(text).toMatch(/micro-F1 of 50\.0 % \(45 to 55\)/);
    expect(text).toMatch(/Worse than the baseline by 50\.0 points of micro-F1 \(45 to 55\)/);
  });

  it("on a baseline that was chosen holds the best of the others against it", () => {
    const expected = repeated(id(0, 1), 10);
    const rival = {
      title: "the fine-tuned encoder",
      answered: expected.slice(0, 8).map((_, index) => ({ index, label: id(2) })),
    };
    const { text } = judgeSets({ sets, expected, predicted: expected, commonest, rival });
    expect(text).toContain("TF-IDF, the baseline, reaches a micro-F1 of 100.0 %");
    expect(text).toContain(
      "The fine-tuned encoder reaches 0.0 % on 8 texts of them: worse by 100.0 points (100 to 100).",
    );
  });
});

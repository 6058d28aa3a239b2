import { describe, expect, it } from "vitest";
import { inventedComparison, threeMethods } from "../../../../../test/fixtures/comparison.js";
import { readMarkup } from "../../../../../test/fixtures/markup.js";
import type {
  Candidate,
  PairedComparison,
  PairedTests,
} from "../../../records/paired-comparison.js";
import { candidateTitle } from "../../../statistics/paired-notes.js";
import { groupsOf } from "../groups.js";
import { findingOf, pairVerdict, verdictSection } from "./verdict.js";

interface Case {
  readonly differences: readonly number[];
  readonly low: number;
  readonly high: number;
  readonly pRows: number;
  readonly flip?: { readonly p: number; readonly smallest: number };
  readonly t?: number;
}

function testsOf({ differences, low, high, pRows, flip, t }: Case): PairedTests {
  const confidence = 0.95;
  return {
    differences,
    difference: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    bootstrap: { p: pRows, p_holm: pRows, samples: 1000, confidence, low, high },
    sign_flip: flip === undefined ? null : { p: flip.p, p_holm: flip.p, smallest_p: flip.smallest },
    t_test: t === undefined ? null : { p: t, p_holm: t, t: 3, degrees: 4, confidence, low, high },
  };
}

const five = { differences: [0.02, 0.02, 0.03, 0.01, 0.02], low: 0.01, high: 0.03, pRows: 0.01 };
const eight = { ...five, differences: [...five.differences, 0.02, 0.02, 0.02] };

describe("findingOf", () => {
  const few = { p: 0.0625, smallest: 0.0625 };
  it.each<readonly [string, Case, string]>([
    ["both tests agree", { ...five, flip: few, t: 0.002 }, "shown"],
    ["the seeds scatter", { ...five, flip: few, t: 0.2 }, "rows"],
    ["the rows scatter", { ...five, pRows: 0.3, low: -0.01, flip: few, t: 0.002 }, "seeds"],
    ["neither", { ...five, pRows: 0.3, low: -0.01, flip: few, t: 0.2 }, "none"],
    ["one seed", { differences: [0.05], low: 0.01, high: 0.09, pRows: 0.001 }, "rows"],
    // With eight seeds the exact test can speak, so Student's t has no say.
    ["the exact test", { ...eight, flip: { p: 0.008, smallest: 0.008 }, t: 0.5 }, "shown"],
    ["against t", { ...eight, flip: { p: 0.3, smallest: 0.008 }, t: 0.001 }, "rows"],
    ["exactly 5 %", { ...five, pRows: 0.05, flip: few, t: 0.05 }, "none"],
    ["an interval that holds 0", { ...five, low: -0.001, flip: few, t: 0.002 }, "seeds"],
    ["an interval on the other side", { ...five, low: -0.03, high: -0.01, flip: few }, "none"],
    ["no difference at all", { ...five, differences: [0, 0], low: 0, high: 0, t: 0.01 }, "none"],
  ])("%s", (_name, item, finding) => {
    expect(findingOf(testsOf(item))).toBe(finding);
  });
});

describe("pairVerdict", () => {
  const nameOf = (candidate: Candidate) => candidateTitle(candidate, false);
  const say = (item: Case) => {
    const tests = testsOf(item);
    const pair: PairedComparison = {
      dataset: "d",
      model: "m",
      rows: "test",
      a: { method: "l3", task_weights: "equal" },
      b: { method: "stl", task_weights: null },
      seeds: item.differences.map((_, seed) => seed),
      row_count: 100,
      accuracy: tests,
      macro_f1: tests,
      mcnemar: [],
      notes: [],
    };
    return readMarkup(`<p>${pairVerdict(pair, nameOf).source}</p>`).at(-1)?.text;
  };

  it("names the one ahead first, whichever way the difference was taken", () => {
    expect(say({ ...five, t: 0.002 })).toBe(
      "difference shown MTL L3Masking scored higher than STL by 2.0 points of macro-F1 (95 % interval +1.0 to +3.0). Neither the choice of test rows (p = 0.010) nor the choice of seeds (p = 0.002) explains that. On accuracy: +2.0 points, difference shown.",
    );
    const differences = five.differences.map((value) => -value);
    expect(say({ ...five, differences, low: -0.03, high: -0.01, t: 0.0002 })).toBe(
      "difference shown STL scored higher than MTL L3Masking by 2.0 points of macro-F1 (95 % interval +1.0 to +3.0). Neither the choice of test rows (p = 0.010) nor the choice of seeds (p < 0.001) explains that. On accuracy: +2.0 points, difference shown.",
    );
  });

  it("never claims more than the tests allow", () => {
    const undecided = [
      say({ ...five, t: 0.2 }),
      say({ ...five, pRows: 0.3, low: -0.01, t: 0.002 }),
      say({ differences: [0.05], low: 0.01, high: 0.09, pRows: 0.001 }),
    ];
    for (const text of undecided) {
      expect(text).toMatch(/^not settled .* could change the picture\./);
      expect(text).not.toContain("Neither");
    }
    expect(undecided[2]).toContain("the choice of seeds (not testable with one seed)");
    const none = say({ ...five, pRows: 0.3, low: -0.01, t: 0.2 });
    expect(none).toMatch(/^no difference shown between MTL L3Masking and STL: they differ by/);
    expect(none).toContain("That does not show that the two are equal.");
    expect(none).not.toContain("higher");
  });
});

describe("equal scores", () => {
  it("are called equal, and two highest means are both named", () => {
    const comparison = inventedComparison({ candidates: threeMethods.slice(0, 2) });
    const [stl, rtm] = comparison.cells;
    const same = [0, 0, 0, 0, 0];
    const tests = testsOf({ differences: same, low: 0, high: 0, pRows: 1 });
    const [group] = groupsOf({
      ...comparison,
      cells: [stl, { ...rtm, leak_free: stl.leak_free }],
      paired: comparison.paired.map((pair) => ({ ...pair, accuracy: tests, macro_f1: tests })),
    });
    const text = readMarkup(verdictSection(group).source).at(-1)?.text;
    expect(text).toContain("STL and MTL RTM have the highest mean macro-F1");
    expect(text).toContain("MTL RTM and STL: they scored the same with every seed.");
  });
});

describe("verdictSection", () => {
  const textOf = (shape: Parameters<typeof inventedComparison>[0]) => {
    const [group] = groupsOf(inventedComparison(shape));
    return readMarkup(verdictSection(group).source).at(-1)?.text.replace(/\s+/g, " ") ?? "";
  };

  it("judges by the rows that do not occur in train, and says so", () => {
    expect(textOf({})).toContain(
      "Judged by macro-F1 on the 131 test rows whose text does not occur in train.",
    );
    expect(textOf({ leakFreeRows: 139 })).toContain("Judged by macro-F1 on all 139 test rows.");
  });

  it("says that the highest mean is no proof", () => {
    const text = textOf({ pRows: 0.4, pSeeds: 0.6 });
    expect(text).toContain("has the highest mean macro-F1");
    expect(text).toContain("That alone proves nothing: of 3 tested pairs none shows a difference.");
    expect(text).toContain("cannot reach 5 % with so few");
  });

  it("calls a single seed a demonstration, and a missing test split what it is", () => {
    expect(textOf({ seeds: [0] })).toContain("a demonstration, not a result");
    expect(textOf({})).not.toContain("a demonstration");
    expect(textOf({ hasTest: false })).toContain("There is no test split");
  });

  it("tells of L3Masking first and folds other pairs away where there are many", () => {
    const [group] = groupsOf(
      inventedComparison({
        candidates: [
          { method: "stl", task_weights: null },
          ...(["equal", "meta"] as const).flatMap((task_weights) => [
            { method: "rtm" as const, task_weights },
            { method: "l3" as const, task_weights },
          ]),
        ],
      }),
    );
    const [before, folded] = verdictSection(group).source.split("<details>");
    expect(before.match(/<li>/g)).toHaveLength(4);
    expect(before.match(/<li>.*?MTL L3Masking/gs)).toHaveLength(4);
    expect(folded.match(/<li>/g)).toHaveLength(6);
    expect(folded).toContain("6 further pairs");
  });
});

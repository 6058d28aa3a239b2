import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { classificationMetrics } from "../metrics/metrics.js";
import type { Candidate } from "../records/paired-comparison.js";
import {
  candidatePairs,
  type PredictedGroup,
  type PredictedRun,
  pairedComparisons,
} from "./paired-comparisons.js";
import { comparisonNotes } from "./paired-notes.js";
import { holmAdjusted, mcNemarP, signFlipP } from "./paired-tests.js";

const stl: Candidate = { method: "stl", task_weights: null };
const rtm: Candidate = { method: "rtm", task_weights: "equal" };
const l3: Candidate = { method: "l3", task_weights: "equal" };
const rtmMeta: Candidate = { method: "rtm", task_weights: "meta" };
const l3Meta: Candidate = { method: "l3", task_weights: "meta" };

const ROWS = 40;
const expected = Int32Array.from({ length: ROWS }, (_, row) => row % 3);

/** A run that is wrong on about one in `every` rows. */
function run(candidate: Candidate, seed: number, every: number): PredictedRun {
  const random = randomStream(seed, candidate.method, `${candidate.task_weights}`);
  const predicted = expected.map((label) =>
    random.integer(every) === 0 ? (label + 1) % 3 : label,
  );
  return { ...candidate, seed, predicted };
}

const runsOf = (candidate: Candidate, every: number, seeds: readonly number[]) =>
  seeds.map((seed) => run(candidate, seed, every));

function group(change: Partial<PredictedGroup> = {}): PredictedGroup {
  return {
    dataset: "a",
    model: "m",
    labels: 3,
    expected,
    seenInTraining: new Uint8Array(ROWS),
    runs: [...runsOf(stl, 2, [0, 1, 2]), ...runsOf(l3, 9, [0, 1, 2])],
    ...change,
  };
}

const settings = { samples: 400, random: randomStream(0, "bootstrap") };
const test = (groups: readonly PredictedGroup[]) => pairedComparisons(groups, settings);

describe("candidatePairs", () => {
  it("hold L3Masking against the others first, and task weights against each other last", () => {
    expect(candidatePairs([stl, rtm, l3])).toEqual([
      [l3, stl],
      [l3, rtm],
      [rtm, stl],
    ]);
    expect(candidatePairs([stl, rtm, l3, rtmMeta, l3Meta])).toEqual([
      ...[
        [l3, stl],
        [l3, rtm],
        [rtm, stl],
      ],
      ...[
        [l3Meta, stl],
        [l3Meta, rtmMeta],
        [rtmMeta, stl],
      ],
      ...[
        [l3Meta, l3],
        [rtmMeta, rtm],
      ],
    ]);
    expect(candidatePairs([stl])).toEqual([]);
    expect(candidatePairs([rtm, l3Meta])).toEqual([]);
  });
});

describe("pairedComparisons", () => {
  it("tests differences of the metrics, seed by seed", async () => {
    const given = group();
    const [pair, ...others] = await test([given]);
    expect(others).toEqual([]);
    expect(pair).toMatchObject({ a: l3, b: stl, rows: "test", seeds: [0, 1, 2], row_count: ROWS });
    const metrics = given.runs.map(
      ({ predicted }) => classificationMetrics(expected, predicted, 3).measures,
    );
    const differences = [0, 1, 2].map((s) => metrics[3 + s].macro_f1 - metrics[s].macro_f1);
    expect(pair.macro_f1.differences).toEqual(differences);
    expect(pair.macro_f1.difference).toBeCloseTo(differences.reduce((a, b) => a + b) / 3, 14);
    expect(pair.macro_f1.sign_flip).toMatchObject({
      p: signFlipP(differences),
      smallest_p: 0.25,
    });
    expect(pair.macro_f1.t_test?.degrees).toBe(2);
    const { low, high, p } = pair.macro_f1.bootstrap;
    expect(low).toBeLessThan(pair.macro_f1.difference);
    expect(high).toBeGreaterThan(pair.macro_f1.difference);
    // Half the rows wrong against a ninth: nobody doubts it.
    expect(low).toBeGreaterThan(0);
    expect(p).toBeLessThan(0.01);
    // With one comparison there is nothing to correct.
    expect(pair.macro_f1.bootstrap.p_holm).toBe(p);
  });

  it("counts McNemar's rows by hand", async () => {
    const label = (...wrong: number[]) =>
      expected.map((right, row) => (wrong.includes(row) ? (right + 1) % 3 : right));
    const runs = [
      { ...stl, seed: 5, predicted: label(0, 1, 2, 3, 4) },
      { ...l3, seed: 5, predicted: label(4, 5) },
    ];
    const [{ mcnemar }] = await test([group({ runs })]);
    // L3Masking alone has 0-3 right, STL alone 5; row 4 is wrong in both.
    expect(mcnemar).toEqual([{ seed: 5, only_a: 4, only_b: 1, p: 12 / 32, p_holm: 12 / 32 }]);
  });

  it("takes the seeds that both have", async () => {
    const runs = [
      ...runsOf(stl, 3, [4, 1, 2]),
      ...runsOf(l3, 3, [2, 3, 4]),
      ...runsOf(rtm, 3, [9]),
    ];
    const pairs = await test([group({ runs })]);
    expect(pairs.map(({ a, b, seeds }) => [a.method, b.method, seeds])).toEqual([
      ["l3", "stl", [2, 4]],
    ]);
  });

  it("tests the leak-free rows too where some are shared with train", async () => {
    const seenInTraining = Uint8Array.from(expected, (_, row) => +(row >= 30));
    const pairs = await test([group({ seenInTraining })]);
    expect(pairs.map(({ rows, row_count }) => [rows, row_count])).toEqual([
      ["test", 40],
      ["leak_free", 30],
    ]);
    const cut = group().runs.map((each) => ({
      ...each,
      predicted: each.predicted.slice(0, 30),
    }));
    const alone = group({
      expected: expected.slice(0, 30),
      seenInTraining: new Uint8Array(30),
      runs: cut,
    });
    const [pair] = await test([alone]);
    expect(pairs[1].accuracy.differences).toEqual(pair.accuracy.differences);
    expect(pairs[1].mcnemar).toEqual(pair.mcnemar);
  });

  it("corrects over the pairs of all groups, test by test", async () => {
    const runs = [...group().runs, ...runsOf(rtm, 4, [0, 1, 2])];
    const seenInTraining = Uint8Array.from(expected, (_, row) => +(row === 0));
    const pairs = await test([group({ runs, seenInTraining }), group({ dataset: "b", runs })]);
    const ofRows = (rows: string) => pairs.filter((pair) => pair.rows === rows);
    expect([ofRows("test").length, ofRows("leak_free").length]).toEqual([6, 3]);
    for (const members of [ofRows("test"), ofRows("leak_free")]) {
      for (const metric of ["accuracy", "macro_f1"] as const) {
        for (const name of ["bootstrap", "sign_flip", "t_test"] as const) {
          const tests = members.map((pair) => pair[metric][name]);
          const ps = tests.map((each) => each?.p ?? Number.NaN);
          expect(tests.map((each) => each?.p_holm)).toEqual(holmAdjusted(ps));
        }
      }
      const tests = members.flatMap(({ mcnemar }) => mcnemar);
      expect(tests.map(({ p }) => p)).toEqual(tests.map((t) => mcNemarP(t.only_a, t.only_b)));
      expect(tests.map(({ p_holm }) => p_holm)).toEqual(holmAdjusted(tests.map(({ p }) => p)));
    }
  });

  it("gives a pair the same tests whatever else is compared, but for the correction", async () => {
    const [alone] = await test([group()]);
    const more = await test([group({ runs: [...runsOf(rtm, 4, [0, 1, 2]), ...group().runs] })]);
    const same = more.find(({ a, b }) => a.method === "l3" && b.method === "stl");
    const { p_holm: _, ...bootstrap } = alone.macro_f1.bootstrap;
    expect(same?.macro_f1.bootstrap).toMatchObject(bootstrap);
  });

  it("leaves out what does not exist", async () => {
    const runs = [run(stl, 0, 3), run(l3, 0, 3)];
    const [pair] = await test([group({ runs })]);
    expect(pair.accuracy).toMatchObject({ sign_flip: null, t_test: null });
    expect(pair.notes.join(" ")).toContain("With one common seed");
    expect(await test([group({ runs: [run(stl, 0, 3)] })])).toEqual([]);
    const empty = { expected: new Int32Array(0), seenInTraining: new Uint8Array(0) };
    const none = runs.map((each) => ({ ...each, predicted: new Int32Array(0) }));
    expect(await test([group({ ...empty, runs: none })])).toEqual([]);
  });

  it("tells how far it is", async () => {
    const told: string[] = [];
    await pairedComparisons([group(), group({ dataset: "b" })], {
      samples: 200,
      random: settings.random,
      async onProgress(done, total) {
        told.push(`${done}/${total}`);
      },
    });
    expect(told).toEqual(["100/400", "200/400", "300/400", "400/400"]);
  });
});

describe("the notes", () => {
  const seeds = (count: number) => Array.from({ length: count }, (_, seed) => seed);
  const pairs = (count: number) =>
    test([group({ runs: [...runsOf(stl, 2, seeds(count)), ...runsOf(l3, 9, seeds(count))] })]);

  it("say that five seeds cannot reach 0.05 by the sign-flip test", async () => {
    const five = await pairs(5);
    expect(comparisonNotes(five).join(" ")).toContain(
      "With 5 seeds the smallest two-sided p of the sign-flip test is 2/2^5 = 0.0625: 0.05 could not be reached",
    );
    expect(five[0].notes.join(" ")).toContain(
      "cannot give a p below 0.0625, so it could not reach 0.05 whatever the results; it gives 0.06",
    );
  });

  it("do not say so of six", async () => {
    const six = await pairs(6);
    expect(comparisonNotes(six).join(" ")).not.toContain("could not be reached");
    expect(six[0].notes.join(" ")).toContain("can reach 0.05 (smallest possible p 0.031)");
  });

  it("claim a difference only where the corrected bootstrap does", async () => {
    const [clear] = await pairs(3);
    expect(clear.notes[1]).toMatch(
      /^MTL L3Masking against STL on all test rows: \+\d+\.\d points of macro-F1 \(95 % interval \+.* to \+.*\); a difference,/,
    );
    const same = [run(stl, 0, 3), { ...run(stl, 0, 3), ...l3 }];
    const [none] = await test([group({ runs: same })]);
    expect(none.notes[1]).toContain("0.0 points of macro-F1");
    expect(none.notes[1]).toContain("no difference can be claimed (bootstrap p 1.000 after Holm)");
  });

  it("name task weights where there are several", async () => {
    const runs = [...runsOf(l3, 3, [0, 1]), ...runsOf(l3Meta, 3, [0, 1])];
    const [pair] = await test([group({ runs })]);
    expect(pair.notes[0]).toContain("MTL L3Masking (meta) against MTL L3Masking (equal)");
  });

  it("say when there is nothing to test", () => {
    expect(comparisonNotes([])[0]).toContain("No paired tests");
  });
});

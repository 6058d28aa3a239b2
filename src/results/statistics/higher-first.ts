/** A pair of candidates the other way round. */
import { decidingMeasure, ofLabelMeasures } from "../metrics/label-measures.js";
import type { PairedComparison, PairedTests } from "../records/paired-comparison.js";
import { pairNotes } from "./paired-notes.js";

/**
 * The pair with the candidate first whose deciding measure is higher, so that tables and sentences made of it have one sign. `weighted`:
 * do the notes name task weights?
 */
export function higherFirst(pair: PairedComparison, weighted: boolean): PairedComparison {
  if (pair[decidingMeasure.name].difference >= 0) return pair;
  const { a, b, notes: _, ...rest } = pair;
  const turnedPair = {
    ...rest,
    a: b,
    b: a,
    ...ofLabelMeasures((name) => turned(pair[name])),
    mcnemar: pair.mcnemar.map((test) => ({ ...test, only_a: test.only_b, only_b: test.only_a })),
  };
  return { ...turnedPair, notes: pairNotes(turnedPair, weighted) };
}

function turned(tests: PairedTests): PairedTests {
  const { bootstrap, t_test: t } = tests;
  return {
    ...tests,
    differences: tests.differences.map(negative),
    difference: negative(tests.difference),
    bootstrap: { ...bootstrap, low: negative(bootstrap.high), high: negative(bootstrap.low) },
    t_test: t && { ...t, t: negative(t.t), low: negative(t.high), high: negative(t.low) },
  };
}

/** Never -0. */
function negative(value: number): number {
  return 0 - value;
}

import { describe, expect, it } from "vitest";
import { recordsOf } from "../../../test/fixtures/records.js";
import type { TextRecord } from "../formats/record.js";
import { labelSpellings } from "./label-spelling.js";
import { nearRows } from "./near-rows.js";
import { rowsToCorrect } from "./rows-to-correct.js";

const pump = "the bilge pump runs but nothing comes out of the hose on the port side";
const sail = "please quote for a new genoa of seven ounces with a sacrificial strip";

const train = recordsOf(
  `${pump}/a`,
  `${pump}/b`,
  `${pump}!/a`,
  "short/A",
  `${sail}/b`,
  " /b",
  "nothing of note/a",
);
const test = recordsOf(`${sail} soon/b`);
const spellings = labelSpellings([
  { label: "a", rows: 3 },
  { label: "A", rows: 1 },
]);
const doubt = (record: TextRecord) => ({
  record,
  suggested: "a",
  probability: 0.9,
  givenProbability: 0.1,
});
const doubtful = { rows: [doubt(train[4])], further: [doubt(train[6])] };

describe("rowsToCorrect", () => {
  it("lists rows with all that is to be seen, the doubtful labels first", () => {
    const near = nearRows({ train, test });
    const rows = rowsToCorrect(train, { doubtful, spellings, near });
    expect(
      rows.map(({ record, reasons, suggested, probability, others }) => [
        record.line,
        reasons.join("; "),
        suggested,
        probability,
        others.join(" "),
      ]),
    ).toEqual([
      [5, "doubtful label; nearly equal text in test", "a", 0.9, "test 1"],
      [1, "equal text with another label", undefined, undefined, "2"],
      // Most of the three rows say a.
      [2, "equal text with another label; equal text before", "a", undefined, "1 3"],
      [
        3,
        "nearly equal text with another label; nearly equal text before",
        undefined,
        undefined,
        "2 1",
      ],
      [4, "label with another spelling", "a", undefined, ""],
      [7, "perhaps a doubtful label", "a", 0.9, ""],
      [6, "empty text", undefined, undefined, ""],
    ]);
  });

  it("suggests nothing where as many rows have one label as the other", () => {
    const two = recordsOf(`${pump}/a`, `${pump}/b`);
    const near = nearRows({ train: two });
    const rows = rowsToCorrect(two, { doubtful: undefined, spellings: [], near });
    expect(rows).toHaveLength(2);
    expect(rows.every(({ suggested }) => suggested === undefined)).toBe(true);
  });

  it("may find nothing", () => {
    expect(
      rowsToCorrect(train.slice(6), { doubtful: undefined, spellings: [], near: undefined }),
    ).toEqual([]);
  });
});

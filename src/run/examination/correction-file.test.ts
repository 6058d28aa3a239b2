import { describe, expect, it } from "vitest";
import { parseCsv } from "../../data/formats/delimited.js";
import { correctionLines } from "./correction-file.js";

const records = [
  { text: "a, b", label: "x", columns: { id: 7, note: null }, line: 2 },
  { text: 'say "c"\nd', label: "y", columns: { id: 8, reason: "old" }, line: 3 },
];
const columns = { task: { textColumns: ["message"] }, labelColumn: "topic" };
const found = {
  record: records[1],
  reasons: ["doubtful label", "equal text before"],
  suggested: "x",
  probability: 0.8761,
  others: ["2", "test 9"],
};

describe("correctionLines", () => {
  const content = [...correctionLines(records, [found], columns)].join("");

  it("begins with a byte order mark and puts the rows to correct first", () => {
    expect(content).toBe(
      "\uFEFFline,message,topic,suggested_label,reason,probability,other_lines,id,note\n" +
        '3,"say ""c""\nd",y,x,doubtful label; equal text before,0.876,"2, test 9",8,\n' +
        '2,"a, b",x,,,,,7,\n',
    );
  });

  it("is read as the data are, with every row once", () => {
    const table = parseCsv(content.slice(1), "rows.csv");
    expect(table.rows.map(({ columns: row }) => [row.message, row.topic])).toEqual([
      ['say "c"\nd', "y"],
      ["a, b", "x"],
    ]);
  });
});

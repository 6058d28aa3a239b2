import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost } from "../../test/fixtures/host.js";
import { soundFiles, soundRows } from "../../test/fixtures/sounds.js";
import { commands } from "./table.js";

const at = temporaryFolder();

describe("readRows", () => {
  it("gives the rows of all files with their places", async () => {
    const { rows, columns } = await commands.readRows.run(soundFiles, createTestHost());
    const placed = (["train", "dev", "test"] as const).flatMap((split) =>
      soundRows(split).map((row, index) => ({ split, line: index + 1, ...row })),
    );
    expect(rows).toEqual(placed);
    expect(columns).toEqual({ text: "text", label: "label" });
  });

  it("leaves a missing label away, and takes lines from the file", async () => {
    writeFileSync(at("rows.csv"), 'message,kind\n"a\nb",x\nc,\n');
    const read = await commands.readRows.run(
      { trainFile: at("rows.csv"), textColumn: "message", labelColumn: "kind" },
      createTestHost(),
    );
    expect(read.rows).toEqual([
      { split: "train", line: 2, text: "a\nb", label: "x" },
      { split: "train", line: 4, text: "c" },
    ]);
  });

  it("refuses several labels a text, which it cannot show, unless each cell is one label", async () => {
    writeFileSync(at("sets.csv"), "text,label\na,x;y\nb,x\nc,y\n");
    const read = (more: object) =>
      commands.readRows.run({ trainFile: at("sets.csv"), ...more }, createTestHost());
    await expect(read({})).rejects.toMatchObject({ code: "data-multi-label" });
    const { rows } = await read({ labelSeparator: "none" });
    expect(rows.map(({ label }) => label)).toEqual(["x;y", "x", "y"]);
  });

  it("throws what train would throw", async () => {
    writeFileSync(at("one.csv"), "text\na\nb\n");
    await expect(
      commands.readRows.run({ trainFile: at("one.csv") }, createTestHost()),
    ).rejects.toMatchObject({ code: "data-column" });
  });
});

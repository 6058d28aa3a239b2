import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost } from "../../test/fixtures/host.js";
import { soundFiles, toJsonLines } from "../../test/fixtures/sounds.js";
import { checkSchema, resolveSettings } from "../run/settings/schemas.js";
import { runCheck } from "./check.js";
import { commands } from "./table.js";

const at = temporaryFolder();

describe("examine", () => {
  it("finds what check finds, and names the rows", async () => {
    const examined = await commands.examine.run(soundFiles, createTestHost());
    const checked = await runCheck(resolveSettings(checkSchema, soundFiles), createTestHost());
    expect(examined.check).toEqual(checked.check);
    expect(examined).toMatchObject({ isExamined: true });
    expect(examined.refusal).toBeUndefined();
    const seen = examined.toCorrect.filter(({ reasons }) => reasons.includes("equal text in test"));
    expect(seen.map(({ others }) => others)).toEqual([["test 12"]]);
    expect(examined.details.shared.total).toBe(1);
  });

  it("says why training would refuse, beside all that it finds", async () => {
    writeFileSync(at("alone.jsonl"), toJsonLines([{ text: "baa", label: "animal" }]));
    const examined = await commands.examine.run({ trainFile: at("alone.jsonl") }, createTestHost());
    expect(examined.refusal).toMatchObject({ code: "data-classes" });
    expect(examined.check.splits).toMatchObject([{ name: "train", rows: 1 }]);
  });
});

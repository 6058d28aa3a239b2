import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { explainSchema, trainSchema } from "../../run/settings/schemas.js";
import { placeInside, settingsInside } from "./paths.js";

const at = temporaryFolder();

describe("placeInside", () => {
  const root = () => at(".").replace(/\/$/, "");

  it("gives places in the folder, also where nothing is yet", () => {
    expect(placeInside(root(), "runs/1/model")).toBe(join(root(), "runs/1/model"));
    expect(placeInside(root(), "")).toBe(root());
  });

  it.each(["..", "../x", "a/../../x", "/etc/passwd", "C:\\x", "c:x", "a\\..\\b", "a\0b"])(
    "refuses %j",
    (path) => {
      expect(() => placeInside(root(), path)).toThrow(
        expect.objectContaining({ code: "workplace-path" }),
      );
    },
  );

  it("refuses a link that leads out, and what would be made behind it", () => {
    symlinkSync("/", at("out"));
    expect(() => placeInside(root(), "out/new/file")).toThrow(
      expect.objectContaining({ code: "workplace-path" }),
    );
  });

  it("places what settings read and write, and leaves names of models and all else", () => {
    mkdirSync(at("mine"), { recursive: true });
    writeFileSync(at("mine/config.json"), "{}");
    const given = { trainFile: "t.csv", outputDir: "runs/1", model: "a/b@main", seed: 3, x: "y" };
    expect(settingsInside((path) => placeInside(root(), path), trainSchema, given)).toEqual({
      trainFile: join(root(), "t.csv"),
      outputDir: join(root(), "runs/1"),
      model: "a/b@main",
      seed: 3,
      x: "y",
    });
    expect(
      settingsInside((path) => placeInside(root(), path), explainSchema, { model: "mine" }),
    ).toEqual({
      model: join(root(), "mine"),
    });
    for (const model of ["../x", "/tmp/x"]) {
      expect(() =>
        settingsInside((path) => placeInside(root(), path), trainSchema, { model }),
      ).toThrow(expect.objectContaining({ code: "workplace-path" }));
    }
  });
});

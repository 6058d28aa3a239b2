import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { forgetStarts, noteStart } from "./starts.js";

const at = temporaryFolder();
const starting = async (...start: Parameters<typeof noteStart>) => noteStart(...start);

describe("the starts of a run", () => {
  it("may be as many as gain steps", () => {
    for (const steps of [0, 0, 10, 10, 20, 30]) noteStart(at("gains"), "a", "17_0", steps);
    const text = readFileSync(join(at("gains"), "slurm/starts/a.json"), "utf8");
    expect(JSON.parse(text)).toEqual({ job: "17_0", steps: [0, 0, 10, 10, 20, 30] });
    forgetStarts(at("gains"), "a");
    expect(existsSync(join(at("gains"), "slurm/starts/a.json"))).toBe(false);
  });

  it("end after two requeues without a step gained", async () => {
    for (const steps of [0, 7, 7]) noteStart(at("stuck"), "a", "17_0", steps);
    const error = await failure(starting(at("stuck"), "a", "17_0", 7));
    expect(error.code).toBe("run-stuck");
    expect(error.message).toBe(
      "the run was queued again 2 times and gained no step since it had 7",
    );
    // Other runs, and a later job of the same run, are counted for themselves.
    noteStart(at("stuck"), "b", "17_1", 7);
    noteStart(at("stuck"), "a", "18_0", 7);
  });
});

import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { requireBestWeights } from "./best-weights.js";

const at = temporaryFolder();
const weights = "weights of step 4";
const bestWeights = createHash("sha256").update(weights).digest("hex");

const state = (number: number, content: object) => {
  mkdirSync(at(`run/state/${number}`), { recursive: true });
  writeFileSync(at(`run/state/${number}/state.json`), JSON.stringify(content));
};
const kept = (folder: string, content = weights) => {
  mkdirSync(at(`run/${folder}`), { recursive: true });
  writeFileSync(at(`run/${folder}/model.safetensors`), content);
};
const notices = () => {
  const host = createTestHost();
  requireBestWeights(at("run"), host);
  return host.events;
};

beforeEach(() => {
  rmSync(at("run"), { recursive: true, force: true });
  state(1, { step: 4, tokens: 9 });
  state(2, { step: 6, tokens: 9, best: { step: 4, metric: 1 }, bestWeights });
});

describe("requireBestWeights", () => {
  it.each(["model", "encoder"])("finds them in %s", (folder) => {
    kept(folder);
    expect(notices()).toEqual([]);
  });

  it("refuses a run without them, by the step", () => {
    expect(notices).toThrow(
      expect.objectContaining({
        code: "checkpoint-format",
        message: expect.stringContaining("best weights so far, of step 4, in "),
      }),
    );
  });

  it("warns of others", () => {
    kept("model", "weights of step 8, or damage");
    expect(notices()).toEqual([
      expect.objectContaining({
        level: "warning",
        text: expect.stringContaining("than the state after step 6 refers to"),
      }),
    ]);
  });

  it("leaves a run alone that has no state, none that refers to weights, or one that cannot be read", () => {
    state(3, { step: 8, tokens: 9 });
    expect(notices()).toEqual([]);
    writeFileSync(at("run/state/3/state.json"), "{");
    expect(notices()).toEqual([]);
    rmSync(at("run"), { recursive: true });
    expect(notices()).toEqual([]);
  });
});

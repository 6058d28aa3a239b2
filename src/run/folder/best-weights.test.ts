import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { toJsonLines } from "../../../test/fixtures/sounds.js";
import { stepEvent } from "../../../test/fixtures/step-event.js";
import { requireIntactRun } from "./best-weights.js";

const at = temporaryFolder();
const weights = "weights of step 4";
const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");

/** A folder of files with SHA256SUMS, as the command of that name writes it. */
const folder = (name: string, files: Readonly<Record<string, string>>, listed = files) => {
  mkdirSync(at(`run/${name}`), { recursive: true });
  const lines = Object.entries(listed).map(([file, content]) => `${sha256(content)}  ${file}\n`);
  for (const [file, content] of Object.entries({ ...files, SHA256SUMS: lines.join("") })) {
    writeFileSync(at(`run/${name}/${file}`), content);
  }
};
const state = (number: number, content: object) =>
  folder(`state/${number}`, { "state.json": JSON.stringify(content) });
const kept = (name: string, content = weights, listed = content) =>
  folder(
    name,
    { "config.json": "{}", "model.safetensors": content },
    { "config.json": "{}", "model.safetensors": listed },
  );
const notices = () => {
  const host = createTestHost();
  requireIntactRun(at("run"), host);
  return host.events;
};
const journal = (...steps: number[]) =>
  writeFileSync(at("run/journal.jsonl"), toJsonLines(steps.map((step) => stepEvent(step))));
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: "checkpoint-format", message: expect.stringMatching(message) });

beforeEach(() => {
  rmSync(at("run"), { recursive: true, force: true });
  state(1, { step: 4, tokens: 9 });
  const best = { step: 4, metric: 1 };
  state(2, { step: 6, tokens: 9, best, bestWeights: sha256(weights) });
  journal(1, 2, 3, 4, 5, 6, 7, 8);
});

describe("requireIntactRun", () => {
  it.each(["model", "encoder"])("finds the best weights in %s", (name) => {
    kept(name);
    expect(notices()).toEqual([]);
  });

  it("refuses a run without them, by the step", () => {
    expect(notices).toThrow(refusal(/best weights so far, of step 4, in .*model, got none/));
  });

  it("refuses weights that were changed", () => {
    kept("model", "damage", weights);
    expect(notices).toThrow(refusal(/others: model\.safetensors was changed \(SHA-256\)$/));
  });

  it("refuses another changed file beside them", () => {
    kept("model");
    writeFileSync(at("run/model/config.json"), "{ }");
    expect(notices).toThrow(refusal(/others: config\.json was changed/));
  });

  it("takes those of a later evaluation, and what a kill left while they were being replaced", () => {
    kept("model", "weights of step 8");
    expect(notices()).toEqual([]);
    kept("model", weights, "weights of step 8");
    expect(notices()).toEqual([]);
  });

  it("takes other files beside those that are listed", () => {
    kept("model");
    writeFileSync(at("run/model/temperature.json"), "{}");
    expect(notices()).toEqual([]);
  });

  it("warns of others without checksums, as an earlier version left them", () => {
    kept("model", "weights of step 8, or damage");
    rmSync(at("run/model/SHA256SUMS"));
    expect(notices()).toEqual([
      expect.objectContaining({
        level: "warning",
        text: expect.stringContaining("than the state after step 6 refers to"),
      }),
    ]);
  });

  it("looks at the state before a damaged one, and refuses a run in which none is intact", () => {
    writeFileSync(at("run/state/2/state.json"), "damage");
    expect(notices()).toEqual([]);
    writeFileSync(at("run/state/1/state.json"), "damage");
    expect(notices).toThrow(refusal(/expected an intact state in .*state, got none/));
  });

  it("refuses a journal that was edited", () => {
    kept("model");
    journal(1, 2, 3, 5, 6);
    expect(notices).toThrow(/expected 6 steps in .*journal\.jsonl, got 5/);
    writeFileSync(at("run/journal.jsonl"), "{}\n");
    expect(notices).toThrow(expect.objectContaining({ code: "data-format" }));
  });

  it("leaves a run alone that has no state, or none that refers to weights", () => {
    state(3, { step: 8, tokens: 9 });
    expect(notices()).toEqual([]);
    rmSync(at("run"), { recursive: true });
    expect(notices()).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { buildDataset } from "../../data/dataset.js";
import { measureBaseline } from "./baseline.js";
import { verdictOnRun } from "./run-verdict.js";

const record = (text: string, label: string, line: number) => ({
  text,
  label,
  line,
  columns: {},
});
const rows = (texts: readonly (readonly [string, string])[]) =>
  texts.map(([text, label], i) => record(text, label, i + 1));

const dataset = buildDataset({
  train: rows([
    ["the engine rattles", "engine"],
    ["the engine stalls", "engine"],
    ["engine oil leaks", "engine"],
    ["the sail is torn", "sail"],
    ["a torn sail", "sail"],
  ]),
  dev: rows([
    ["engine noise", "engine"],
    ["sail batten", "sail"],
  ]),
  test: rows([
    ["the engine rattles", "engine"],
    ["an engine again", "engine"],
    ["one more sail", "sail"],
  ]),
  splitSeed: 0,
});
const data = { ...dataset, encodings: { train: [], dev: [], test: [] } };

const at = temporaryFolder();

describe("the baseline of a run", () => {
  const host = createTestHost({});
  const baseline = measureBaseline(data, undefined, at("baseline"), host);

  it("is measured on dev and test, and announced", () => {
    expect(baseline.metrics).toEqual({
      method: "tfidf",
      dev: { accuracy: 1, macro_f1: 1 },
      test: { accuracy: 1, macro_f1: 1 },
    });
    const measures = { accuracy: 1, macro_f1: 1 };
    expect(host.events).toEqual([
      expect.objectContaining({
        text: expect.stringMatching(/^baseline to beat: TF-IDF, .* 100\.0 % on dev$/),
      }),
      { type: "measured", method: "tfidf", on: "dev", texts: 2, measures },
    ]);
  });

  it("is judged on the test rows whose text is not in train", () => {
    const beside = { devCurve: [], metric: "macro-F1" };
    const wrong = Int32Array.from(baseline.answers.test ?? [], (id) => 1 - id);
    expect(verdictOnRun(data, "stl", wrong, baseline, undefined, beside)).toMatch(
      /^On 2 texts it never saw, it is right for 0 % .* TF-IDF: 100 %; always 'engine': 50 %\./,
    );
    const seen = { ...data, seenInTraining: Uint8Array.of(1, 1, 1) };
    expect(verdictOnRun(seen, "stl", wrong, baseline, undefined, beside)).toBe(undefined);
  });

  it("is judged with what would help, where it is not beaten", () => {
    const doubling = { gain: 0.04, standardError: 0.01 };
    const beside = { devCurve: [0.5, 0.6, 0.7], metric: "macro-F1", doubling };
    const { test } = baseline.answers;
    expect(verdictOnRun(data, "stl", test, baseline, undefined, beside)).toMatch(
      /TF-IDF is cheaper\. What would help: twice the texts .*; longer training of the encoder .*\.$/,
    );
    expect(verdictOnRun(data, "tfidf", test, baseline, undefined, beside)).toMatch(
      /always 'engine': 50 %\. What would help: /,
    );
  });

  it("ends on request", () => {
    const stopping = { ...createTestHost({}), cancelled: () => true };
    expect(() => measureBaseline(data, undefined, at("stopped"), stopping)).toThrow(
      "training of the baseline was stopped",
    );
  });
});

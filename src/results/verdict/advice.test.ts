import { describe, expect, it } from "vitest";
import { adviceText, type MeasuredRun } from "./advice.js";

const nothing: MeasuredRun = { labels: [], devCurve: [], metric: "macro-F1" };

describe("adviceText", () => {
  it("names labels that are rarer and found less often than the others, the least found first", () => {
    const labels = [
      { label: "engine", rows: 50, found: 45, texts: 150 },
      { label: "hull", rows: 12, found: 4, texts: 24 },
      { label: "deck", rows: 10, found: 5, texts: 30 },
      // Found well, too few rows to tell, and enough texts.
      { label: "sails", rows: 20, found: 19, texts: 20 },
      { label: "trailer", rows: 4, found: 0, texts: 8 },
      { label: "rigging", rows: 40, found: 10, texts: 160 },
    ];
    expect(adviceText({ ...nothing, labels })).toBe(
      "What would help: more texts of 'hull' (4 of 12 found, 24 to train on) and 'deck' (5 of 10 found, 30 to train on).",
    );
  });

  it("is longer training where the dev curve still rose at the end", () => {
    expect(adviceText({ ...nothing, devCurve: [0.5, 0.61, 0.658, 0.7] })).toBe(
      "What would help: longer training of the encoder with --num-train-epochs (macro-F1 on dev rose from 65.8 to 70.0 % in the last evaluation).",
    );
    for (const devCurve of [
      [0.5, 0.6],
      [0.5, 0.7, 0.6],
      [0.6, 0.5, 0.7],
      [0.72, 0.5, 0.6, 0.7],
      [0.5, 0.6, 0.6],
    ]) {
      expect(adviceText({ ...nothing, devCurve })).toBeUndefined();
    }
  });

  it("is more texts where the learning curve rises by more than its standard error", () => {
    const curve = (gain: number) => ({ ...nothing, doubling: { gain, standardError: 0.012 } });
    expect(adviceText(curve(0.031))).toBe(
      "What would help: twice the texts (about 3.1 points of macro-F1, by the learning curve).",
    );
    expect(adviceText(curve(0.01))).toBeUndefined();
  });

  it("is nothing where nothing was measured", () => {
    expect(adviceText(nothing)).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { scoringTimeText, timedPredict } from "./scoring-time.js";

describe("timedPredict", () => {
  it("tells once the mean time of a token over three calls after the first", async () => {
    let clock = 0;
    const told: number[] = [];
    const row = { ids: new Int32Array(10), targets: new Int32Array(1), labels: new Int32Array(1) };
    const predict = timedPredict(
      async () => {
        clock += 600;
        return new Float32Array(1);
      },
      () => clock,
      (seconds) => told.push(seconds),
    );
    for (let call = 0; call < 6; call++) await predict(call === 1 ? [row, row] : [row]);
    // 1.8 s for 20 + 10 + 10 tokens
    expect(told).toEqual([0.045]);
  });
});

describe("scoringTimeText", () => {
  it("tells what takes longer than seconds, and what shortens the exact scores", () => {
    expect(scoringTimeText(9, 600, "pll")).toBeUndefined();
    expect(scoringTimeText(200, 600, "pll")).toBe(
      "scoring 600 texts takes about 3 min 20 s; later runs read the scores from the cache. Shorter: --estimator block-7, which approximates the scores.",
    );
    expect(scoringTimeText(11, 1, "unmasked")).not.toContain("Shorter");
  });
});

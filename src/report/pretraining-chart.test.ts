import { describe, expect, it } from "vitest";
import { elementsNamed } from "../../test/fixtures/markup.js";
import { pretrainingChart } from "./pretraining-chart.js";

const training = Array.from({ length: 5000 }, (_, step) => ({
  tokens: 4096 * (step + 1),
  loss: 9 - Math.log10(step + 1),
}));
const validation = [1000, 3000, 5000].map((step) => ({ tokens: 4096 * step, loss: 6 }));

describe("pretrainingChart", () => {
  const svg = pretrainingChart({ title: "l3-mini <1>", training, validation });

  it("is one SVG file with both curves, their units and their ends in words", () => {
    const texts = elementsNamed(svg, "text").map(({ text }) => text);
    for (const text of ["l3-mini <1>", "training text", "validation text", "tokens seen"]) {
      expect(texts).toContain(text);
    }
    expect(texts).toContain("loss of masked tokens (nats)");
    expect(elementsNamed(svg, "desc")[0].text).toBe(
      "Masked-token loss against tokens seen. training text: 5.305 nats after 20.48M tokens; validation text: 6.000 nats after 20.48M tokens.",
    );
    expect(svg.startsWith("<svg xmlns=")).toBe(true);
  });

  it("stays small however long the journal is", () => {
    expect(svg.length).toBeLessThan(12_000);
  });

  it("does without a validation text", () => {
    const alone = pretrainingChart({ title: "t", training: training.slice(0, 3), validation: [] });
    const texts = elementsNamed(alone, "text").map(({ text }) => text);
    expect(texts).not.toContain("validation text");
  });
});

import { describe, expect, it } from "vitest";
import { bert } from "../families/bert.js";
import { formatLoadReport, furtherLayers, type LoadReport } from "./report.js";

const whole: LoadReport = {
  files: ["model.safetensors"],
  format: "safetensors",
  dtypes: ["F32"],
  loaded: 199,
  missing: [],
  unexpected: [],
};

describe("formatLoadReport", () => {
  it("is one line when everything fits", () => {
    expect(formatLoadReport(whole)).toBe(
      "loaded      199 tensors from model.safetensors (safetensors, F32)",
    );
  });

  it("says what was widened, is missing and is not used", () => {
    const report: LoadReport = {
      ...whole,
      files: ["a.bin", "b.bin", "c.bin"],
      format: "torch-legacy",
      dtypes: ["F16", "F32"],
      missing: ["mlm.bias", "classification.out.weight", "classification.out.bias"],
      unexpected: ["pooler.dense.weight", "cls.seq_relationship.bias"],
    };
    expect(formatLoadReport(report).split("\n")).toEqual([
      "loaded      199 tensors from a.bin and 2 more (torch legacy, F16 + F32, read as float32)",
      "not used    2 tensors: cls.seq_relationship.bias, pooler.dense.weight",
    ]);
  });

  it("cuts a long list", () => {
    const unexpected = Array.from({ length: 30 }, (_, i) => `decoder.${10 + i}`);
    const text = formatLoadReport({ ...whole, unexpected });
    expect(text).toContain("30 tensors: decoder.10, ");
    expect(text).toContain("decoder.17, and 22 more");
    expect(text).not.toContain("decoder.18");
  });
});

describe("furtherLayers", () => {
  it("counts layers beyond those of config.json, and nothing else that is left over", () => {
    const layer = (number: number) =>
      ["query.weight", "query.bias"].map((end) => `bert.encoder.layer.${number}.self.${end}`);
    const unexpected = [...layer(0), ...layer(10), ...layer(11), "cls.seq_relationship.bias"];
    expect(furtherLayers({ unexpected }, { family: bert, layers: 10 })).toBe(2);
    expect(furtherLayers({ unexpected }, { family: bert, layers: 12 })).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { tinyModel } from "../../../test/fixtures/host.js";
import golden from "../../../test/golden/embed.json" with { type: "json" };
import { cpu } from "../../engine/runtime/devices/cpu.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import { weightsOf } from "../../run/sources/model-facts.js";
import { packOptions, packTexts } from "../batch/pack.js";
import { compileTextEmbeddings } from "./text-embeddings.js";

describe.each(["bert", "roberta"] as const)("embeddings of texts with %s", (family) => {
  it("are transformers' mean-pooled output, whichever rows the texts share", async () => {
    const { spec, values } = await loadCheckpoint(tinyModel(family));
    const runtime = await cpu.open({ threads: 1 });
    const program = await compileTextEmbeddings(runtime, spec, weightsOf(values));
    const texts = golden.ids.map((ids) => Int32Array.from(ids));
    const found = await program.embeddings(packTexts(texts, packOptions(spec)));
    golden.embeddings[family].forEach((expected, text) => {
      expect(expected.length).toBe(spec.hiddenSize);
      expected.forEach((value, h) => {
        expect(Math.abs(found[text * spec.hiddenSize + h] - value)).toBeLessThan(1e-5);
      });
    });
    await program.dispose();
  });
});

import { fromBinary } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, it } from "vitest";
import { savedClassifier } from "../../../test/fixtures/host.js";
import { savedRecord } from "../../../test/fixtures/saved-record.js";
import { ModelProtoSchema } from "../../engine/onnx/onnx_pb.js";
import { cpu } from "../../engine/runtime/devices/cpu.js";
import type { ArrayValue, NamedArrays } from "../../engine/runtime/runtime.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import { weightsOf } from "../../run/sources/model-facts.js";
import { type ExportPrecision, exportedClassifier } from "./exported.js";

const runtime = await cpu.open({ threads: 1 });
const record = savedRecord();

/** Largest difference from transformers' logits, which reach to about 3. */
const bounds: Readonly<Record<ExportPrecision, number>> = {
  float32: 1e-5,
  float16: 0.02,
  int8: 0.3,
};

describe.each(["bert", "roberta"] as const)("an exported %s classifier", (family) => {
  const { rows, labels } = record.families[family];
  let padId: number;
  const files = new Map<ExportPrecision, Uint8Array>();

  beforeAll(async () => {
    const { spec, values } = await loadCheckpoint(savedClassifier(family));
    padId = spec.padId;
    for (const precision of ["float32", "float16", "int8"] as const) {
      const bytes = exportedClassifier(spec, labels.length, weightsOf(values), precision);
      files.set(precision, bytes);
    }
  });

  /** Texts as ids, padded on the right to the longest and `more` slots further. */
  function padded(texts: readonly (readonly number[])[], more = 0): NamedArrays {
    const slots = Math.max(...texts.map((ids) => ids.length)) + more;
    const fill = (value: (ids: readonly number[], slot: number) => number): ArrayValue => ({
      type: "int64",
      shape: [texts.length, slots],
      data: BigInt64Array.from(
        texts.flatMap((ids) =>
          Array.from({ length: slots }, (_, slot) => BigInt(value(ids, slot))),
        ),
      ),
    });
    return {
      input_ids: fill((ids, slot) => ids[slot] ?? padId),
      attention_mask: fill((ids, slot) => Number(slot < ids.length)),
      ...(family === "bert" && { token_type_ids: fill(() => 0) }),
    };
  }

  async function logits(precision: ExportPrecision, ...batches: NamedArrays[]) {
    const session = await runtime.load("exported", files.get(precision) ?? new Uint8Array());
    const results: Float32Array[] = [];
    for (const batch of batches) {
      const { arrays } = await session.run(batch, ["logits"]);
      const found = arrays.logits;
      expect(found.shape).toEqual([batch.input_ids.shape[0], labels.length]);
      if (found.type === "float32") results.push(found.data);
    }
    await session.dispose();
    return results;
  }

  const expected = rows.flatMap((row) => row.logits);

  it.each(["float32", "float16", "int8"] as const)(
    "gives transformers' logits of padded texts in %s",
    async (precision) => {
      const texts = rows.map(({ ids }) => ids);
      const [all, wide, one] = await logits(
        precision,
        padded(texts),
        padded(texts, 5),
        padded([texts[2]]),
      );
      expected.forEach((value, i) => {
        expect(Math.abs(all[i] - value)).toBeLessThan(bounds[precision]);
        expect(Math.abs(wide[i] - value)).toBeLessThan(bounds[precision]);
      });
      rows[2].logits.forEach((value, i) => {
        expect(Math.abs(one[i] - value)).toBeLessThan(bounds[precision]);
      });
    },
  );

  it("has the inputs that other programs feed, and no others", () => {
    for (const bytes of files.values()) {
      const { graph } = fromBinary(ModelProtoSchema, bytes);
      const types = family === "bert" ? ["token_type_ids"] : [];
      expect(graph?.input.map(({ name }) => name)).toEqual([
        "input_ids",
        "attention_mask",
        ...types,
      ]);
      expect(graph?.output.map(({ name }) => name)).toEqual(["logits"]);
      const domains = new Set(graph?.node.map(({ domain }) => domain));
      expect([...domains]).toEqual([""]);
    }
  });

  it("refuses weights that float16 cannot hold", async () => {
    const { spec, values } = await loadCheckpoint(savedClassifier(family));
    const weights = (name: string) =>
      name.endsWith("classification.out.bias")
        ? Float32Array.of(1, 7e4, 0)
        : weightsOf(values)(name);
    expect(() => exportedClassifier(spec, labels.length, weights, "float16")).toThrow(
      expect.objectContaining({ code: "checkpoint-tensor" }),
    );
  });

  it("is smaller in fewer bits", () => {
    const size = (precision: ExportPrecision) => files.get(precision)?.length ?? 0;
    expect(size("float16") / size("float32")).toBeLessThan(0.75);
    expect(size("int8")).toBeLessThan(size("float32"));
  });

  it.runIf(family === "bert")("reads token types", async () => {
    const batch = padded([rows[2].ids]);
    const types: ArrayValue = {
      type: "int64",
      shape: batch.input_ids.shape,
      data: BigInt64Array.from(rows[2].ids, () => 1n),
    };
    const [plain, typed] = await logits("float32", batch, { ...batch, token_type_ids: types });
    expect(Array.from(typed)).not.toEqual(Array.from(plain));
  });
});

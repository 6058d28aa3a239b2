import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { failure } from "../../../test/fixtures/failure.js";
import { parseModelConfig } from "../checkpoint/config.js";
import { relativeBucket } from "./mpnet.js";

it("distances fall into transformers' buckets", () => {
  const path = new URL("../../../test/golden/families/mpnet/golden.json", import.meta.url);
  const schema = z.object({ relativeBuckets: z.array(z.number()) });
  const { relativeBuckets } = schema.parse(JSON.parse(readFileSync(path, "utf8")));
  const far = (relativeBuckets.length - 1) / 2;
  expect(far).toBeGreaterThan(128);
  // The model looks distances beyond 128 up as if they were 128.
  const ours = relativeBuckets.map((_, i) =>
    relativeBucket(Math.min(Math.max(i - far, -128), 128)),
  );
  expect(ours).toEqual(relativeBuckets);
});

it.each([{ relative_attention_num_buckets: 64 }, { pad_token_id: 0 }])(
  "a config with %j is refused, as transformers would compute something else",
  async (changed) => {
    const config = {
      ...{ model_type: "mpnet", vocab_size: 9, hidden_size: 8, num_hidden_layers: 1 },
      ...{ num_attention_heads: 2, intermediate_size: 8, max_position_embeddings: 8 },
    };
    expect(parseModelConfig(config, "x")).toMatchObject({ padId: 1, firstPosition: 2 });
    const error = await failure(
      Promise.resolve().then(() => parseModelConfig({ ...config, ...changed }, "x")),
    );
    expect(error).toMatchObject({ code: "checkpoint-config" });
    expect(error.message).toContain(Object.keys(changed)[0]);
  },
);

import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { configJson, parseModelConfig } from "../checkpoint/config.js";

const config = {
  model_type: "modernbert",
  vocab_size: 60,
  hidden_size: 8,
  num_hidden_layers: 4,
  num_attention_heads: 2,
  intermediate_size: 8,
  pad_token_id: 3,
};

describe("the config of a ModernBERT", () => {
  it("has transformers' defaults where a file says nothing", () => {
    expect(parseModelConfig(config, "x")).toMatchObject({
      maxPositions: 8192,
      firstPosition: 0,
      pooling: "first",
      windows: {
        local: [false, true, true, false],
        reach: 64,
        globalBase: 160_000,
        localBase: 10_000,
      },
    });
  });

  it("says the same in the words of transformers 4 and 5", () => {
    const older = {
      ...config,
      global_attn_every_n_layers: 2,
      local_attention: 32,
      global_rope_theta: 500,
      local_rope_theta: 50,
      classifier_pooling: "mean",
    };
    const spec = parseModelConfig(older, "x");
    expect(spec).toMatchObject({
      pooling: "mean",
      windows: { local: [false, true, false, true], reach: 16, globalBase: 500, localBase: 50 },
    });
    const {
      global_rope_theta: _,
      local_rope_theta: __,
      ...newer
    } = configJson(spec, {
      architecture: "ModernBertModel",
    });
    expect(newer).toMatchObject({
      layer_types: ["full_attention", "sliding_attention", "full_attention", "sliding_attention"],
      rope_parameters: { sliding_attention: { rope_theta: 50 } },
    });
    expect(parseModelConfig(newer, "x")).toEqual(spec);
  });

  it.each([
    { attention_bias: true },
    { norm_bias: true },
    { decoder_bias: false },
    { hidden_activation: "silu" },
    { embedding_dropout: 0.1 },
    { layer_types: ["full_attention"] },
    { rope_parameters: { full_attention: { rope_type: "yarn" } } },
    { num_attention_heads: 8 },
  ])("is refused with %j", async (changed) => {
    const parsed = Promise.resolve().then(() => parseModelConfig({ ...config, ...changed }, "x"));
    const error = await failure(parsed);
    expect(error).toMatchObject({ code: "checkpoint-config" });
    expect(error.message).toMatch(
      /attention|norm|decoder|activation|dropout|layer_types|rope|heads/,
    );
  });
});

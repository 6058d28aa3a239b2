import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ModelProtoSchema } from "../../src/engine/onnx/onnx_pb.js";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import {
  compileClassification,
  compileTokenLikelihood,
} from "../../src/method/program/inference.js";
import {
  compileClassificationTraining,
  compileMaskedTokenTraining,
} from "../../src/method/program/training.js";
import { parseModelConfig } from "../../src/model/checkpoint/config.js";
import { robertaBase } from "../work/model.js";
import { forwardProducts, operations, type Product, trainingProducts } from "./products.js";

const LAYERS = 3;
const CLASSES = 5;
const spec = parseModelConfig(
  {
    model_type: "roberta",
    vocab_size: 100,
    hidden_size: 16,
    num_hidden_layers: LAYERS,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 34,
  },
  "config.json",
);
const classification = { kind: "classification", texts: 4, classes: CLASSES } as const;
const maskedTokens = { kind: "masked-tokens", selected: 9 } as const;

/** How many nodes of an operator the graph of a training program has. */
async function nodesOf(
  compile: (runtime: Runtime) => Promise<unknown>,
): Promise<(operator: string) => number> {
  const models: Uint8Array[] = [];
  await compile({
    name: "recording",
    device: "none",
    target: "cpu",
    lacks: [],
    threads: 1,
    memory: "host",
    hold: () => Promise.reject(new Error("not held")),
    async load(_name, bytes) {
      models.push(bytes);
      return { run: () => Promise.reject(new Error("not run")), dispose: async () => undefined };
    },
  });
  const nodes = fromBinary(ModelProtoSchema, models[0]).graph?.node ?? [];
  return (operator) => nodes.filter(({ opType }) => opType === operator).length;
}

const arrays = {
  weights: () => new Float32Array(0),
  gradients: () => new Float32Array(0),
  keepMask: () => new Uint8Array(0),
};
const rates = { dropout: 0.1, attentionDropout: 0.1 };

const counted = (products: readonly Product[], kind: (product: Product) => boolean) =>
  products.filter(kind).reduce((total, { count }) => total + count, 0);

describe("the products of a training pass", () => {
  const isDense = ({ batch }: Product) => batch === 1;
  /** Column sums are products with a row of ones: one for each bias and two for each normalisation. */
  const columnSums = (linear: number, normalisations: number) => linear + 2 * normalisations;

  it("are those of the graph of the classification task", async () => {
    const nodes = await nodesOf((runtime) =>
      compileClassificationTraining(runtime, spec, CLASSES, rates, arrays),
    );
    const products = trainingProducts(spec, { rows: 2, slots: 8, head: classification });
    const sums = columnSums(6 * LAYERS + 2, 2 * LAYERS + 1);
    expect(counted(products, isDense)).toBe(nodes("Gemm") - sums);
    expect(counted(products, (product) => !isDense(product))).toBe(nodes("FusedMatMul"));
  });

  it("are those of the graph of the masked-token task", async () => {
    const nodes = await nodesOf((runtime) =>
      compileMaskedTokenTraining(runtime, spec, rates, arrays),
    );
    const products = trainingProducts(spec, { rows: 2, slots: 8, head: maskedTokens });
    const sums = columnSums(6 * LAYERS + 2, 2 * LAYERS + 2);
    expect(counted(products, isDense)).toBe(nodes("Gemm") - sums);
    expect(counted(products, (product) => !isDense(product))).toBe(nodes("FusedMatMul"));
  });

  it("of RoBERTa-base take three times two operations for each weight of the layers and token", () => {
    const base = parseModelConfig(robertaBase, "config.json");
    const [rows, slots, classes] = [16, 128, 6];
    // All slots of all layers but the last, where 16 are read: by hand, with 4 H^2 + 2 H F weights a layer.
    const [H, F, T] = [768, 3072, rows * slots];
    const full = 11 * (4 * H * H + 2 * H * F) * T + 3 * H * H * T;
    const read = (H * H + 2 * H * F + H * H + H * classes) * rows;
    const attention = 12 * 2 * rows * slots * slots * H;
    const head = { kind: "classification", texts: rows, classes } as const;
    expect(operations(trainingProducts(base, { rows, slots, head }))).toBe(
      3 * 2 * (full + read + attention),
    );
  });
});

describe("the products of a forward pass", () => {
  const none = () => new Float32Array(16 * 100);
  const sizes = { rows: 2, slots: 8, distinct: 11, queries: 3 };

  it("are those of the graph of the classifier", async () => {
    const nodes = await nodesOf((runtime) => compileClassification(runtime, spec, CLASSES, none));
    const products = forwardProducts(spec, { ...sizes, head: classification });
    expect(counted(products, () => true)).toBe(nodes("Gemm") + nodes("FusedMatMul"));
  });

  it("are those of the graph of token likelihoods", async () => {
    const nodes = await nodesOf((runtime) => compileTokenLikelihood(runtime, spec, none));
    const products = forwardProducts(spec, { ...sizes, head: maskedTokens });
    expect(counted(products, () => true)).toBe(nodes("Gemm") + nodes("FusedMatMul"));
  });

  it("of RoBERTa-base are two operations for each weight and slot that it meets", () => {
    const base = parseModelConfig(robertaBase, "config.json");
    const [rows, slots, queries, distinct, selected] = [45, 90, 1, 135, 45];
    const [H, F, A, V, T] = [768, 3072, 12, 50265, rows * slots];
    const first = 3 * H * H * distinct + (H * H + 2 * H * F) * T;
    const middle = 10 * (4 * H * H + 2 * H * F) * T;
    // A query with each head's key weights, with each slot under each head, and the same back with the values.
    const asked = rows * queries * (H * H + 2 * H * H + 2 * A * slots * H);
    const read = selected * (H * H + 2 * H * F + H * H + H * V);
    const attention = 11 * 2 * rows * slots * slots * H;
    const head = { kind: "masked-tokens", selected } as const;
    expect(operations(forwardProducts(base, { rows, slots, queries, distinct, head }))).toBe(
      2 * (first + middle + asked + read + attention),
    );
  });
});

/**
 * Ceilings that keep graphs, files and start-up small. Whoever needs more raises the number in the same
 * commit and says why there.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { OnnxTarget } from "../src/engine/graph/op.js";
import { kernelBinary } from "../src/engine/kernels/binary.js";
import { ModelProtoSchema } from "../src/engine/onnx/onnx_pb.js";
import type { Runtime } from "../src/engine/runtime/runtime.js";
import {
  compileClassificationTraining,
  compileMaskedTokenTraining,
} from "../src/method/program/training.js";
import { parseModelConfig } from "../src/model/checkpoint/config.js";
import { renderComparison } from "../src/results/report/pages/comparison.js";
import { inventedComparison } from "./fixtures/comparison.js";

const CLASSES = 5;
const rates = { dropout: 0.1, attentionDropout: 0.1 };

function specOf(layers: number) {
  const config = {
    model_type: "roberta",
    vocab_size: 100,
    hidden_size: 16,
    num_hidden_layers: layers,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 34,
    pad_token_id: 1,
  };
  return parseModelConfig(config, "config.json");
}

/** A runtime that keeps what it is given and runs nothing. */
function recordingRuntime(target: OnnxTarget) {
  const models: Uint8Array[] = [];
  const runtime: Runtime = {
    name: "recording",
    device: "none",
    target,
    lacks: [],
    threads: 1,
    memory: "host",
    hold: () => Promise.reject(new Error("not held")),
    async load(_name, bytes) {
      models.push(bytes);
      return { run: () => Promise.reject(new Error("not run")), dispose: async () => undefined };
    },
  };
  return { runtime, models };
}

const arrays = {
  weights: () => new Float32Array(0),
  gradients: () => new Float32Array(0),
  keepMask: () => new Uint8Array(0),
};

async function classificationGraph(layers: number, target: OnnxTarget): Promise<Uint8Array> {
  const { runtime, models } = recordingRuntime(target);
  await compileClassificationTraining(runtime, specOf(layers), CLASSES, rates, arrays);
  return models[0];
}

async function maskedTokenGraph(layers: number, target: OnnxTarget): Promise<Uint8Array> {
  const { runtime, models } = recordingRuntime(target);
  await compileMaskedTokenTraining(runtime, specOf(layers), rates, arrays);
  return models[0];
}

const nodes = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes).graph?.node.length ?? 0;

describe("ONNX nodes of a training graph with one layer", () => {
  it.each([
    ["classification", "cpu", classificationGraph, 270],
    ["classification", "portable", classificationGraph, 275],
    ["masked tokens", "cpu", maskedTokenGraph, 290],
    ["masked tokens", "portable", maskedTokenGraph, 295],
  ] as const)("%s, %s", async (_task, target, graph, ceiling) => {
    const count = nodes(await graph(1, target));
    expect(count).toBeGreaterThan(50);
    expect(count).toBeLessThanOrEqual(ceiling);
  });

  it.each([
    ["cpu", 155],
    ["portable", 160],
  ] as const)("and for each further layer, %s", async (target, ceiling) => {
    const [two, three] = await Promise.all([2, 3].map((n) => classificationGraph(n, target)));
    expect(nodes(three) - nodes(two)).toBeLessThanOrEqual(ceiling);
  });
});

describe("bytes", () => {
  it("of the exported model with twelve layers: weights are no part of it", async () => {
    const bytes = await maskedTokenGraph(12, "cpu");
    expect(bytes.length).toBeLessThanOrEqual(240_000);
  });

  it("of the compiled kernels", () => {
    expect(Buffer.from(kernelBinary, "base64").length).toBeLessThanOrEqual(2_400);
  });
});

describe("the page of a comparison", () => {
  it("of three methods and five seeds is small enough to send", () => {
    const { html } = renderComparison(inventedComparison());
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(200_000);
  });
});

describe("l3masking --help", () => {
  /** Prints the address of every module that is resolved. */
  const loader = `export async function resolve(name, context, next) {
    const found = await next(name, context);
    process._rawDebug(found.url);
    return found;
  }`;
  const address = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  const preload = `import { register } from "node:module"; register(${JSON.stringify(address(loader))});`;

  it("loads no runtime, no tokenizer, no reader of data files and no settings", async () => {
    const main = fileURLToPath(new URL("../dist/apps/cli/main.js", import.meta.url));
    expect(existsSync(main), `${main}: run npm run build`).toBe(true);
    const words = ["--import", address(preload), main, "--help"];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, words);
    expect(stdout).toContain("Usage: l3masking");
    const loaded = stderr.split("\n");
    // What is listed below would be seen: these two are.
    expect(loaded.some((url) => url.includes("/commander/"))).toBe(true);
    expect(loaded.some((url) => url.endsWith("/dist/commands/table.js"))).toBe(true);
    const heavy =
      /onnxruntime|protobuf|hyparquet|zod|dist\/config|dist\/(text|program|train|graph)\//;
    expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
  });
});

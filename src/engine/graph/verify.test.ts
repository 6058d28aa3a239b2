import { describe, expect, it } from "vitest";
import { createBuilder } from "./builder.js";
import type { Tensor } from "./graph.js";
import type { Shape } from "./shape.js";
import { verifyGraph } from "./verify.js";

const fails = (outputs: Readonly<Record<string, Tensor>>, message: string) =>
  expect(() => verifyGraph(outputs)).toThrow(
    expect.objectContaining({ code: "graph-invalid", message: expect.stringContaining(message) }),
  );

/** A tensor whose node is not what the builder makes of it: tanh(x) for x [T, 2], forged. */
function forged(change: {
  readonly shape?: Shape;
  readonly inputs?: (x: Tensor) => Tensor[];
}): Tensor {
  const build = createBuilder();
  const x = build.input("x", "float32", ["T", 2]);
  const made = build.scope("layer", () => build.tanh(x));
  if (made.source.kind !== "node") throw new Error("tanh makes a node");
  const outputs: Tensor[] = [];
  const source = { ...made.source, outputs, inputs: change.inputs?.(x) ?? [x] };
  outputs.push({ ...made, shape: change.shape ?? made.shape, source });
  return outputs[0];
}

describe("verifyGraph", () => {
  it("takes what the builder makes", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", ["R*S", 2]);
    const shaped = build.reshape(x, ["R", "S", 2]);
    verifyGraph({ shaped, filled: build.fill(1, ["S"]), total: build.sum(x, [0, 1]) });
  });

  it("takes a graph that only hands an input on", () => {
    const build = createBuilder();
    verifyGraph({ same: build.input("x", "float32", [2]) });
  });

  it("refuses a graph without outputs", () => {
    fails({}, "the graph has no outputs");
  });

  it("refuses two inputs of one name", () => {
    // Two builders do not know of each other's inputs.
    const one = createBuilder().input("x", "float32", [2]);
    const build = createBuilder();
    build.input("before", "float32", [2]);
    const other = build.input("x", "float32", [2]);
    build.input("after", "float32", [2]);
    fails({ sum: build.add(one, other) }, "two inputs are named x");
  });

  it("refuses an output with the name of an input", () => {
    const build = createBuilder();
    fails(
      { x: build.tanh(build.input("x", "float32", [2])) },
      "an input and an output are both named x",
    );
  });

  it("refuses an output whose recorded type is not what the operation gives", () => {
    fails(
      { y: forged({ shape: ["T", 3] }) },
      "tanh in layer: output 0 is recorded as float32 [T, 3], but the operation gives float32 [T, 2]",
    );
  });

  it("refuses a wrong number of outputs", () => {
    const build = createBuilder();
    const logits = build.input("logits", "float32", ["B", 3]);
    const labels = build.input("labels", "int32", ["B"]);
    const [nll] = build.apply("crossEntropy", [logits, labels], {});
    const { source } = nll;
    if (source.kind !== "node") throw new Error("expected a node");
    const outputs: Tensor[] = [];
    const cut: Tensor = { ...nll, source: { ...source, outputs } };
    outputs.push(cut);
    fails({ nll: cut }, "crossEntropy in the graph: wrong number of outputs");
  });

  it("refuses a size that no input has", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", ["T"]);
    fails({ y: build.add(build.sum(x, [0]), build.fill(1, ["K"])) }, "no input has the size K");
  });

  it("refuses a tensor that is used before it is made", () => {
    const later = forged({ inputs: (x) => [{ ...x, id: 100 }] });
    fails({ y: later }, "tanh in layer: uses a tensor made after it");
    verifyGraph({ y: forged({}) });
  });

  it("refuses constants that do not fill their shape", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", [3]);
    fails(
      { y: build.add(x, build.constant([1, 2], [3])) },
      "add in the graph: an incomplete constant",
    );
  });
});

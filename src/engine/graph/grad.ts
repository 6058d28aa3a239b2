/**
 * Reverse-mode differentiation: the gradient of a graph is more graph. The walker owns what all
 * rules share: which nodes matter, adding up contributions, and undoing broadcasts.
 */
import { L3MaskingError } from "../../base/errors.js";
import { type Builder, columnSum } from "./builder.js";
import { type Node, orderedNodes, type Tensor } from "./graph.js";
import type { Gradient, OpName, RowGradient } from "./op.js";
import { ops } from "./ops.js";
import { formatShape, type Shape, sameShape } from "./shape.js";

/** d(loss)/d(tensor): a dense part, row parts to add to it, or both. */
export interface TensorGradient {
  readonly dense: Tensor | undefined;
  readonly rows: readonly RowGradient[];
}

export interface GradientOptions {
  /** What a tensor's dense gradient is added to (gradients of earlier micro-batches). */
  readonly bases?: ReadonlyMap<Tensor, Tensor>;
}

/**
 * Gradients of `loss` (shape []) with respect to `wanted`. A tensor that the loss does not reach
 * gets an empty gradient. Throws `graph-invalid` where a wanted path meets an operation
 * that is not differentiable, or leaves one by an output other than its first.
 */
export function gradients(
  build: Builder,
  loss: Tensor,
  wanted: readonly Tensor[],
  options: GradientOptions = {},
): Map<Tensor, TensorGradient> {
  if (loss.shape.length > 0) {
    throw new L3MaskingError(
      "graph-invalid",
      `expected a loss of shape [] to differentiate, got ${formatShape(loss.shape)}`,
      { hint: "Take its mean or its sum first." },
    );
  }
  const targets = new Set(wanted);
  const nodes = orderedNodes([loss]);
  const onPath = tensorsOnPath(nodes, targets);
  const dense = new Map<Tensor, Tensor>(options.bases);
  const rows = new Map<Tensor, RowGradient[]>();
  dense.set(loss, build.fill(1, loss.shape));

  const accumulate = (tensor: Tensor, gradient: Gradient) => {
    const rowPart =
      gradient.kind === "rows" ? gradient : gradient.kind === "mixed" && gradient.rows;
    if (gradient.kind !== "rows") {
      const fitted = sumToShape(build, gradient.tensor, tensor.shape);
      dense.set(tensor, addInto(build, dense.get(tensor), fitted));
    }
    if (!rowPart) return;
    // A computed tensor passes its whole gradient on, so rows of it are made dense.
    if (targets.has(tensor) && tensor.source.kind === "input") {
      rows.set(tensor, [...(rows.get(tensor) ?? []), rowPart]);
    } else {
      const scattered = build.scatterRows(rowPart.indices, rowPart.rows, tensor.shape[0]);
      dense.set(tensor, addInto(build, dense.get(tensor), scattered));
    }
  };

  for (const node of nodes.reverse()) {
    if (!node.inputs.some((input) => onPath.has(input))) continue;
    const other = node.outputs.findIndex((output, index) => index > 0 && dense.has(output));
    if (other > 0) {
      throw new L3MaskingError(
        "graph-invalid",
        `output ${other} of ${node.op} in ${node.scope || "the graph"} is not differentiable`,
        { hint: `Only output 0 of ${node.op} is: make the loss of that.` },
      );
    }
    const gradient = dense.get(node.outputs[0]);
    if (gradient === undefined) continue;
    build.scope(`gradient/${node.scope}/${node.op}`, () => {
      const rules = vjpOf(build, node, gradient);
      node.inputs.forEach((input, index) => {
        const rule = rules[index];
        if (rule && onPath.has(input)) accumulate(input, rule());
      });
    });
  }
  return new Map(
    wanted.map((tensor) => {
      const total = dense.get(tensor);
      // A base that nothing was added to is not a gradient of this loss.
      const reached = total !== undefined && total !== options.bases?.get(tensor);
      return [tensor, { dense: reached ? total : undefined, rows: rows.get(tensor) ?? [] }];
    }),
  );
}

/**
 * Gradients of `loss` (shape []) with respect to `wanted`, in their order and of their shapes. Throws `graph-invalid` as
 * `gradients`, and for a tensor that the loss does not depend on.
 *
 * The gradient of a table that rows are read of is made dense. Where rows are read more than once, a device that adds in no
 * fixed order (WebGPU, CUDA) may round it differently in each run.
 */
export function gradientsOf(build: Builder, loss: Tensor, wanted: readonly Tensor[]): Tensor[] {
  const found = gradients(build, loss, wanted);
  return wanted.map((tensor) => {
    const { dense, rows } = found.get(tensor) ?? { dense: undefined, rows: [] };
    if (dense === undefined && rows.length === 0) {
      const { source } = tensor;
      const name = source.kind === "input" ? source.name : "a tensor to differentiate by";
      throw new L3MaskingError("graph-invalid", `the loss does not depend on ${name}`, {
        hint: "Differentiate with respect to what the loss is computed from, by operations that have a gradient.",
      });
    }
    return rows.reduce(
      (total, part) => build.addRows(total, part.indices, part.rows),
      dense ?? build.fill(0, tensor.shape),
    );
  });
}

function vjpOf<K extends OpName>(
  build: Builder,
  node: Node<K>,
  gradient: Tensor,
): readonly ((() => Gradient) | null)[] {
  const { vjp } = ops[node.op];
  if (vjp === "not differentiable") {
    throw new L3MaskingError(
      "graph-invalid",
      `${node.op} in ${node.scope || "the graph"} is not differentiable`,
      {
        hint: `Make the loss without ${node.op}, or differentiate with respect to what comes after it.`,
      },
    );
  }
  const { inputs, outputs, attributes } = node;
  return vjp({ build, inputs, outputs, gradient, attributes });
}

/** The tensors from which a wanted tensor is reached backwards. */
function tensorsOnPath(nodes: readonly Node[], targets: ReadonlySet<Tensor>): Set<Tensor> {
  const onPath = new Set(targets);
  for (const node of nodes) {
    if (node.inputs.some((input) => onPath.has(input))) {
      for (const output of node.outputs) onPath.add(output);
    }
  }
  return onPath;
}

/**
 * base + addition. A product without a summand takes the base as its summand, which the runtime's
 * matrix product adds at no cost. The addition was just made, so nobody else reads it.
 */
function addInto(build: Builder, base: Tensor | undefined, addition: Tensor): Tensor {
  if (base === undefined) return addition;
  const { source } = addition;
  if (source.kind === "node") {
    if (source.op === "gemm" && source.inputs.length === 2) {
      return build.apply("gemm", [...source.inputs, base], gemmAttributes(source))[0];
    }
    if (source.op === "reshape") {
      const inner = source.inputs[0];
      const { source: product } = inner;
      // A column sum [1, N] -> [N]: the base [N] broadcasts into the product.
      const isColumnSum = inner.shape[0] === 1 && sameShape(inner.shape.slice(1), base.shape);
      if (isColumnSum && product.kind === "node" && product.op === "gemm") {
        return build.reshape(addInto(build, base, inner), addition.shape);
      }
    }
  }
  return build.add(base, addition);
}

function gemmAttributes(node: Node): Node<"gemm">["attributes"] {
  const { attributes } = node;
  if ("transA" in attributes) return attributes;
  throw new L3MaskingError("graph-invalid", `${node.op} has no product attributes`);
}

/** Sums a gradient over the axes along which its tensor was broadcast. */
function sumToShape(build: Builder, gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const extra = gradient.shape.length - shape.length;
  if (extra === 1 && gradient.shape.length === 2 && gradient.shape[1] === shape[0]) {
    return columnSum(build, gradient);
  }
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < extra || (shape[axis - extra] === 1 && gradient.shape[axis] !== 1));
  const summed = build.reshape(build.sum(gradient, axes, true), shape);
  if (!sameShape(summed.shape, shape)) {
    throw new L3MaskingError(
      "graph-invalid",
      `gradient ${formatShape(gradient.shape)} does not reduce to ${formatShape(shape)}`,
    );
  }
  return summed;
}

/** The reference interpreter: a graph computed in float64, operation by operation. */
import { L3MaskingError } from "../../base/errors.js";
import { type GraphOutputs, type Node, orderedNodes, type Tensor } from "./graph.js";
import type { NdArray, OpName } from "./op.js";
import { ndArray } from "./ops/ndarray.js";
import { ops } from "./ops.js";
import { bindSize, type Shape, type SizeBindings } from "./shape.js";

/**
 * Values of the named outputs. `feeds` holds an array for every input; `sizes` binds named sizes.
 * Throws `graph-invalid` for an input without a value or of the wrong shape.
 */
export function interpret<O extends GraphOutputs>(
  outputs: O,
  feeds: Readonly<Record<string, NdArray>>,
  sizes: SizeBindings = {},
): { readonly [K in keyof O]: NdArray } {
  const bind = (shape: Shape) => shape.map((size) => bindSize(size, sizes));
  const values = new Map<Tensor, NdArray>();
  const arrayOf = (tensor: Tensor): NdArray => {
    const known = values.get(tensor);
    if (known !== undefined) return known;
    const { source } = tensor;
    if (source.kind === "constant") return ndArray(bind(tensor.shape), source.values);
    if (source.kind === "input") {
      const fed = feeds[source.name];
      const expected = bind(tensor.shape);
      if (fed === undefined || fed.shape.join() !== expected.join()) {
        throw new L3MaskingError(
          "graph-invalid",
          `input ${source.name} needs shape [${expected}], got ${fed ? `[${fed.shape}]` : "nothing"}`,
        );
      }
      return fed;
    }
    throw new L3MaskingError("graph-invalid", `${source.op} was used before it was computed`);
  };
  for (const node of orderedNodes(Object.values(outputs))) {
    const results = evaluateNode(node, node.inputs.map(arrayOf), bind);
    node.outputs.forEach((output, index) => {
      values.set(output, results[index]);
    });
  }
  const named = Object.entries(outputs).map(([name, tensor]) => [name, arrayOf(tensor)]);
  return Object.fromEntries(named);
}

function evaluateNode<K extends OpName>(
  node: Node<K>,
  inputs: readonly NdArray[],
  bind: (shape: Shape) => number[],
): readonly NdArray[] {
  return ops[node.op].evaluate(inputs, node.attributes, bind);
}

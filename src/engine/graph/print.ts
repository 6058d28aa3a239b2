/** A readable listing of a graph, for snapshots and for people. */
import { type GraphOutputs, graphInputs, orderedNodes, type Tensor } from "./graph.js";
import { formatShape } from "./shape.js";

/** One line for each input, node and output, in order of computation. */
export function printGraph(outputs: GraphOutputs): string {
  const tensors = Object.values(outputs);
  const nodes = orderedNodes(tensors);
  const names = new Map<Tensor, string>();
  for (const input of graphInputs(tensors)) names.set(input, input.source.name);
  let count = 0;
  for (const node of nodes) for (const output of node.outputs) names.set(output, `%${count++}`);
  const nameOf = (tensor: Tensor) => {
    if (tensor.source.kind !== "constant") return names.get(tensor) ?? "?";
    const { values } = tensor.source;
    return values.length > 4 ? `(${values.length} constants)` : `(${values.join(" ")})`;
  };
  return [
    ...graphInputs(tensors).map(
      (input) => `input ${input.source.name}: ${input.type} ${formatShape(input.shape)}`,
    ),
    ...nodes.map((node) => {
      const results = node.outputs.map(
        (output) => `${nameOf(output)}: ${formatShape(output.shape)}`,
      );
      const attributes = Object.entries(node.attributes).map(([k, v]) => `${k}=${v}`);
      const operands = [...node.inputs.map(nameOf), ...attributes].join(", ");
      return `${results.join(", ")} = ${node.op}(${operands})  # ${node.scope}`;
    }),
    ...Object.entries(outputs).map(([name, tensor]) => `output ${name} = ${nameOf(tensor)}`),
  ].join("\n");
}

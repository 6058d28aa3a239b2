/** Checks a graph before it is written, so that a fault is reported in our words and not a runtime's. */
import { L3MaskingError } from "../../base/errors.js";
import { type GraphOutputs, graphInputs, type Node, orderedNodes } from "./graph.js";
import type { OpName } from "./op.js";
import { inferOp } from "./ops.js";
import { formatShape, sameShape, sizeNames } from "./shape.js";

/**
 * Throws `graph-invalid` unless: there are outputs; every node's recorded output types are those
 * that its operation infers; inputs precede users; names of inputs and outputs are unique; constants are complete;
 * and every named size of the graph occurs in the shape of some input.
 */
export function verifyGraph(outputs: GraphOutputs): void {
  const tensors = Object.values(outputs);
  if (tensors.length === 0) fail("the graph has no outputs");
  const inputs = graphInputs(tensors);
  const names = inputs.map((input) => input.source.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) fail(`two inputs are named ${repeated}`);
  const taken = Object.keys(outputs).find((name) => names.includes(name));
  if (taken !== undefined) fail(`an input and an output are both named ${taken}`);
  const bound = new Set(inputs.flatMap((input) => input.shape.flatMap(sizeNames)));
  for (const node of orderedNodes(tensors)) verifyNode(node, bound);
}

function verifyNode<K extends OpName>(node: Node<K>, bound: ReadonlySet<string>): void {
  const where = `${node.op} in ${node.scope || "the graph"}`;
  const inferred = inferOp(node.op, node.inputs, node.attributes, node.scope);
  if (inferred.length !== node.outputs.length) fail(`${where}: wrong number of outputs`);
  node.outputs.forEach((output, index) => {
    const expected = inferred[index];
    if (output.type !== expected.type || !sameShape(output.shape, expected.shape)) {
      fail(
        `${where}: output ${index} is recorded as ${output.type} ${formatShape(output.shape)}, ` +
          `but the operation gives ${expected.type} ${formatShape(expected.shape)}`,
      );
    }
    const unbound = output.shape.flatMap(sizeNames).find((name) => !bound.has(name));
    if (unbound !== undefined) fail(`${where}: no input has the size ${unbound}`);
  });
  for (const input of node.inputs) {
    if (input.id >= node.outputs[0].id) fail(`${where}: uses a tensor made after it`);
    if (input.source.kind !== "constant") continue;
    const size = input.shape.reduce<number>((product, extent) => product * Number(extent), 1);
    if (size !== input.source.values.length) fail(`${where}: an incomplete constant`);
  }
}

function fail(message: string): never {
  throw new L3MaskingError("graph-invalid", message);
}

/**
 * How much memory a graph needs while it runs: every value lives from the node that makes it to the last one that
 * reads it, so what the backward pass reads stays, and what is no longer needed frees its memory.
 */
import { elementBytes, type GraphOutputs, type Node, orderedNodes, type Tensor } from "./graph.js";
import type { NodeMemory } from "./op.js";
import { ops } from "./ops.js";
import { bindSize, type SizeBindings, sizeOf } from "./shape.js";

/** From when to when a value exists, in nodes. */
interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  last: number;
}

/**
 * The most bytes that the values of a graph take at once, with its nodes in the order of creation and the named sizes
 * bound. Outputs stay to the end; what is fed (weights, masks, ids) has a place of its own and does not count. A
 * runtime that keeps to this order and reuses what is free without gaps needs exactly this much.
 *
 * Throws `graph-invalid` for a size without a value.
 */
export function peakBytes(outputs: GraphOutputs, sizes: SizeBindings): number {
  const bytesOf = ({ shape, type }: Pick<Tensor, "shape" | "type">) =>
    bindSize(sizeOf(shape), sizes) * elementBytes[type];
  const nodes = orderedNodes(Object.values(outputs));
  const lifetimes = lifetimesOf(nodes, Object.values(outputs), bytesOf);

  const changes = new Float64Array(nodes.length + 2);
  for (const { bytes, first, last } of lifetimes) {
    if (last < first) continue;
    changes[first] += bytes;
    changes[last + 1] -= bytes;
  }
  let live = 0;
  return nodes.reduce((peak, node, time) => {
    live += changes[time];
    const { scratch } = memoryOf(node);
    return Math.max(peak, live + (scratch === undefined ? 0 : bytesOf(scratch)));
  }, 0);
}

type BytesOf = (tensor: Pick<Tensor, "shape" | "type">) => number;

function lifetimesOf(
  nodes: readonly Node[],
  outputs: readonly Tensor[],
  bytesOf: BytesOf,
): Iterable<Lifetime> {
  const lifetimes = new Map<Tensor, Lifetime>();
  /** Makes a value, or reads it where it is there already. */
  const touch = (value: Tensor | undefined, bytes: number, time: number) => {
    if (value === undefined) return;
    const known = lifetimes.get(value);
    if (known === undefined) lifetimes.set(value, { bytes, first: time, last: time });
    else known.last = Math.max(known.last, time);
  };

  nodes.forEach((node, time) => {
    for (const tensor of [...node.inputs, ...node.outputs]) {
      touch(roomOf(tensor), bytesOf(tensor), time);
    }
  });
  for (const output of outputs) touch(roomOf(output), bytesOf(output), nodes.length);
  nodes.forEach((node, time) => {
    const [output] = node.outputs;
    if (ops[node.op].memory !== "in place") return;
    const replaced = node.inputs
      .map((input) => lifetimes.get(roomOf(input) ?? output))
      .find((life) => life?.last === time && life.first < time && life.bytes === bytesOf(output));
    if (replaced !== undefined) replaced.last = time - 1;
  });
  return lifetimes.values();
}

/** Whose room a tensor takes; none of its own where it is fed or fixed. */
function roomOf(tensor: Tensor): Tensor | undefined {
  const { source } = tensor;
  if (source.kind !== "node") return undefined;
  const place = memoryOf(source).places[source.outputs.indexOf(tensor)];
  return place === tensor ? tensor : roomOf(place);
}

function memoryOf({ op, inputs, outputs }: Node): NodeMemory {
  const { memory } = ops[op];
  return typeof memory === "function" ? memory(inputs, outputs) : { places: outputs };
}

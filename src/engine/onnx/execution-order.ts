/**
 * The order of nodes in a file, which decides in which order ONNX Runtime runs them.
 *
 * The runtime does not keep to the file. It starts from the nodes that nobody reads, the last of them first, and before
 * each it runs what that needs, of several inputs the one whose node is last in the file first. Written as they are made,
 * the gradients of all weights would therefore come after the whole backward pass, with everything they read kept for
 * them, and the casts of all dropout masks would be the first thing to run.
 */

/** What the order depends on. */
interface Wired {
  readonly input: readonly string[];
  readonly output: readonly string[];
}

/** Of nodes in topological order, those that the named results come out of. */
export function nodesFor<Made extends Wired>(
  nodes: readonly Made[],
  results: Iterable<string>,
): Made[] {
  const needed = new Set(results);
  const kept: Made[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.output.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of node.input) needed.add(name);
  }
  return kept.reverse();
}

/**
 * The nodes in an order that makes the runtime run them as they were made: first those that read no other node, so that
 * each runs just before its reader; then the rest as they were made; last those that nobody reads, the first made at the
 * end. It is a topological order if the given one is.
 */
export function executionOrder<Made extends Wired>(nodes: readonly Made[]): Made[] {
  const made = new Set(nodes.flatMap(({ output }) => output));
  const read = new Set(nodes.flatMap(({ input }) => input));
  const isLast = ({ output }: Made) => !output.some((name) => read.has(name));
  const isFirst = (node: Made) => !isLast(node) && !node.input.some((name) => made.has(name));
  const isBetween = (node: Made) => !isLast(node) && !isFirst(node);
  return [...nodes.filter(isFirst), ...nodes.filter(isBetween), ...nodes.filter(isLast).reverse()];
}

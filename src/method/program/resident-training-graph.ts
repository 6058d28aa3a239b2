/**
 * Training graphs for a device that holds weights and gradients: dropout masks are made in the graph, and rows of gradients
 * are added there, in the same order in every run.
 */
import type { Builder } from "../../engine/graph/builder.js";
import type { GraphOutputs, Tensor } from "../../engine/graph/graph.js";
import type { RowGradient } from "../../engine/graph/op.js";
import { sizeOf } from "../../engine/graph/shape.js";
import { dropoutThreshold } from "../../engine/kernels/dropout.js";
import {
  differentiatedLosses,
  dropoutRate,
  rowIndices,
  type TrainingDefinition,
} from "./training-graph.js";

/** A training graph and how its inputs and outputs are to be served. */
export interface ResidentTrainingGraph {
  /** `lossSum.TASK` and `correct.TASK`, and `sum.NAME`: the gradient so far, `gradient.NAME`, and that of this pass. */
  readonly outputs: GraphOutputs;
  /** Dropout sites, in the order in which the graph meets them; their seeds are the inputs `seed.SITE`. */
  readonly sites: readonly string[];
  /** Parameters that have a `sum.NAME`, and whether it has rows of gradients in it. */
  readonly summed: ReadonlyMap<string, { readonly hasRows: boolean }>;
  /**
   * Inputs with the rows that a table is read at. Of each, the distinct ones are fed as `distinct.INPUT`, whose length is the
   * size of that name.
   */
  readonly rowInputs: readonly string[];
}

/** Name of the input, and of its length, with the distinct rows among those of another. */
export function distinctName(input: string): string {
  return `distinct.${input}`;
}

/** As `trainingGraph`, for a device. */
export function residentTrainingGraph(
  build: Builder,
  definition: TrainingDefinition,
): ResidentTrainingGraph {
  const sites: string[] = [];
  const losses = differentiatedLosses(build, definition, (site, shape) => {
    sites.push(site);
    const threshold = dropoutThreshold(dropoutRate(site, definition.rates));
    return build.scope(site, () =>
      build.dropoutMask(build.input(`seed.${site}`, "int32", []), shape, threshold),
    );
  });
  const outputs: Record<string, Tensor> = { ...losses.outputs };
  const summed = new Map<string, { readonly hasRows: boolean }>();
  const groupings = new Map<Tensor, Grouping>();
  for (const { parameter, soFar, gradient } of losses.gradients) {
    const sum = build.scope(`gradient/${parameter}`, () =>
      gradient.rows.reduce(
        (table, rows) => addGrouped(build, table, rows, groupings),
        gradient.dense ?? soFar,
      ),
    );
    if (sum === soFar) continue;
    outputs[`sum.${parameter}`] = sum;
    summed.set(parameter, { hasRows: gradient.rows.length > 0 });
  }
  const rowInputs = [...groupings.keys()].flatMap((indices) => {
    const from = rowIndices(indices);
    return "input" in from ? [from.input] : [];
  });
  return { outputs, sites, summed, rowInputs };
}

/** Which of N rows belong to which of D distinct ones. */
interface Grouping {
  readonly distinct: Tensor; // int32 [D]
  /** 1 where row n belongs to the distinct row d, and 0 elsewhere. */
  readonly members: Tensor; // [D, N]
}

/**
 * table[indices[k]] += rows[k]. A device adds rows of the same index in whatever order they come, so that the sum is another
 * in every run; a product sums them up in a fixed one, and what is then added is distinct.
 */
function addGrouped(
  build: Builder,
  table: Tensor,
  { indices, rows }: RowGradient,
  groupings: Map<Tensor, Grouping>,
): Tensor {
  const known = groupings.get(indices);
  const { distinct, members } = known ?? grouping(build, indices);
  if (known === undefined) groupings.set(indices, { distinct, members });
  const [count, ...row] = rows.shape;
  const flat = build.reshape(rows, [count, sizeOf(row)]);
  const summed = build.gemm(members, flat); // [D, row]
  return build.addRows(table, distinct, build.reshape(summed, [distinct.shape[0], ...row]));
}

function grouping(build: Builder, indices: Tensor): Grouping {
  const from = rowIndices(indices);
  let distinct: Tensor;
  if ("input" in from) {
    const name = distinctName(from.input);
    distinct = build.input(name, "int32", [name]);
  } else {
    const values = [...new Set(from.fixed)];
    distinct = build.constant(values, [values.length], "int32");
  }
  const column = build.reshape(distinct, [distinct.shape[0], 1]);
  return { distinct, members: build.toFloat(build.equal(column, indices)) };
}

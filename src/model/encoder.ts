/**
 * The encoder of a family as a graph over packed rows.
 *
 * Legend: R rows, S slots of a row, T = R*S, U distinct tokens, H hidden size, F intermediate size, K read slots.
 */
import type { Tensor } from "../engine/graph/graph.js";
import { attentionBias, flatReads } from "./attention.js";
import type { LayerPlace, ModelContext, RowQueries } from "./spec.js";

/** What the layers read: hidden states of every slot [T, H], or of distinct tokens [U, H] and which of them each slot holds. */
export interface Embedded {
  readonly hidden: Tensor; // [T, H] or [U, H]
  /** int32 [T] */
  readonly tokens?: Tensor;
}

/**
 * Hidden states of packed rows: of every slot [T, H], or of the K flat slots that are read [K, H]: `reads` names them
 * (int32 [K]), or lays them out by rows.
 * Inputs (int32): `ids` [T], `positions` [T], `segments` [R, S].
 *
 * Only attention looks at other slots, so in the last layer everything after it is computed for the read slots alone, and
 * attention too where they are laid out by rows.
 */
export function encoder(context: ModelContext, reads?: Tensor | RowQueries): Tensor {
  const { spec, frozenLayers } = context;
  const mode = frozenLayers === undefined ? context : inEvaluation(context);
  return encoderLayers(context, { hidden: spec.family.embeddings(mode, "R*S") }, reads);
}

/** The embeddings and the first `layers` layers: hidden states of every slot [T, H]. Inputs as of `encoder`. */
export function firstLayers(context: ModelContext, layers: number): Tensor {
  const embedded = { hidden: context.spec.family.embeddings(context, "R*S") };
  return encoderLayers(context, embedded, undefined, { end: layers });
}

/**
 * The layers above the frozen ones, whose output is the input `frozenStates` [T, H] (float32), read at K flat slots (int32 [K]) or at
 * all: [K, H] or [T, H]. Input beside it: `segments`.
 */
export function layersAboveFrozen(context: ModelContext, reads?: Tensor): Tensor {
  const { build, spec, frozenLayers = 0 } = context;
  const hidden = build.input("frozenStates", "float32", ["R*S", spec.hiddenSize]);
  if (frozenLayers === spec.layers) {
    return reads === undefined ? hidden : build.gatherRows(hidden, reads);
  }
  return encoderLayers(context, { hidden }, reads, { first: frozenLayers });
}

function inEvaluation({ dropout: _, ...context }: ModelContext): ModelContext {
  return context;
}

/**
 * As `encoder`, with what depends on a token and its position alone computed once for each of the U distinct pairs: its
 * embedding, and its query, key and value in the first layer. Masked copies of a text share nearly all of theirs.
 * Inputs (int32): `ids` [U], `positions` [U], `tokens` [T] (which of the U a slot holds), `segments` [R, S].
 */
export function distinctTokenEncoder(context: ModelContext, reads: Tensor | RowQueries): Tensor {
  const tokens = context.build.input("tokens", "int32", ["R*S"]);
  return encoderLayers(
    context,
    { hidden: context.spec.family.embeddings(context, "U"), tokens },
    reads,
  );
}

/** The layers over the embeddings, or those from `first` on and below `end`; see `encoder`. Input: `segments`. */
export function encoderLayers(
  context: ModelContext,
  { hidden: embedded, tokens }: Embedded,
  reads?: Tensor | RowQueries,
  { first = 0, end = context.spec.layers }: { readonly first?: number; readonly end?: number } = {},
): Tensor {
  const { build, spec, frozenLayers = 0 } = context;
  const segments = build.input("segments", "int32", ["R", "S"]);
  const sameText = build.scope("segments", () => attentionBias(build, segments, segments));
  const { attentionViews } = spec.family;
  const viewOf =
    attentionViews === undefined
      ? () => ({ bias: sameText })
      : build.scope("attention", () => attentionViews(context, sameText));
  const read =
    attentionViews === undefined || reads === undefined ? reads : flatReads(build, reads);
  let hidden = embedded;
  for (let layer = first; layer < end; layer++) {
    const place: LayerPlace = {
      name: `encoder.layer.${layer}`,
      ...(layer === 0 && { tokens }),
      ...(layer === spec.layers - 1 && { reads: read }),
    };
    const mode = layer < frozenLayers ? inEvaluation(context) : context;
    const view = viewOf(layer);
    hidden = build.scope(`layer.${layer}`, () => spec.family.layer(mode, place, hidden, view));
  }
  return hidden; // [T, H] or [K, H]
}

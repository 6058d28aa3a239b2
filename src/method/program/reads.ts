/**
 * What is read of a batch, laid out for the graphs: the slots that are read, row by row, and the distinct tokens.
 *
 * Legend: R rows, S slots of a row, T = R*S, K read slots, Q queries of a row, U distinct tokens.
 */
import type { PackedBatch } from "../batch/pack.js";

/** The slots that are read, as many in each row. */
export interface RowReads {
  /** Q, the most read slots of a row. */
  readonly queries: number;
  /** Flat slots; a row of fewer repeats its first slot. */
  readonly querySlots: Int32Array; // [R*Q]
  /** The segments of those slots. */
  readonly querySegments: Int32Array; // [R*Q]
  /** Where each read slot is among them, in the order of the slots. */
  readonly queryReads: Int32Array; // [K]
}

/** Lays K flat slots out by rows; a slot given twice becomes two queries. */
export function readsByRow(batch: PackedBatch, slots: Int32Array): RowReads {
  const counts = new Int32Array(batch.rows);
  const places = slots.map((slot) => {
    const row = Math.floor(slot / batch.slots);
    counts[row] += 1;
    return counts[row] - 1;
  });
  const queries = counts.reduce((most, count) => Math.max(most, count), 1);
  const querySlots = Int32Array.from({ length: batch.rows * queries }, (_, query) => {
    return Math.floor(query / queries) * batch.slots;
  });
  const queryReads = slots.map((slot, read) => {
    return Math.floor(slot / batch.slots) * queries + places[read];
  });
  queryReads.forEach((query, read) => {
    querySlots[query] = slots[read];
  });
  const querySegments = querySlots.map((slot) => batch.segments[slot]);
  return { queries, querySlots, querySegments, queryReads };
}

/** The distinct tokens of a batch by id, position and type, empty slots included. */
export interface DistinctTokens {
  readonly ids: Int32Array; // [U]
  readonly positions: Int32Array; // [U]
  readonly tokenTypes?: Int32Array; // [U]
  /** Which of them each slot holds. */
  readonly tokens: Int32Array; // [T]
}

export function distinctTokens({ ids, positions, tokenTypes }: PackedBatch): DistinctTokens {
  // Ids and positions are below 2^26 each, and types below 2, so the three are one exact number.
  const found = new Map<number, number>();
  const firsts: number[] = [];
  const tokens = ids.map((id, slot) => {
    const token = (id * 2 ** 26 + positions[slot]) * 2 + (tokenTypes?.[slot] ?? 0);
    const known = found.get(token);
    if (known !== undefined) return known;
    found.set(token, firsts.length);
    return firsts.push(slot) - 1;
  });
  return {
    ids: Int32Array.from(firsts, (slot) => ids[slot]),
    positions: Int32Array.from(firsts, (slot) => positions[slot]),
    ...(tokenTypes && { tokenTypes: Int32Array.from(firsts, (slot) => tokenTypes[slot]) }),
    tokens,
  };
}

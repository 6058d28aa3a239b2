import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packTexts } from "../batch/pack.js";
import { distinctTokens, readsByRow } from "./reads.js";

fc.configureGlobal({ seed: 1 });

const layout = { padId: 1, firstPosition: 2 };

/** Packed texts of a few ids, and some of their slots. */
const batches = fc
  .array(fc.array(fc.integer({ min: 3, max: 6 }), { minLength: 1, maxLength: 9 }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((texts) =>
    packTexts(
      texts.map((ids) => Int32Array.from(ids)),
      layout,
    ),
  );
const withSlots = batches.chain((batch) =>
  fc.tuple(
    fc.constant(batch),
    fc
      .array(fc.nat({ max: batch.rows * batch.slots - 1 }), { minLength: 1, maxLength: 20 })
      .map((slots) => Int32Array.from(slots)),
  ),
);

describe("readsByRow", () => {
  it("lays slots out by rows, and rows of fewer repeat their first slot", () => {
    // Best fit: 4 + 2 in the first row, 3 in the second.
    const batch = packTexts(
      [Int32Array.of(5, 5, 5, 5), Int32Array.of(6, 6), Int32Array.of(7, 7, 7)],
      { ...layout, slots: 6 },
    );
    expect([...batch.firstSlots]).toEqual([0, 4, 6]);
    expect(readsByRow(batch, Int32Array.of(4, 8, 1))).toEqual({
      queries: 2,
      querySlots: Int32Array.of(4, 1, 8, 6),
      querySegments: Int32Array.of(1, 0, 0, 0),
      queryReads: Int32Array.of(0, 2, 1),
    });
  });

  it("keeps every query in its row and finds every slot again", () => {
    fc.assert(
      fc.property(withSlots, ([batch, slots]) => {
        const { queries, querySlots, querySegments, queryReads } = readsByRow(batch, slots);
        expect(querySlots).toHaveLength(batch.rows * queries);
        expect(queryReads.map((query) => querySlots[query])).toEqual(slots);
        expect(new Set(queryReads).size).toBe(slots.length);
        querySlots.forEach((slot, query) => {
          expect(Math.floor(slot / batch.slots)).toBe(Math.floor(query / queries));
          expect(querySegments[query]).toBe(batch.segments[slot]);
        });
        const inRows = Array.from({ length: batch.rows }, (_, row) =>
          slots.reduce((count, slot) => count + Number(Math.floor(slot / batch.slots) === row), 0),
        );
        expect(queries).toBe(Math.max(...inRows));
      }),
    );
  });
});

describe("distinctTokens", () => {
  it("names each pair of token and position once", () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const { ids, positions, tokens } = distinctTokens(batch);
        expect(tokens.map((token) => ids[token])).toEqual(batch.ids);
        expect(tokens.map((token) => positions[token])).toEqual(batch.positions);
        const pairs = new Set(Array.from(ids, (id, token) => `${id} ${positions[token]}`));
        expect(pairs.size).toBe(ids.length);
      }),
    );
  });
});

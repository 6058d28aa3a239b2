import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PackedBatch } from "./pack.js";
import {
  type PackOptions,
  packTexts,
  padTexts,
  slotOf,
  slotsOf,
  withFrozenStates,
} from "./pack.js";

fc.configureGlobal({ seed: 1 });

const PAD = 1;
const mismatch = expect.objectContaining({ code: "input-mismatch" });

/** Texts of the given lengths; token 100 * text + position + 100 tells where each came from. */
function textsOf(...lengths: number[]): Int32Array[] {
  return lengths.map((length, text) => Int32Array.from({ length }, (_, i) => 100 * (text + 1) + i));
}

function pack(texts: readonly Int32Array[], options: Partial<PackOptions> = {}): PackedBatch {
  return packTexts(texts, { padId: PAD, firstPosition: 2, ...options });
}

/** Everything a batch must satisfy, read from its arrays alone. */
function expectHolds(
  batch: PackedBatch,
  texts: readonly Int32Array[],
  firstPosition: number,
): void {
  const { rows, slots, ids, positions, segments, firstSlots, tokens } = batch;
  expect([ids.length, positions.length, segments.length]).toEqual(new Array(3).fill(rows * slots));
  expect(firstSlots).toHaveLength(texts.length);
  expect(tokens).toBe(texts.reduce((sum, text) => sum + text.length, 0));
  expect(segments.filter((segment) => segment >= 0)).toHaveLength(tokens);
  texts.forEach((text, b) => {
    const first = firstSlots[b];
    expect(ids.slice(first, first + text.length)).toEqual(text);
    expect([...positions.slice(first, first + text.length)]).toEqual(
      Array.from(text.keys(), (i) => firstPosition + i),
    );
    const row = Math.floor(first / slots);
    expect(Math.floor((first + text.length - 1) / slots)).toBe(row);
    // The text is its segment: all of it, and nothing else in the row.
    const own: number[] = [];
    for (let slot = row * slots; slot < (row + 1) * slots; slot++) {
      if (segments[slot] === segments[first]) own.push(slot);
    }
    expect(own).toEqual(Array.from(text.keys(), (i) => first + i));
  });
  ids.forEach((id, slot) => {
    if (segments[slot] === -1) expect(id).toBe(PAD);
  });
}

const someTexts = fc
  .array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 25 })
  .map((lengths) => textsOf(...lengths));

describe("packTexts", () => {
  it("lays texts out by best-fit decreasing", () => {
    // 5 | 4 opens a row | 3 fits only behind the 4 (7 of 8) | 3 fits behind the 5 (8 of 8).
    const batch = pack(textsOf(3, 5, 3, 4), { slots: 8 });
    expect(batch).toEqual({
      rows: 2,
      slots: 8,
      ids: Int32Array.of(
        ...[200, 201, 202, 203, 204, 100, 101, 102],
        ...[400, 401, 402, 403, 300, 301, 302, PAD],
      ),
      positions: Int32Array.of(...[2, 3, 4, 5, 6, 2, 3, 4], ...[2, 3, 4, 5, 2, 3, 4, 2]),
      segments: Int32Array.of(...[0, 0, 0, 0, 0, 1, 1, 1], ...[0, 0, 0, 0, 1, 1, 1, -1]),
      firstSlots: Int32Array.of(5, 0, 12, 8),
      tokens: 15,
    });
  });

  it("prefers the row that is left with the least room", () => {
    // Rows with 6 and 7 of 10 used: a text of 3 fills the second, not the first.
    const batch = pack(textsOf(7, 6, 3), { slots: 10 });
    expect([...batch.firstSlots]).toEqual([0, 10, 7]);
  });

  it("loses and doubles no token, whatever S", () => {
    fc.assert(
      fc.property(
        someTexts,
        fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
        fc.integer({ min: 0, max: 3 }),
        (texts, spare, firstPosition) => {
          const longest = Math.max(...texts.map((text) => text.length));
          const slots = spare === undefined ? {} : { slots: longest + spare };
          const batch = pack(texts, { ...slots, firstPosition });
          expectHolds(batch, texts, firstPosition);
          if (spare !== undefined) expect(batch.slots).toBe(longest + spare);
        },
      ),
    );
  });

  it("chooses S between the longest text and maxSlots, with no more slots than the longest would take", () => {
    fc.assert(
      fc.property(someTexts, fc.integer({ min: 0, max: 60 }), (texts, spare) => {
        const longest = Math.max(...texts.map((text) => text.length));
        const chosen = pack(texts, { maxSlots: longest + spare });
        expect(chosen.slots).toBeGreaterThanOrEqual(longest);
        expect(chosen.slots).toBeLessThanOrEqual(longest + spare);
        const plain = pack(texts, { slots: longest });
        expect(chosen.rows * chosen.slots).toBeLessThanOrEqual(plain.rows * plain.slots);
      }),
    );
  });

  it("takes longer rows where they waste less, unless attention costs more than they save", () => {
    // Lengths 8 7 7 7: rows of 8 take 32 slots for 29 tokens, one row of 29 takes 29.
    const texts = textsOf(8, 7, 7, 7);
    expect(pack(texts, { maxSlots: 29 })).toMatchObject({ rows: 1, slots: 29 });
    // Work R*S*(6H + S) with H = 1: 32 * 14 = 448 against 29 * 35 = 1015.
    expect(pack(texts, { maxSlots: 29, hiddenSize: 1 })).toMatchObject({ rows: 4, slots: 8 });
    expect(pack(texts, { maxSlots: 29, hiddenSize: 768 })).toMatchObject({ rows: 1, slots: 29 });
  });

  it("takes the smaller S among equals", () => {
    expect(pack(textsOf(4, 4), { maxSlots: 8 })).toMatchObject({ rows: 2, slots: 4 });
  });

  it("wastes little on lengths like those of real texts", () => {
    // 64 lengths from 10 to 128, by a fixed linear rule.
    const texts = textsOf(...Array.from({ length: 64 }, (_, i) => 10 + ((i * 37) % 119)));
    const batch = pack(texts);
    expect(batch.tokens / (batch.rows * batch.slots)).toBeGreaterThan(0.97);
  });

  it("refuses what does not fit", () => {
    expect(() => pack([])).toThrow(mismatch);
    expect(() => pack([new Int32Array(0)])).toThrow("an empty text at index 0");
    expect(() => pack(textsOf(5), { slots: 4 })).toThrow("longest text (5 tokens), got 4");
    expect(() => pack(textsOf(5), { maxSlots: 4 })).toThrow(mismatch);
    expect(() => pack(textsOf(5), { slots: 5.5 })).toThrow(mismatch);
  });
});

describe("padTexts", () => {
  it("gives each text a row, in order", () => {
    const options = { padId: PAD, firstPosition: 0 };
    expect(padTexts(textsOf(2, 3), options)).toEqual({
      rows: 2,
      slots: 3,
      ids: Int32Array.of(100, 101, PAD, 200, 201, 202),
      positions: Int32Array.of(0, 1, 0, 0, 1, 2),
      segments: Int32Array.of(0, 0, -1, 0, 0, 0),
      firstSlots: Int32Array.of(0, 3),
      tokens: 5,
    });
    fc.assert(
      fc.property(someTexts, fc.nat(9), (texts, spare) => {
        const longest = Math.max(...texts.map((text) => text.length));
        expectHolds(padTexts(texts, { ...options, slots: longest + spare }), texts, 0);
      }),
    );
  });

  it("refuses what does not fit", () => {
    const options = { padId: PAD, firstPosition: 0 };
    expect(() => padTexts([], options)).toThrow(mismatch);
    expect(() => padTexts(textsOf(5), { ...options, slots: 4 })).toThrow(mismatch);
  });
});

describe("slotOf", () => {
  it("finds every token in either layout", () => {
    fc.assert(
      fc.property(someTexts, (texts) => {
        const layouts = [pack(texts), padTexts(texts, { padId: PAD, firstPosition: 2 })];
        for (const batch of layouts) {
          texts.forEach((text, b) => {
            text.forEach((id, position) => {
              expect(batch.ids[slotOf(batch, b, position)]).toBe(id);
            });
          });
        }
      }),
    );
  });

  it("lays hidden states where the tokens lie, and 0 where there are none", () => {
    const batch = pack(textsOf(2, 3), { slots: 4 });
    expect([...batch.firstSlots]).toEqual([4, 0]);
    const states = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6)];
    const { frozenStates, ids } = withFrozenStates(batch, states, 2);
    expect(ids).toBe(batch.ids);
    expect([...(frozenStates ?? [])]).toEqual([5, 6, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]);
  });

  it("finds lists of positions, text by text", () => {
    const batch = pack(textsOf(3, 5, 3, 4), { slots: 8 });
    const positions = [[0, 2], [], [1], [3]].map((list) => Int32Array.from(list));
    expect([...slotsOf(batch, positions)]).toEqual([5, 7, 13, 11]);
  });

  it.each([
    [0, -1],
    [0, 3],
    [1, 5],
    [2, 3],
    [3, 4],
    [3, 100],
    [4, 0],
    [-1, 0],
    [0, 0.5],
  ])("refuses text %d position %d", (text, position) => {
    const batch = pack(textsOf(3, 5, 3, 4), { slots: 8 });
    expect(() => slotOf(batch, text, position)).toThrow(mismatch);
  });

  it("does not run on into the next row", () => {
    // Two full rows whose texts both are segment 0.
    const batch = pack(textsOf(4, 4), { slots: 4 });
    expect(() => slotOf(batch, 0, 4)).toThrow(mismatch);
  });
});

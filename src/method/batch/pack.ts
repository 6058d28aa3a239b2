/**
 * Texts laid out in rows of equal length: packed (several texts may share a row) or padded (one per row).
 *
 * Legend: B texts, R rows, S slots per row.
 */
import { L3MaskingError } from "../../base/errors.js";
import { type ModelSpec, readsTokenTypes } from "../../model/spec.js";

/**
 * Texts packed into rows: R rows of S slots; several texts may share a row and attention stays
 * inside each text, so little is spent on padding and batches keep their random order.
 */
export interface PackedBatch {
  /** R */
  readonly rows: number;
  /** S */
  readonly slots: number;
  readonly ids: Int32Array; // [R*S], the pad id in empty slots
  /** Index into the position table, the model's offset included. */
  readonly positions: Int32Array; // [R*S]
  /** 1 in the second text of a pair, where a model tells the two apart. */
  readonly tokenTypes?: Int32Array; // [R*S]
  /** Which text of its row a slot belongs to: 0, 1, ...; -1 for empty slots. */
  readonly segments: Int32Array; // [R*S]
  /** Flat slot (row*S + slot) of the first token of each text, in the order the texts came. */
  readonly firstSlots: Int32Array; // [B]
  /** Number of slots that hold a token. */
  readonly tokens: number;
  /** Hidden states of frozen layers, where a program starts from them. */
  readonly frozenStates?: Float32Array; // [R*S, H]
}

export interface LayoutOptions {
  /** Fills empty slots. */
  readonly padId: number;
  /** Position id of a text's first token; later tokens count on from it. */
  readonly firstPosition: number;
  /** S; chosen if absent. */
  readonly slots?: number;
  /** The id that closes the first text of a pair, where the tokens behind it have another type. */
  readonly pairSeparator?: number | undefined;
}

export interface PackOptions extends LayoutOptions {
  /** Largest S to consider when it is chosen; twice the longest text if absent. */
  readonly maxSlots?: number;
  /** H of the encoder, to weigh attention's cost in long rows when S is chosen; only slots count if absent. */
  readonly hiddenSize?: number;
}

/** How texts are packed for a model: rows no longer than it can read. */
export function packOptions(spec: ModelSpec): PackOptions {
  return {
    padId: spec.padId,
    firstPosition: spec.firstPosition,
    hiddenSize: spec.hiddenSize,
    maxSlots: spec.maxPositions - spec.firstPosition,
    pairSeparator: readsTokenTypes(spec) ? spec.pairSeparator : undefined,
  };
}

/** Where a text lies. */
interface Place {
  readonly row: number;
  readonly start: number;
  /** Which text of its row it is: 0, 1, ... */
  readonly segment: number;
}

interface Layout {
  readonly slots: number;
  readonly rows: number;
  readonly places: readonly Place[]; // [B]
}

/** How many values of S are tried: the longest text, the largest, and evenly spread ones between. */
const CANDIDATES = 8;

/**
 * Packs B texts (token ids) into rows by best-fit decreasing: longest text first, each into the row that
 * it leaves with the least room, or into a new one. Equal inputs give equal layouts.
 *
 * If S is not given, the candidate with the least work is taken, the smaller S if equal. The work of R rows
 * is R*S slots, or R*S*(6H + S) with `hiddenSize`: a layer multiplies about 12 H^2 times per slot in its
 * dense parts and 2 H S times in attention.
 *
 * Errors: `input-mismatch` for no texts, an empty text, or a text longer than `slots` or `maxSlots`.
 * Reference: Johnson 1974, "Fast Algorithms for Bin Packing"; Krell et al. 2021, "Efficient Sequence Packing
 * without Cross-contamination".
 */
export function packTexts(texts: readonly Int32Array[], options: PackOptions): PackedBatch {
  const longest = longestText(texts);
  const { slots, hiddenSize } = options;
  if (slots !== undefined) {
    checkFits(longest, slots, "slots");
    return fill(texts, bestFit(texts, slots), options);
  }
  const maxSlots = options.maxSlots ?? 2 * longest;
  checkFits(longest, maxSlots, "maxSlots");
  // No padding, and attention costs least.
  if (texts.every(({ length }) => length === longest)) return padTexts(texts, options);
  const work = (layout: Layout) =>
    layout.rows * layout.slots * (hiddenSize === undefined ? 1 : 6 * hiddenSize + layout.slots);
  const layouts = candidateSlots(longest, maxSlots).map((size) => bestFit(texts, size));
  const best = layouts.reduce((least, layout) => (work(layout) < work(least) ? layout : least));
  return fill(texts, best, options);
}

/**
 * One text per row, in order; S is the longest text unless given.
 *
 * Errors: `input-mismatch` for no texts, an empty text, or a text longer than `slots`.
 */
export function padTexts(texts: readonly Int32Array[], options: LayoutOptions): PackedBatch {
  const longest = longestText(texts);
  const slots = options.slots ?? longest;
  checkFits(longest, slots, "slots");
  const places = texts.map((_, row) => ({ row, start: 0, segment: 0 }));
  return fill(texts, { slots, rows: texts.length, places }, options);
}

/** The batch with hidden states of each text's first tokens, as many as are given: flat [n, H] for each text. They are 0 in all other slots. */
export function withFrozenStates(
  batch: PackedBatch,
  states: readonly Float32Array[], // [B]
  hiddenSize: number,
): PackedBatch {
  const frozenStates = new Float32Array(batch.rows * batch.slots * hiddenSize);
  states.forEach((rows, text) => {
    frozenStates.set(rows, batch.firstSlots[text] * hiddenSize);
  });
  return { ...batch, frozenStates };
}

/**
 * Flat slot (row*S + slot) of a token.
 *
 * Errors: `input-mismatch` if the batch has no such text or the text no such position.
 */
export function slotOf(batch: PackedBatch, text: number, position: number): number {
  const first = batch.firstSlots[text];
  const slot = first + position;
  const sameRow = Math.floor(slot / batch.slots) === Math.floor(first / batch.slots);
  if (sameRow && batch.segments[slot] === batch.segments[first]) return slot;
  throw new L3MaskingError(
    "input-mismatch",
    `expected a token of the batch (${batch.firstSlots.length} texts), got position ${position} of text ${text}`,
    { hint: "Use positions from the encodings that were packed." },
  );
}

/** Flat slots of many tokens: `positions[b]` lists positions of text b; concatenated in order. */
export function slotsOf(batch: PackedBatch, positions: readonly Int32Array[]): Int32Array {
  const slots = positions.flatMap((list, text) =>
    Array.from(list, (position) => slotOf(batch, text, position)),
  );
  return Int32Array.from(slots);
}

function longestText(texts: readonly Int32Array[]): number {
  const empty = texts.findIndex((ids) => ids.length === 0);
  if (texts.length === 0 || empty >= 0) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected texts with at least one token each, got ${texts.length === 0 ? "no texts" : `an empty text at index ${empty}`}`,
      { hint: "Pack encodings: they hold at least their special tokens." },
    );
  }
  return texts.reduce((longest, ids) => Math.max(longest, ids.length), 0);
}

function checkFits(longest: number, slots: number, name: string): void {
  if (Number.isInteger(slots) && slots >= longest) return;
  throw new L3MaskingError(
    "input-mismatch",
    `expected ${name} to be an integer of at least the longest text (${longest} tokens), got ${slots}`,
    { hint: "Encode with a smaller max_length, or allow longer rows." },
  );
}

/** Ascending and distinct. */
function candidateSlots(longest: number, maxSlots: number): number[] {
  const steps = Array.from({ length: CANDIDATES }, (_, i) => i / (CANDIDATES - 1));
  const sizes = steps.map((step) => Math.round(longest + step * (maxSlots - longest)));
  return [...new Set(sizes)];
}

function bestFit(texts: readonly Int32Array[], slots: number): Layout {
  const order = Array.from(texts.keys()).sort((a, b) => texts[b].length - texts[a].length || a - b);
  const rows: { used: number; texts: number }[] = [];
  const places = new Array<Place>(texts.length);
  for (const text of order) {
    const length = texts[text].length;
    let chosen = -1;
    rows.forEach(({ used }, row) => {
      const fits = used + length <= slots;
      if (fits && (chosen < 0 || used > rows[chosen].used)) chosen = row;
    });
    if (chosen < 0) chosen = rows.push({ used: 0, texts: 0 }) - 1;
    const row = rows[chosen];
    places[text] = { row: chosen, start: row.used, segment: row.texts };
    row.used += length;
    row.texts += 1;
  }
  return { slots, rows: rows.length, places };
}

function fill(
  texts: readonly Int32Array[],
  { slots, rows, places }: Layout,
  { padId, firstPosition, pairSeparator }: LayoutOptions,
): PackedBatch {
  const ids = new Int32Array(rows * slots).fill(padId);
  // Empty slots are never attended to; any row of the position table will do.
  const positions = new Int32Array(rows * slots).fill(firstPosition);
  const segments = new Int32Array(rows * slots).fill(-1);
  const firstSlots = new Int32Array(texts.length);
  const tokenTypes = pairSeparator === undefined ? undefined : new Int32Array(rows * slots);
  let tokens = 0;
  places.forEach(({ row, start, segment }, text) => {
    const first = row * slots + start;
    firstSlots[text] = first;
    tokens += texts[text].length;
    texts[text].forEach((id, i) => {
      ids[first + i] = id;
      positions[first + i] = firstPosition + i;
      segments[first + i] = segment;
    });
    if (tokenTypes === undefined) return;
    tokenTypes.set(tokenTypesOf(texts[text], pairSeparator), first);
  });
  return {
    ...{ rows, slots, ids, positions, segments, firstSlots, tokens },
    ...(tokenTypes && { tokenTypes }),
  };
}

/** The types of a row's tokens: 1 behind the token that closes the first text of a pair, 0 elsewhere. */
export function tokenTypesOf(ids: Int32Array, pairSeparator: number | undefined): Int32Array {
  const end = pairSeparator === undefined ? -1 : ids.indexOf(pairSeparator);
  return ids.map((_, position) => Number(end >= 0 && position > end));
}

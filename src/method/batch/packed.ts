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
  /** Which text of its row a slot belongs to: 0, 1, ...; -1 for empty slots. */
  readonly segments: Int32Array; // [R*S]
  /** Flat slot (row*S + slot) of the first token of each text, in the order the texts came. */
  readonly firstSlots: Int32Array; // [B]
  /** Number of slots that hold a token. */
  readonly tokens: number;
}

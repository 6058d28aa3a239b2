/** A prefix tree of a vocabulary, in arrays: a quarter of a million pieces take tenths of a second and some tens of megabytes. */

export interface PieceTrie {
  /** The node behind `node` (the root is 0) by a code unit; -1 where no piece goes on with it. */
  child(node: number, unit: number): number;
  /** Id of the piece that ends at a node; -1 where none does. */
  pieceAt(node: number): number;
}

const NONE = -1;

/** The tree of all pieces but those of `never` and the empty one. */
export function pieceTrie(pieces: readonly string[], never: ReadonlySet<string>): PieceTrie {
  /** Open addressing: node * 2^16 + unit of an edge, and where it leads. Half of the places stay free. */
  const size = 2 ** Math.ceil(Math.log2(4 * pieces.length + 2));
  let keys = new Float64Array(size).fill(NONE);
  let targets = new Int32Array(size);
  let ids = new Int32Array(size / 2).fill(NONE);
  let nodes = 1;

  const placeOf = (node: number, unit: number): number => {
    const key = node * 65536 + unit;
    const mask = keys.length - 1;
    let place = Math.imul(Math.imul(node, 0x9e3779b1) ^ unit, 0x85ebca6b);
    place = (place ^ (place >>> 15)) & mask;
    while (keys[place] !== key && keys[place] !== NONE) place = (place + 1) & mask;
    return place;
  };
  const grow = (): void => {
    const [oldKeys, oldTargets, oldIds] = [keys, targets, ids];
    keys = new Float64Array(2 * oldKeys.length).fill(NONE);
    targets = new Int32Array(keys.length);
    ids = new Int32Array(keys.length / 2).fill(NONE);
    ids.set(oldIds);
    oldKeys.forEach((key, at) => {
      if (key === NONE) return;
      const place = placeOf(Math.floor(key / 65536), key % 65536);
      keys[place] = key;
      targets[place] = oldTargets[at];
    });
  };

  for (const [id, piece] of pieces.entries()) {
    if (piece === "" || never.has(piece)) continue;
    let node = 0;
    for (let at = 0; at < piece.length; at++) {
      if (nodes >= ids.length) grow();
      const unit = piece.charCodeAt(at);
      const place = placeOf(node, unit);
      if (keys[place] === NONE) {
        keys[place] = node * 65536 + unit;
        targets[place] = nodes++;
      }
      node = targets[place];
    }
    ids[node] = id;
  }
  return {
    child(node, unit) {
      const place = placeOf(node, unit);
      return keys[place] === NONE ? NONE : targets[place];
    },
    pieceAt: (node) => ids[node],
  };
}

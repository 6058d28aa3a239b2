/** Plain float64 array arithmetic for the reference interpreter. Clear, not fast. */
import type { NdArray } from "../op.js";

export function ndArray(shape: readonly number[], data?: ArrayLike<number>): NdArray {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: data === undefined ? new Float64Array(size) : Float64Array.from(data) };
}

export function mapElements(x: NdArray, f: (value: number) => number): NdArray {
  return { shape: x.shape, data: x.data.map(f) };
}

/** f over two arrays with NumPy broadcasting. */
export function zipElements(
  a: NdArray,
  b: NdArray,
  f: (left: number, right: number) => number,
): NdArray {
  const rank = Math.max(a.shape.length, b.shape.length);
  const extent = (x: NdArray, axis: number) => x.shape[axis - (rank - x.shape.length)] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) =>
    Math.max(extent(a, axis), extent(b, axis)),
  );
  const result = ndArray(shape);
  const strides = (x: NdArray) => {
    const own = rowMajorStrides(x.shape);
    return shape.map((_, axis) => {
      const at = axis - (rank - x.shape.length);
      return at < 0 || x.shape[at] === 1 ? 0 : own[at];
    });
  };
  const left = strides(a);
  const right = strides(b);
  const index = new Array<number>(rank).fill(0);
  for (let i = 0; i < result.data.length; i++) {
    let l = 0;
    let r = 0;
    for (let axis = 0; axis < rank; axis++) {
      l += index[axis] * left[axis];
      r += index[axis] * right[axis];
    }
    result.data[i] = f(a.data[l], b.data[r]);
    advance(index, shape);
  }
  return result;
}

export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** The next index in row-major order. */
export function advance(index: number[], shape: readonly number[]): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (++index[axis] < shape[axis]) return;
    index[axis] = 0;
  }
}

/** Output axis i is input axis order[i]. */
export function transposeAxes(x: NdArray, order: readonly number[]): NdArray {
  const shape = order.map((axis) => x.shape[axis]);
  const strides = rowMajorStrides(x.shape);
  const result = ndArray(shape);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < result.data.length; i++) {
    result.data[i] = x.data[order.reduce((at, axis, k) => at + index[k] * strides[axis], 0)];
    advance(index, shape);
  }
  return result;
}

/** Applies f to every run of the last axis. */
export function mapRows(x: NdArray, f: (row: Float64Array) => Float64Array): NdArray {
  const width = x.shape[x.shape.length - 1];
  const data = new Float64Array(x.data.length);
  for (let at = 0; at < data.length; at += width) data.set(f(x.data.slice(at, at + width)), at);
  return { shape: x.shape, data };
}

export function softmaxRow(row: Float64Array): Float64Array {
  const peak = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = row.map((value) => Math.exp(value - peak));
  const total = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / total);
}

/** alpha * op(a) op(b) over the last two axes; leading axes are equal. */
export function matrixProduct(
  a: NdArray,
  b: NdArray,
  { transA, transB, alpha }: { transA: boolean; transB: boolean; alpha: number },
): NdArray {
  const rank = a.shape.length;
  const [a0, a1] = a.shape.slice(-2);
  const [b0, b1] = b.shape.slice(-2);
  const [rows, inner] = transA ? [a1, a0] : [a0, a1];
  const columns = transB ? b0 : b1;
  const leading = a.shape.slice(0, rank - 2);
  const result = ndArray([...leading, rows, columns]);
  const batches = leading.reduce((product, extent) => product * extent, 1);
  for (let batch = 0; batch < batches; batch++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let total = 0;
        for (let k = 0; k < inner; k++) {
          const left = a.data[batch * a0 * a1 + (transA ? k * a1 + i : i * a1 + k)];
          const right = b.data[batch * b0 * b1 + (transB ? j * b1 + k : k * b1 + j)];
          total += left * right;
        }
        result.data[batch * rows * columns + i * columns + j] = alpha * total;
      }
    }
  }
  return result;
}

/** The error function, by its Taylor series near 0 and a continued fraction of erfc elsewhere (1e-15). */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 2.5) {
    let term = z;
    let total = z;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
      term *= (-z * z) / n;
      total += term / (2 * n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction));
}

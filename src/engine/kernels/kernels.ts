/**
 * Fast arithmetic over large float32 arrays that ONNX Runtime can read in place: one WebAssembly
 * memory, and the SIMD functions compiled into `binary.ts` over it.
 *
 * The memory is never shared and never grows, so a view of it stays valid for life.
 */
import { L3MaskingError } from "../../base/errors.js";
import { kernelBinary } from "./binary.js";

/** The most a kernel memory can hold: 4 GiB less one page, so that no end offset wraps to 0. */
export const maximumMemoryBytes = 65535 * 65536;

/**
 * The kernels. Pointers are byte offsets into the memory, multiples of 4 (any for the bytes of a
 * mask); counts are elements. An access beyond the memory throws the engine's own RuntimeError and
 * may leave the range half written.
 */
export interface Kernels {
  /** sum_i gradient[i]^2 in float64, in a fixed order. */
  sumOfSquares(gradient: number, count: number): number;
  /** sum_i a[i] * b[i] in float64, in a fixed order. */
  dotProduct(a: number, b: number, count: number): number;
  /**
   * One AdamW step, in place; leaves `gradient` at 0, ready for the next accumulation.
   *
   *     g = gradientScale * gradient
   *     m = beta1 * m + (1 - beta1) * g
   *     v = beta2 * v + (1 - beta2) * g^2
   *     w = (1 - learningRate * weightDecay) * w
   *         - (learningRate / correction1) * m / (sqrt(v) / sqrt(correction2) + epsilon)
   *
   * with correction_k = 1 - beta_k^step. Moments below 2^-112 become 0
   * before they turn into subnormals, which are slow.
   *
   * `moments` points to a byte for each 16 elements or part of them: 0 only where both moments of
   * all are 0, which saves reading and writing them while the gradient is 0. Kept up to date.
   */
  adamw(
    weight: number,
    gradient: number,
    first: number,
    second: number,
    moments: number,
    count: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    correction1: number,
    correction2: number,
    gradientScale: number,
  ): void;
  /** target[i] += scale * source[i]. */
  addScaled(target: number, source: number, count: number, scale: number): void;
  /** target[j] = dropoutKeep(firstIndex + j, seed, threshold), one byte each. */
  dropoutMask(
    target: number,
    count: number,
    seed: number,
    firstIndex: number,
    threshold: number,
  ): void;
}

/** One memory, zero at first, and the kernels over it. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  readonly kernels: Kernels;
}

/**
 * Allocates a memory of at least `bytes` bytes (whole pages of 64 KiB), all zero.
 *
 * Throws `invalid-setting` for a size it can never have, `runtime-failed` if the machine refuses
 * it, and `runtime-missing` where WebAssembly has no 128-bit SIMD.
 */
export function createKernelMemory(bytes: number): KernelMemory {
  if (!Number.isInteger(bytes) || bytes < 0 || bytes > maximumMemoryBytes) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected a kernel memory of 0 to ${maximumMemoryBytes} bytes, got ${bytes}`,
      { hint: "Split the arrays over several memories." },
    );
  }
  const memory = allocate(bytes);
  return { buffer: memory.buffer, kernels: instantiate(memory) };
}

function allocate(bytes: number): WebAssembly.Memory {
  try {
    const pages = Math.max(1, Math.ceil(bytes / 65536));
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw new L3MaskingError(
      "runtime-failed",
      `expected room for a kernel memory of ${bytes} bytes, but the allocation failed`,
      { hint: "Use a smaller model, or a machine (or container limit) with more memory.", cause },
    );
  }
}

function instantiate(memory: WebAssembly.Memory): Kernels {
  let exports: Record<string, unknown>;
  try {
    const module = new WebAssembly.Module(decodeBase64(kernelBinary));
    exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  } catch (cause) {
    throw new L3MaskingError(
      "runtime-missing",
      "expected WebAssembly with 128-bit SIMD, but this JavaScript engine refused the kernels",
      { hint: "Use Node 20 or later, or a browser of 2023 or later.", cause },
    );
  }
  // The compiler's export table is the source's signatures; a test holds names and arity together.
  return exports as unknown as Kernels;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

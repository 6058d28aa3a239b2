/**
 * The arithmetic of a training step that ONNX Runtime does slowly, as WebAssembly with 128-bit
 * SIMD.
 *
 * AssemblyScript: TypeScript's syntax with machine types, compiled by scripts/build-kernels.mjs.
 * Every function works on byte offsets into one imported memory, takes any `count`, and touches
 * nothing beyond it. Offsets are multiples of 4. Loops count elements down rather than comparing
 * against an end offset, which could wrap in a memory near 4 GiB.
 */

/** Bytes of one f32x4 or i32x4. */
const vectorBytes: usize = 16;

/**
 * sum_i gradient[i]^2, as `dotProduct` sums it. NaN and infinity reach the result. Zeros, of which the
 * gradient of word embeddings mostly consists, are passed over.
 */
export function sumOfSquares(gradient: usize, count: usize): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  while (count >= 8) {
    if (v128.any_true(v128.or(v128.load(gradient), v128.load(gradient + 16)))) {
      const g0 = twoDoubles(gradient);
      const g1 = twoDoubles(gradient + 8);
      const g2 = twoDoubles(gradient + 16);
      const g3 = twoDoubles(gradient + 24);
      sum0 = f64x2.add(sum0, f64x2.mul(g0, g0));
      sum1 = f64x2.add(sum1, f64x2.mul(g1, g1));
      sum2 = f64x2.add(sum2, f64x2.mul(g2, g2));
      sum3 = f64x2.add(sum3, f64x2.mul(g3, g3));
    }
    gradient += 32;
    count -= 8;
  }
  const lanes = f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3));
  let sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
  while (count > 0) {
    const g = <f64>load<f32>(gradient);
    sum += g * g;
    gradient += 4;
    count--;
  }
  return sum;
}

/**
 * sum_i a[i] * b[i]. Products and sums are float64 (no finite float32 product overflows there), in
 * a fixed order, so that the same values always give the same bits.
 */
export function dotProduct(a: usize, b: usize, count: usize): f64 {
  // Four independent sums hide the latency of the addition.
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  while (count >= 8) {
    sum0 = f64x2.add(sum0, f64x2.mul(twoDoubles(a), twoDoubles(b)));
    sum1 = f64x2.add(sum1, f64x2.mul(twoDoubles(a + 8), twoDoubles(b + 8)));
    sum2 = f64x2.add(sum2, f64x2.mul(twoDoubles(a + 16), twoDoubles(b + 16)));
    sum3 = f64x2.add(sum3, f64x2.mul(twoDoubles(a + 24), twoDoubles(b + 24)));
    a += 32;
    b += 32;
    count -= 8;
  }
  const lanes = f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3));
  let sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
  while (count > 0) {
    sum += <f64>load<f32>(a) * <f64>load<f32>(b);
    a += 4;
    b += 4;
    count--;
  }
  return sum;
}

/**
 * One AdamW step (Loshchilov & Hutter 2019) with the meaning of each setting in torch.optim.AdamW:
 *
 *     g = gradientScale * gradient
 *     w = w - learningRate * weightDecay * w
 *     m = beta1 * m + (1 - beta1) * g
 *     v = beta2 * v + (1 - beta2) * g^2
 *     w = w - (learningRate / correction1) * m / (sqrt(v) / sqrt(correction2) + epsilon)
 *
 * with correction_k = 1 - beta_k^step. Settings are float64 and rounded to float32 after they are
 * combined, as PyTorch does.
 *
 * Departs from it for tiny moments: those below 2^-112 become 0. Without a gradient (a rare word's
 * embedding) a moment shrinks by beta at every step until it is subnormal, where a processor
 * computes tens of times more slowly, and WebAssembly has no mode that flushes it. At epsilon 1e-6
 * the denominator changes by one part in 10^10 at most.
 *
 * The gradient is left at 0: its cache line is here anyway, so the next accumulation starts clean
 * without a pass of its own.
 *
 * `moments` has a byte for each 16 elements, and for the rest behind the last 16: 0 only where both
 * moments of all are 0. Where the gradient is 0 too, as of most words' embeddings in a step, the
 * equations leave weight decay alone, and the moments are not even read. Kept up to date here.
 */
export function adamw(
  weight: usize,
  gradient: usize,
  first: usize,
  second: usize,
  moments: usize,
  count: usize,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  weightDecay: f64,
  correction1: f64,
  correction2: f64,
  gradientScale: f64,
): void {
  const keep = <f32>(1 - learningRate * weightDecay);
  const stepSize = <f32>(learningRate / correction1);
  const keepFirst = <f32>beta1;
  const takeFirst = <f32>(1 - beta1);
  const keepSecond = <f32>beta2;
  const takeSecond = <f32>(1 - beta2);
  const secondScale = <f32>(1 / Math.sqrt(correction2));
  const smallest = <f32>epsilon;
  const scale = <f32>gradientScale;

  const keepLanes = f32x4.splat(keep);
  const stepSizeLanes = f32x4.splat(stepSize);
  const keepFirstLanes = f32x4.splat(keepFirst);
  const takeFirstLanes = f32x4.splat(takeFirst);
  const keepSecondLanes = f32x4.splat(keepSecond);
  const takeSecondLanes = f32x4.splat(takeSecond);
  const secondScaleLanes = f32x4.splat(secondScale);
  const smallestLanes = f32x4.splat(smallest);
  const scaleLanes = f32x4.splat(scale);
  const tinyLanes = f32x4.splat(tinyMoment);
  const zeros = f32x4.splat(0);

  while (count >= lineElements) {
    if (load<u8>(moments) == 0 && isZeroLine(gradient)) {
      if (keep != 1) {
        for (let at: usize = 0; at < lineBytes; at += vectorBytes) {
          v128.store(weight + at, f32x4.mul(v128.load(weight + at), keepLanes));
        }
      }
    } else {
      let held = zeros;
      for (let at: usize = 0; at < lineBytes; at += vectorBytes) {
        const g = f32x4.mul(v128.load(gradient + at), scaleLanes);
        const mean = f32x4.add(
          f32x4.mul(v128.load(first + at), keepFirstLanes),
          f32x4.mul(g, takeFirstLanes),
        );
        const square = f32x4.add(
          f32x4.mul(v128.load(second + at), keepSecondLanes),
          f32x4.mul(f32x4.mul(g, g), takeSecondLanes),
        );
        // "Less than" is false for NaN, which must stay.
        const m = v128.andnot(mean, f32x4.lt(f32x4.abs(mean), tinyLanes));
        const v = v128.andnot(square, f32x4.lt(square, tinyLanes));
        const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(v), secondScaleLanes), smallestLanes);
        const update = f32x4.div(f32x4.mul(stepSizeLanes, m), denominator);
        held = v128.or(held, v128.or(m, v));
        v128.store(first + at, m);
        v128.store(second + at, v);
        v128.store(weight + at, f32x4.sub(f32x4.mul(v128.load(weight + at), keepLanes), update));
        v128.store(gradient + at, zeros);
      }
      store<u8>(moments, v128.any_true(held) ? 1 : 0);
    }
    weight += lineBytes;
    gradient += lineBytes;
    first += lineBytes;
    second += lineBytes;
    moments++;
    count -= lineElements;
  }
  if (count > 0) store<u8>(moments, 1);
  // Same operations in the same order, so that a value does not depend on where in the array it lies.
  while (count > 0) {
    const g = load<f32>(gradient) * scale;
    const mean = load<f32>(first) * keepFirst + g * takeFirst;
    const square = load<f32>(second) * keepSecond + g * g * takeSecond;
    const m: f32 = abs<f32>(mean) < tinyMoment ? <f32>0 : mean;
    const v: f32 = square < tinyMoment ? <f32>0 : square;
    const denominator = sqrt<f32>(v) * secondScale + smallest;
    store<f32>(first, m);
    store<f32>(second, v);
    store<f32>(weight, load<f32>(weight) * keep - (stepSize * m) / denominator);
    store<f32>(gradient, 0);
    weight += 4;
    gradient += 4;
    first += 4;
    second += 4;
    count--;
  }
}

/** target[i] += scale * source[i]. */
export function addScaled(target: usize, source: usize, count: usize, scale: f32): void {
  const scaleLanes = f32x4.splat(scale);
  while (count >= 4) {
    v128.store(
      target,
      f32x4.add(v128.load(target), f32x4.mul(v128.load(source), scaleLanes)),
    );
    target += vectorBytes;
    source += vectorBytes;
    count -= 4;
  }
  while (count > 0) {
    store<f32>(target, load<f32>(target) + load<f32>(source) * scale);
    target += 4;
    source += 4;
    count--;
  }
}

/**
 * target[j] = 1 if element firstIndex + j is kept, else 0 (one byte each); the hash of
 * src/engine/kernels/dropout.ts, sixteen elements at a time.
 */
export function dropoutMask(
  target: usize,
  count: usize,
  seed: u32,
  firstIndex: u32,
  threshold: u32,
): void {
  const seeds = i32x4.splat(seed);
  const thresholds = i32x4.splat(threshold);
  const ones = i8x16.splat(1);
  const fourAhead = i32x4.splat(4 * indexMultiplier);
  const sixteenAhead = i32x4.splat(16 * indexMultiplier);
  // index * multiplier + seed wraps like the product it stands for, so that moving ahead is one addition.
  let input0 = i32x4.add(
    i32x4.mul(i32x4.add(i32x4.splat(firstIndex), i32x4(0, 1, 2, 3)), i32x4.splat(indexMultiplier)),
    seeds,
  );
  while (count >= 16) {
    const input1 = i32x4.add(input0, fourAhead);
    const input2 = i32x4.add(input1, fourAhead);
    const input3 = i32x4.add(input2, fourAhead);
    const kept0 = i32x4.ge_u(scramble(input0, seeds), thresholds);
    const kept1 = i32x4.ge_u(scramble(input1, seeds), thresholds);
    const kept2 = i32x4.ge_u(scramble(input2, seeds), thresholds);
    const kept3 = i32x4.ge_u(scramble(input3, seeds), thresholds);
    // A true lane is -1, which signed narrowing keeps; its lowest bit is the mask.
    const kept = i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(kept0, kept1),
      i16x8.narrow_i32x4_s(kept2, kept3),
    );
    v128.store(target, v128.and(kept, ones));
    input0 = i32x4.add(input0, sixteenAhead);
    target += 16;
    count -= 16;
  }
  let input = <u32>i32x4.extract_lane(input0, 0);
  while (count > 0) {
    let value = input * (2 * input + 1);
    value = rotl<u32>(value, 16) * secondMultiplier + seed;
    value = value * (2 * value + 1);
    store<u8>(target, value >= threshold ? 1 : 0);
    input += indexMultiplier;
    target++;
    count--;
  }
}

/** Elements that share a byte of `moments`: a cache line. */
const lineElements: usize = 16;
const lineBytes: usize = 64;

/** 2^-112: products with any usual beta are still normal float32 numbers (2^-126 and above). */
const tinyMoment: f32 = 1.925929944387236e-34;

const indexMultiplier: u32 = 0x9e3779b1;
const secondMultiplier: u32 = 0x85ebca6b;

// @ts-ignore: decorator
@inline
function twoDoubles(floats: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(floats));
}

// @ts-ignore: decorator
@inline
function isZeroLine(start: usize): bool {
  const firstHalf = v128.or(v128.load(start), v128.load(start + 16));
  const secondHalf = v128.or(v128.load(start + 32), v128.load(start + 48));
  return !v128.any_true(v128.or(firstHalf, secondHalf));
}

// @ts-ignore: decorator
@inline
function scramble(input: v128, seeds: v128): v128 {
  let value = multiplyByOdd(input);
  // A shuffle of 16-bit lanes is the rotation by 16 in one instruction.
  value = i16x8.shuffle(value, value, 1, 0, 3, 2, 5, 4, 7, 6);
  value = i32x4.add(i32x4.mul(value, i32x4.splat(secondMultiplier)), seeds);
  return multiplyByOdd(value);
}

/** v * (2v + 1): a permutation of the 32-bit integers, as in RC6 (Rivest et al. 1998). */
// @ts-ignore: decorator
@inline
function multiplyByOdd(value: v128): v128 {
  return i32x4.mul(value, i32x4.add(i32x4.add(value, value), i32x4.splat(1)));
}

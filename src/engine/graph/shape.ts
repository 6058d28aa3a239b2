/**
 * Sizes of tensors. A size is a number or a product of named sizes ("S", "R*S", "4*K"), kept in one
 * canonical spelling so that equal sizes are equal strings. Named sizes get their value at run time,
 * so that one graph serves every batch.
 */
import { L3MaskingError } from "../../base/errors.js";

/** A number, a named size, or a product of them such as "2*N". */
export type Size = number | string;
/** The sizes of the axes, the outermost first; [] is a single number. */
export type Shape = readonly Size[];

/** Values of the named sizes for one run: { R: 4, S: 128 }. */
export type SizeBindings = Readonly<Record<string, number>>;

/** Is it a whole number, a name, or a product of them in canonical spelling? */
export function isSize(size: Size): boolean {
  if (typeof size === "number") return Number.isInteger(size) && size >= 0;
  const names = sizeNames(size);
  const areNames = names.length > 0 && names.every((name) => /^[A-Za-z_][\w.]*$/.test(name));
  return areNames && multiplySizes(size) === size;
}

/** The product of sizes in canonical spelling: coefficient first, names sorted. */
export function multiplySizes(...sizes: readonly Size[]): Size {
  let coefficient = 1;
  const names: string[] = [];
  for (const size of sizes) {
    for (const factor of typeof size === "number" ? [size] : size.split("*")) {
      const value = Number(factor);
      if (Number.isInteger(value)) coefficient *= value;
      else names.push(String(factor));
    }
  }
  if (names.length === 0) return coefficient;
  if (coefficient === 0) return 0;
  names.sort();
  return (coefficient === 1 ? names : [coefficient, ...names]).join("*");
}

/** The number of elements of a shape. */
export function sizeOf(shape: Shape): Size {
  return multiplySizes(...shape);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The value of a size under the given bindings. Throws `graph-invalid` for an unbound name. */
export function bindSize(size: Size, bindings: SizeBindings): number {
  if (typeof size === "number") return size;
  return size.split("*").reduce((product, factor) => {
    const value = Number(factor);
    if (Number.isInteger(value)) return product * value;
    const bound = bindings[factor];
    if (bound === undefined) {
      throw new L3MaskingError("graph-invalid", `size ${factor} has no value in this run`);
    }
    return product * bound;
  }, 1);
}

/** The names that occur in a size. */
export function sizeNames(size: Size): string[] {
  return typeof size === "number"
    ? []
    : size.split("*").filter((factor) => !Number.isInteger(Number(factor)));
}

/**
 * NumPy's broadcasting of two shapes. A named size only meets itself or 1.
 * Throws `graph-invalid` where the shapes do not fit.
 */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - (rank - a.length)] ?? 1;
    const right = b[axis - (rank - b.length)] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new L3MaskingError(
      "graph-invalid",
      `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ${left} meets ${right}`,
    );
  });
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * Decimal numbers and times of day in Parquet files, which come out as they went in. The library gives products such as 3 * 0.1, and knows
 * no times of day, so it is asked for the integers that the file holds.
 */
import type { SchemaElement } from "hyparquet";
import { parquetError } from "./footer.js";
import { isoTimeOfDay, type PerSecond } from "./iso-time.js";

/** Where integers in a value stand for something else: lists have the shape of their items. */
export type Shape =
  | { readonly meaning: (integer: bigint) => unknown }
  | { readonly members: ReadonlyMap<string, Shape> }
  | { readonly values: Shape };

export interface IntegerSchema {
  /** The schema with plain integers, but for keys of maps. */
  readonly schema: SchemaElement[];
  /** Of the columns with something else in them. */
  readonly shapes: ReadonlyMap<string, Shape>;
}

interface Node {
  readonly element: SchemaElement;
  readonly children: readonly Node[];
}

/** More digits after the point than any writer has. */
const MOST_DIGITS = 100;

/**
 * A schema, which must be a tree, without its decimals and times of day. Throws `data-format` for decimals with an impossible number of
 * digits after the point.
 */
export function integerSchema(schema: readonly SchemaElement[], file: string): IntegerSchema {
  const integers = new Map<SchemaElement, SchemaElement>();
  const shapeOf = ({ element, children }: Node): Shape | undefined => {
    if (children.length === 0) {
      const meaning = meaningOf(element, file);
      if (meaning === undefined) return undefined;
      const { converted_type: _, logical_type: __, ...integer } = element;
      integers.set(element, integer);
      return { meaning };
    }
    const [only] = children;
    if (isListOf(element, children))
      return shapeOf(only.children.length === 1 ? only.children[0] : only);
    if (isMapOf(element, children)) {
      const values = shapeOf(only.children[1]);
      return values && { values };
    }
    const members = children.flatMap((child) => {
      const shape = shapeOf(child);
      return shape === undefined ? [] : [[child.element.name, shape] as const];
    });
    return members.length === 0 ? undefined : { members: new Map(members) };
  };
  const root = shapeOf(treeOf(schema));
  return {
    schema: schema.map((element) => integers.get(element) ?? element),
    shapes: root !== undefined && "members" in root ? root.members : new Map(),
  };
}

/** What the integers of a column stand for; undefined for themselves, or what the library knows. */
function meaningOf(
  { name, converted_type, logical_type, scale = 0 }: SchemaElement,
  file: string,
): ((integer: bigint) => unknown) | undefined {
  if (logical_type?.type === "TIME") return timeOfDay(perSecond[logical_type.unit]);
  if (converted_type === "TIME_MILLIS") return timeOfDay(perSecond.MILLIS);
  if (converted_type === "TIME_MICROS") return timeOfDay(perSecond.MICROS);
  if (logical_type?.type !== "DECIMAL" && converted_type !== "DECIMAL") return undefined;
  const digits = logical_type?.type === "DECIMAL" ? logical_type.scale : scale;
  if (digits >= 0 && digits <= MOST_DIGITS) return (integer) => decimal(integer, digits);
  const expected = `0 to ${MOST_DIGITS} digits after the point in column ${name}`;
  throw parquetError(file, expected, String(digits));
}

const perSecond = { MILLIS: 1_000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n } as const;

function timeOfDay(units: PerSecond): (integer: bigint) => unknown {
  return (integer) => isoTimeOfDay(integer, units) ?? integer;
}

function treeOf(schema: readonly SchemaElement[]): Node {
  let next = 0;
  const node = (): Node => {
    const element = schema[next++];
    const children = Array.from({ length: element.num_children ?? 0 }, node);
    return { element, children };
  };
  return node();
}

// Lists and maps are those that the library takes for it.

function isListOf({ converted_type }: SchemaElement, children: readonly Node[]): boolean {
  const [only] = children;
  return (
    converted_type === "LIST" &&
    children.length === 1 &&
    only.children.length <= 1 &&
    only.element.repetition_type === "REPEATED"
  );
}

function isMapOf({ converted_type }: SchemaElement, children: readonly Node[]): boolean {
  const [only] = children;
  return converted_type === "MAP" && children.length === 1 && only.children.length === 2;
}

/** A value with what its integers stand for: decimals are numbers, or strings of digits where a number would lose some. */
export function withMeanings(value: unknown, shape: Shape): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => withMeanings(item, shape));
  if ("meaning" in shape) {
    const integer = integerOf(value);
    return integer === undefined ? value : shape.meaning(integer);
  }
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.entries(value).map(([name, item]: [string, unknown]) => {
    const of = "values" in shape ? shape.values : shape.members.get(name);
    return [name, of === undefined ? item : withMeanings(item, of)];
  });
  return Object.fromEntries(inner);
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return BigInt(value);
  if (!(value instanceof Uint8Array)) return undefined;
  // Big-endian, in two's complement.
  const digits = value.reduce((all, byte) => all * 256n + BigInt(byte), 0n);
  return BigInt.asIntN(8 * value.length, digits);
}

/** Significant digits that float64 always holds. */
const EXACT_DIGITS = 15;

function decimal(unscaled: bigint, scale: number): number | string {
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const text = `${sign}${digits.slice(0, point)}${scale === 0 ? "" : `.${digits.slice(point)}`}`;
  const significant = digits.replace(/^0+|0+$/g, "").length;
  return significant <= EXACT_DIGITS ? Number(text) : text;
}

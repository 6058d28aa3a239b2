/**
 * Decimal numbers of Parquet files, which come out as they went in: the library gives products such as 3 * 0.1, so it is asked for the
 * integers before the multiplication.
 */
import type { SchemaElement } from "hyparquet";
import { parquetError } from "./footer.js";

/** Where the decimals of a value lie: lists have the shape of their items. */
export type DecimalShape =
  | { readonly scale: number }
  | { readonly members: ReadonlyMap<string, DecimalShape> }
  | { readonly values: DecimalShape };

export interface PlainDecimals {
  /** The schema with integers in place of decimal numbers, but for keys of maps. */
  readonly schema: SchemaElement[];
  /** Of the columns with decimals. */
  readonly shapes: ReadonlyMap<string, DecimalShape>;
}

interface Node {
  readonly element: SchemaElement;
  readonly children: readonly Node[];
}

/** More digits after the point than any writer has. */
const MOST_DIGITS = 100;

/** The decimals of a schema that is a tree. Throws `data-format` for one with an impossible number of digits after the point. */
export function plainDecimals(schema: readonly SchemaElement[], file: string): PlainDecimals {
  const integers = new Map<SchemaElement, SchemaElement>();
  const shapeOf = ({ element, children }: Node): DecimalShape | undefined => {
    if (children.length === 0) {
      const scale = scaleOf(element);
      if (scale === undefined) return undefined;
      if (!(scale >= 0 && scale <= MOST_DIGITS)) {
        const expected = `0 to ${MOST_DIGITS} digits after the point in column ${element.name}`;
        throw parquetError(file, expected, String(scale));
      }
      const { converted_type: _, logical_type: __, ...integer } = element;
      integers.set(element, integer);
      return { scale };
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

/** Digits after the point; undefined for what is no decimal number. */
function scaleOf({ converted_type, logical_type, scale = 0 }: SchemaElement): number | undefined {
  if (logical_type?.type === "DECIMAL") return logical_type.scale;
  return converted_type === "DECIMAL" ? scale : undefined;
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

/** A value of a column with decimals, its integers as decimal numbers; strings of digits where a number would lose some. */
export function withDecimals(value: unknown, shape: DecimalShape): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => withDecimals(item, shape));
  if ("scale" in shape) {
    const unscaled = integerOf(value);
    return unscaled === undefined ? value : decimal(unscaled, shape.scale);
  }
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.entries(value).map(([name, item]: [string, unknown]) => {
    const of = "values" in shape ? shape.values : shape.members.get(name);
    return [name, of === undefined ? item : withDecimals(item, of)];
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

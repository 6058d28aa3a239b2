/** Paths of the workplace -> places on this machine, none of them outside its folder. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { recordsOf } from "../../run/settings/schemas.js";
import type { Setting } from "../../run/settings/setting.js";

/**
 * The place of a path in the folder `root`, links followed as far as there is something. Throws `workplace-path` for one that leads
 * out.
 */
export function placeInside(root: string, path: string): string {
  const place = resolve(root, path);
  const isPlain = !isAbsolute(path) && !/[\\\0]|^[a-z]:/i.test(path);
  if (!isPlain || !isIn(root, place)) throw outside(path);
  let known = place;
  while (!existsSync(known)) known = dirname(known);
  if (!isIn(realpathSync(root), realpathSync(known))) throw outside(path);
  return place;
}

function isIn(root: string, place: string): boolean {
  const way = relative(root, place);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(path: string): L3MaskingError {
  return new L3MaskingError(
    "workplace-path",
    `expected a path in the folder of the studio, got ${path}`,
    { hint: "Choose a file inside; --folder says where the studio works." },
  );
}

/** Where a path of the workplace is; what is written may have fewer places than what is read. Throws `workplace-path`. */
export type PlaceOf = (path: string, use: "read" | "write") => string;

/** Models may be named as on the hub, or be the shipped one. */
const named: ReadonlySet<string> = new Set(["model", "vanillaModel"]);
const NAME = /^\w[\w.-]*(\/\w[\w.-]*)?(@\w[\w./-]*)?$/;

/** The settings with every file and folder that they name as its place on this machine. Throws `workplace-path`. */
export function settingsInside(placeOf: PlaceOf, schema: z.ZodObject, given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given;
  const records = new Map(recordsOf(schema).map((record) => [record.name, record]));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]: [string, unknown]) => {
      const record = records.get(name);
      return [name, record === undefined ? value : placed(placeOf, record, value)];
    }),
  );
}

function placed(placeOf: PlaceOf, record: Setting, value: unknown): unknown {
  const { name, reads, writes } = record;
  if (reads !== true && writes === undefined) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => placed(placeOf, record, one));
  if (typeof value !== "string") return value;
  const place = () => placeOf(value, writes === undefined ? "read" : "write");
  if (named.has(name) && NAME.test(value) && !existsSync(place())) return value;
  return place();
}

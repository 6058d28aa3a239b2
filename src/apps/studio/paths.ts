/** Paths of the workplace -> places on this machine, none of them outside its folder. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
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

/** Models may be named as on the hub, or be the shipped one. */
const named: ReadonlySet<string> = new Set(["model", "vanillaModel"]);
const NAME = /^\w[\w.-]*(\/\w[\w.-]*)?(@\w[\w./-]*)?$/;

/** The settings with every file and folder that they name as its place on this machine. Throws `workplace-path`. */
export function settingsInside(root: string, schema: z.ZodObject, given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given;
  const records = new Map(recordsOf(schema).map((record) => [record.name, record]));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]: [string, unknown]) => {
      const record = records.get(name);
      return [name, record !== undefined && isPath(record) ? placed(root, name, value) : value];
    }),
  );
}

function isPath({ reads, writes }: Setting): boolean {
  return reads === true || writes !== undefined;
}

function placed(root: string, name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => placed(root, name, one));
  if (typeof value !== "string") return value;
  if (named.has(name) && NAME.test(value) && !existsSync(join(root, value))) return value;
  return placeInside(root, value);
}

/**
 * The words after a command's name, in one spelling: every flag by its own name and joined to its value,
 * as `--flag=value`.
 *
 * `_` and `-` are the same in a flag, aliases stand for their settings, `--flag value` and `--flag=value`
 * are the same. What is not understood is refused, never passed over.
 */

import { L3MaskingError } from "../../base/errors.js";
import { nearestHint } from "../../base/nearest.js";
import type { Flag } from "./flag.js";

/** Flags of every command, which the parser itself answers. */
const answeredFlags: readonly string[] = ["help", "h"];

/**
 * The words in one spelling. A list becomes one word per value, also where commas part the values. A switch becomes
 * `--flag=true` or, also for `--no-flag`, `--flag=false`, which is off even where a file of settings has it on.
 *
 * Throws `unknown-setting` for a flag that does not exist (with the nearest name), `missing-setting` for a
 * flag without its value and `invalid-setting` for a flag given twice.
 */
export function canonicalWords(words: readonly string[], flags: readonly Flag[]): string[] {
  const byName = new Map(
    flags.flatMap((flag) => [flag.name, ...flag.aliases].map((name) => [name, flag] as const)),
  );
  const seen = new Set<string>();
  const canonical: string[] = [];
  let at = 0;
  while (at < words.length) {
    const word = words[at];
    at += 1;
    if (word === "--") return [...canonical, ...words.slice(at - 1)];
    const given = splitFlag(word);
    if (given === undefined || answeredFlags.includes(given.name)) {
      canonical.push(word);
      continue;
    }
    const denied = deniedSwitch(given, byName);
    const flag = denied ?? byName.get(given.name);
    if (flag === undefined) throw unknownFlag(given.name, [...byName.keys()]);
    if (seen.has(flag.name)) {
      throw new L3MaskingError("invalid-setting", `expected --${flag.name} once, got it twice`, {
        hint: "Keep one of the two.",
      });
    }
    seen.add(flag.name);
    if (denied !== undefined) {
      canonical.push(`--${flag.name}=false`);
      continue;
    }
    const following = given.value === undefined ? valuesAfter(words, at, flag, byName) : [];
    at += following.length;
    canonical.push(...joined(flag, given.value === undefined ? following : [given.value]));
  }
  return canonical;
}

interface GivenFlag {
  readonly name: string;
  readonly value: string | undefined;
}

/** A word as a flag; undefined for an operand. A lone dash and negative numbers are operands. */
function splitFlag(word: string): GivenFlag | undefined {
  if (!word.startsWith("-") || word === "-" || Number.isFinite(Number(word))) return undefined;
  const [, name, value] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  return { name: name.replaceAll("_", "-"), value };
}

/** The switch that `--no-NAME` turns off. */
function deniedSwitch(
  { name, value }: GivenFlag,
  byName: ReadonlyMap<string, Flag>,
): Flag | undefined {
  const flag =
    name.startsWith("no-") && value === undefined ? byName.get(name.slice(3)) : undefined;
  return flag?.kind === "switch" ? flag : undefined;
}

function valuesAfter(
  words: readonly string[],
  start: number,
  flag: Flag,
  byName: ReadonlyMap<string, Flag>,
): readonly string[] {
  const most = flag.kind === "list" ? Number.POSITIVE_INFINITY : 1;
  const values: string[] = [];
  while (values.length < most && start + values.length < words.length) {
    const word = words[start + values.length];
    const given = splitFlag(word);
    // Options of another program begin with a dash too.
    const isOther = flag.placeholder === "options" && given && !byName.has(given.name);
    if (given !== undefined && !isOther) break;
    // A switch takes the words true and false, as scripts of other tools write them, and no others.
    if (flag.kind === "switch" && !valuesOf(flag, word).every(isTruth)) break;
    values.push(word);
  }
  return values;
}

function joined(flag: Flag, values: readonly string[]): readonly string[] {
  if (flag.kind === "switch") {
    if (values.length === 0) return [`--${flag.name}=true`];
    const truths = valuesOf(flag, values[0]);
    if (!truths.every(isTruth)) {
      throw new L3MaskingError(
        "invalid-setting",
        `expected true or false after --${flag.name}, got ${JSON.stringify(values[0])}`,
        { hint: `Write --${flag.name} alone to switch it on.` },
      );
    }
    return truths.map((truth) => `--${flag.name}=${truth.toLowerCase()}`);
  }
  if (values.length === 0) {
    throw new L3MaskingError("missing-setting", `expected a value after --${flag.name}, got none`, {
      hint: `Write --${flag.name} <${flag.placeholder}>: ${flag.description}.`,
    });
  }
  return values.flatMap((value) => valuesOf(flag, value)).map((value) => `--${flag.name}=${value}`);
}

/** The values of a word, which commas part where there may be several. */
function valuesOf({ commas, several }: Flag, word: string): readonly string[] {
  return commas || several ? word.split(",") : [word];
}

function isTruth(word: string): boolean {
  return /^(true|false)$/i.test(word);
}

function unknownFlag(name: string, names: readonly string[]): L3MaskingError {
  return new L3MaskingError("unknown-setting", `there is no flag --${name}`, {
    hint: nearestHint(name, names, "See --help for the flags.", "--"),
  });
}

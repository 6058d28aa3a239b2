/**
 * What the program knows of one setting. Flags, help, completion, docs/settings.md, the JSON Schemas, `--config` files, a run's
 * identity, the command that repeats a run, and what `compare` hands on to its runs all derive from these records.
 *
 * Names follow Hugging Face. In code they are camelCase, on the command line kebab-case.
 */
import type { z } from "zod";

/** Headings of the help, in its order. "More" is for flags that are no settings. */
export const headings = [
  "Model and files",
  "Size of a new model",
  "Method",
  "Likelihood",
  "Masking",
  "Training",
  "Second stage",
  "Evaluation and saving",
  "Limits",
  "More machines",
  "More",
] as const;

export type Heading = (typeof headings)[number];

/**
 * What a setting is to the identity of a training run: `counts`, another value makes it another run; `represented`, digests of
 * what it names or other settings count in its place; `rounding`, it changes last digits at most and does not count; `none`,
 * it says where, on what or for whom the work is done.
 */
export type Identity = "counts" | "represented" | "rounding" | "none";

/** One setting, as the commands in `commands` take it. A command that takes it otherwise has a record of its own. */
export interface Setting<
  Name extends string = string,
  Command extends string = string,
  Type extends z.ZodType = z.ZodType,
> {
  readonly name: Name;
  readonly commands: readonly Command[];
  /** What values are allowed, and the default: without one, and not optional, the setting is required. */
  readonly type: Type;
  /** What it means, for help and documentation. */
  readonly description: string;
  readonly heading: Exclude<Heading, "More">;
  /** What stands for a text in the help, such as "folder"; "name" where absent. */
  readonly placeholder?: string;
  /** Does it name a file or folder to read? */
  readonly reads?: true;
  /**
   * Does it name a place to write to? A file; a folder, with the names in it that the command replaces; or a folder of caches, which get
   * new names. `requireOutputsApart` keeps it from what is read.
   */
  readonly writes?: "file" | "cache" | readonly string[];
  readonly unit?: string;
  /** Where the default comes from. */
  readonly origin?: string;
  /** Further names, mostly the long ones of Hugging Face's scripts. */
  readonly aliases?: readonly string[];
  /** May the values of a list be written as one word with commas? */
  readonly commas?: boolean;
  readonly identity: Identity;
  /** The methods of training that look at it; all where absent. */
  readonly methods?: readonly string[];
  /** Values of other settings without which nothing looks at it: one value, or `moreThanOne`. */
  readonly when?: Readonly<Record<string, unknown>>;
  /** Of `compare`: its values are compared, each in runs of its own, so it is not handed on. */
  readonly axis?: boolean;
  /** Of `compare`: several values may be given, of which dev chooses one. Derived (`mayBeSwept`), never written in a record. */
  readonly several?: boolean;
}

/** A record with its exact type. */
export function setting<const Record extends Setting>(record: Record): Record {
  return record;
}

/** In `when`: a number above 1. */
export const moreThanOne = Symbol("more than 1");

/** Is a setting's value the one that `when` asks for? */
export function isAsked(value: unknown, asked: unknown): boolean {
  return asked === moreThanOne ? Number(value) > 1 : value === asked;
}

/** Origin of a default. */
export const PUBLISHED = "the published ACL-ARC run";
/** Origin of what follows from number, labels and length of the texts. */
export const RECIPE = "docs/recipes.md";

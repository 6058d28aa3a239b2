/** The usual kinds of settings, each a schema with notes. */
import { z } from "zod";

/** What the command line needs to know of a setting beyond its schema. */
export interface SettingNotes {
  readonly description: string;
  readonly unit?: string;
  /** Where the default comes from. */
  readonly origin?: string;
  /** Further names, mostly the long ones of Hugging Face's scripts. */
  readonly aliases?: readonly string[];
  /** May the values of a list be written as one word with commas? */
  readonly commas?: boolean;
}

export const text = (notes: SettingNotes) =>
  z
    .string()
    .min(1)
    .meta({ ...notes });
export const integer = (minimum: number, notes: SettingNotes) =>
  z
    .number()
    .int()
    .min(minimum)
    .meta({ ...notes });
export const positive = (notes: SettingNotes) =>
  z
    .number()
    .positive()
    .meta({ ...notes });
export const fraction = (notes: SettingNotes) =>
  z
    .number()
    .min(0)
    .max(1)
    .meta({ ...notes });
/** One or more words. */
export const list = (notes: SettingNotes) =>
  z
    .array(z.string().min(1))
    .min(1)
    .meta({ ...notes });

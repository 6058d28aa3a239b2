/** The flags of a command, read off the records of its settings. */
import { z } from "zod";
import { recordsOf, toFlag } from "../../run/settings/schemas.js";
import type { Setting } from "../../run/settings/setting.js";
import { configFlag, type Flag, type FlagKind, jsonFlag } from "./flag.js";

/** What the JSON Schema of a setting's type may look like; any other form is a fault in its record. */
const typeSchema = z
  .union([
    z.object({ type: z.literal("string"), enum: z.array(z.string()) }),
    z.object({ type: z.enum(["string", "integer", "number", "boolean"]) }),
    z.object({
      type: z.literal("array"),
      items: z.object({ type: z.literal("string"), enum: z.array(z.string()).default([]) }),
    }),
  ])
  .and(
    z.object({
      default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
    }),
  );

/** The flags of a command, in the order of its settings. */
export function flagsOf(settings: z.ZodObject): readonly Flag[] {
  return recordsOf(settings).map(flagOf);
}

function flagOf(setting: Setting): Flag {
  const type = typeSchema.parse(z.toJSONSchema(setting.type, { io: "input" }));
  const choices = "enum" in type ? type.enum : "items" in type ? type.items.enum : [];
  const kind = kindOf(type.type, choices);
  return {
    setting: setting.name,
    name: toFlag(setting.name),
    aliases: (setting.aliases ?? []).map(toFlag),
    kind,
    placeholder: placeholderOf(setting, kind),
    choices,
    commas: setting.commas ?? false,
    several: setting.several ?? false,
    required: !setting.type.safeParse(undefined).success,
    defaultValue: type.default === undefined ? undefined : String(type.default),
    description: setting.description,
    unit: setting.unit,
    origin: setting.origin,
    heading: setting.heading,
  };
}

/** What a command takes: the flags of its settings, if it has some, and those that are no settings. */
export function allFlags(settings?: z.ZodObject): readonly Flag[] {
  const flags = settings === undefined ? [] : flagsOf(settings);
  return flags.length === 0 ? [jsonFlag] : [...flags, configFlag, jsonFlag];
}

function kindOf(
  type: "string" | "integer" | "number" | "boolean" | "array",
  choices: readonly string[],
): FlagKind {
  switch (type) {
    case "string":
      return choices.length > 0 ? "choice" : "text";
    case "boolean":
      return "switch";
    case "array":
      return "list";
    default:
      return type;
  }
}

function placeholderOf({ placeholder = "name" }: Setting, kind: FlagKind): string {
  switch (kind) {
    case "text":
    case "list":
      return placeholder;
    case "switch":
      return "";
    default:
      return kind;
  }
}

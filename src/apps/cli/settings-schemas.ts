/** JSON Schemas of files of settings, docs/schemas/COMMAND.json. Run as a program it writes them into a folder. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { commandShapes } from "./flags.js";

/** The text of each schema by the name of its file. Nothing is required: flags can give what a file does not. */
export function settingsSchemas(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(commandShapes).map(([command, shape]) => {
      const {
        required: _,
        properties,
        ...schema
      } = z.toJSONSchema(z.strictObject(shape), {
        io: "input",
      });
      const described = {
        ...schema,
        title: `Settings of l3masking ${command}`,
        properties: { $schema: { type: "string" }, ...properties },
      };
      return [`${command}.json`, `${JSON.stringify(described, undefined, 2)}\n`];
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? ".";
  for (const [name, text] of settingsSchemas()) writeFileSync(join(folder, name), text);
}

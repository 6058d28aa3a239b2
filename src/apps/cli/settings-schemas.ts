/** JSON Schemas of files of settings, docs/schemas/COMMAND.json. Run as a program it writes them into a folder. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { commandList } from "./commands.js";

/** The text of each schema by the name of its file. Nothing is required: flags can give what a file does not. */
export async function settingsSchemas(): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const { name, settings } of commandList) {
    const object = await settings?.();
    if (object === undefined || Object.keys(object.shape).length === 0) continue;
    const { required: _, properties, ...schema } = z.toJSONSchema(object, { io: "input" });
    const described = {
      ...schema,
      title: `Settings of l3masking ${name}`,
      properties: { $schema: { type: "string" }, ...properties },
    };
    texts.set(`${name}.json`, `${JSON.stringify(described, undefined, 2)}\n`);
  }
  return texts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? ".";
  for (const [name, text] of await settingsSchemas()) writeFileSync(join(folder, name), text);
}

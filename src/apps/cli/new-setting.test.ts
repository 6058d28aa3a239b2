/** A record more, and what derives from it: nothing else has to know of a new setting. */
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runIdentity } from "../../run/folder/run-identity.js";
import { trainCommand } from "../../run/settings/command-line.js";
import { resolveSettings } from "../../run/settings/resolve.js";
import { allSettings, schemaOf } from "../../run/settings/schemas.js";
import { setting } from "../../run/settings/setting.js";
import { commandList } from "./commands.js";
import { completionScript } from "./completion.js";
import { settingsFromFile } from "./config-file.js";
import { flagsOf } from "./flags.js";
import { optionOf } from "./program.js";
import { settingsMarkdown } from "./settings-docs.js";
import { settingsSchemas } from "./settings-schemas.js";

const known = [
  ...allSettings,
  setting({
    name: "newestSetting",
    commands: ["train"],
    type: z.enum(["off", "half", "full"]).default("off"),
    description: "How new it is",
    heading: "Training",
    aliases: ["newest"],
    identity: "counts",
    methods: ["l3"],
  }),
];
const schema = schemaOf("train", known);
const commands = commandList.map((listed) =>
  listed.name === "train" ? { ...listed, settings: async () => schema } : listed,
);
const needed = { model: "m", trainFile: "t.csv", outputDir: "o" };

describe("a record more", () => {
  it("is a flag with its help", () => {
    const flag = flagsOf(schema).find(({ name }) => name === "newest-setting");
    expect(flag).toMatchObject({ heading: "Training", aliases: ["newest"], defaultValue: "off" });
    const help = new Command().addOption(optionOf(flag ?? expect.unreachable()));
    expect(help.helpInformation()).toMatch(
      /Training:\n.*--newest-setting <choice>.*How new it is \(off, half, full; default.*off\)/s,
    );
  });

  it("is checked, completed with its default, and read from files of settings", async () => {
    expect(resolveSettings(schema, needed)).toMatchObject({ newestSetting: "off" });
    expect(() => resolveSettings(schema, { ...needed, newestSetting: "ful" })).toThrow(
      expect.objectContaining({ code: "invalid-setting", hint: "Did you mean full?" }),
    );
    const file = { readText: async () => "newest: half" };
    expect(await settingsFromFile("a.yaml", flagsOf(schema), file)).toEqual({
      newestSetting: "half",
    });
  });

  it("is in documentation, schemas and completion", async () => {
    expect(await settingsMarkdown(commands)).toContain(
      "| `--newest-setting` (`--newest`) | `off`, `half`, `full` | `off` | How new it is |  |",
    );
    const schemas = await settingsSchemas(commands);
    expect(JSON.parse(schemas.get("train.json") ?? "").properties.newestSetting).toMatchObject({
      enum: ["off", "half", "full"],
      default: "off",
      description: "How new it is",
    });
    expect(await completionScript("bash", commands)).toContain(
      '"train --newest-setting") values="off half full"',
    );
  });

  it("counts in the identity of the runs that it matters to, and is in the command that repeats them", () => {
    const identity = (method: string) =>
      runIdentity({ settings: { method, newestSetting: "half" } }, "train", known);
    expect(identity("l3")).toHaveProperty("newestSetting", "half");
    expect(identity("rtm")).not.toHaveProperty("newestSetting");
    expect(trainCommand({ ...needed, newestSetting: "half" }, known)).toBe(
      "l3masking train --model m --train-file t.csv --newest-setting half --output-dir RUN",
    );
  });
});

/** The settings of every command as Markdown: docs/settings.md. Run as a program it prints the page. */
import { fileURLToPath } from "node:url";
import { presetNames, presets } from "../../run/settings/presets.js";
import { settingsOf, toFlag, trainSchema } from "../../run/settings/schemas.js";
import { headings, moreThanOne, type Setting } from "../../run/settings/setting.js";
import { commandList } from "./commands.js";
import type { Flag } from "./flag.js";
import { flagsOf } from "./flags.js";

const INTRODUCTION = `# Settings

\`npm run docs:settings\` writes this page from the records in \`src/run/settings\`.

On the command line a setting is \`--name\`, with \`-\` or \`_\`; in code it is camelCase, so \`--max-length\` is \`maxLength\`. Names in
brackets are aliases. Unknown settings are refused. A setting that several commands take alike is described under the first of them.
The published ACL-ARC run is that of the authors of L3Masking ([method.md](method.md#differences)).

## Settings files

\`--config FILE\` reads settings from a YAML or JSON file; the command line overrides it. Paths in it are relative to the current
folder. \`docs/schemas\` has a JSON Schema of every command's settings, for completion in editors.

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/l3masking/docs/schemas/train.json
model: FacebookAI/roberta-base
method: l3
seed: 1
\`\`\``;

/** The page: for each command a table of its flags under the headings of its help, each flag once; presets; and what counts in a run's identity. */
export async function settingsMarkdown(): Promise<string> {
  const described = await Promise.all(
    commandList.map(async ({ name, help, settings }) => {
      const schema = await settings?.();
      return { name, help, flags: schema === undefined ? [] : flagsOf(schema) };
    }),
  );
  const homes = new Map<string, string>();
  for (const { name, flags } of [...described].reverse()) {
    for (const flag of flags) homes.set(rowOf(flag), name);
  }
  const sections = described.flatMap(({ name, help: { summary, operands }, flags }) => {
    if (flags.length === 0) return [];
    const own = flags.filter((flag) => homes.get(rowOf(flag)) === name);
    const files =
      operands === undefined ? [] : [`\`${operands.syntax}\`: ${operands.description}.`];
    const tables = headings.flatMap((heading) => {
      const rows = own.filter((flag) => flag.heading === heading).map(rowOf);
      return rows.length === 0 ? [] : [`### ${heading}\n\n${[HEAD, ...rows].join("\n")}`];
    });
    const shared = sharedFlags(name, flags, homes);
    const several = severalValues(flags);
    return [[`## ${name}`, `${summary}.`, ...files, ...shared, ...several, ...tables].join("\n\n")];
  });
  return `${[INTRODUCTION, ...sections, presetSection(), identitySection()].join("\n\n")}\n`;
}

/** The values of each preset next to the defaults. */
function presetSection(): string {
  const flags = flagsOf(trainSchema).filter(({ setting }) =>
    presetNames.some((name) => setting in presets[name].values),
  );
  const value = (text: string | number | boolean | undefined) =>
    text === undefined ? "" : typeof text === "boolean" ? (text ? "on" : "off") : `\`${text}\``;
  const rows = flags.map(({ setting, name, defaultValue }) => [
    `\`--${name}\``,
    value(defaultValue),
    ...presetNames.map((preset) => value(presets[preset].values[setting])),
  ]);
  const head = ["flag", "default", ...presetNames.map((name) => `\`${name}\``)];
  return [
    "## Presets",
    "`--preset NAME` replaces the defaults with its values; flags override it. A run's `config.json` records the name and every value.",
    presetNames.map((name) => `* \`${name}\`: ${presets[name].description}.`).join("\n"),
    markdownTable(head, rows),
    "An empty cell keeps the default.",
  ].join("\n\n");
}

/** When settings of `train` count, in words; those that always do are left out. */
function identitySection(): string {
  const byRule = new Map<string, string[]>();
  for (const setting of settingsOf("train")) {
    const rule = identityRule(setting);
    if (rule === undefined) continue;
    byRule.set(rule, [...(byRule.get(rule) ?? []), `\`--${toFlag(setting.name)}\``]);
  }
  return [
    "## Settings that identify a run",
    "Changing a setting of `train` makes a different run, for `--resume` and `compare`, with these exceptions:",
    markdownTable(
      ["settings", "count"],
      [...byRule].map(([rule, flags]) => [flags.join(", "), rule]),
    ),
  ].join("\n\n");
}

function identityRule({ identity, methods, when = {} }: Setting): string | undefined {
  switch (identity) {
    case "none":
      return "never: the trained classifier is the same";
    case "rounding":
      return "never: they change at most the last digits";
    case "represented":
      return "through digests of what was read, or through the settings they stand for";
    case "counts": {
      const conditions = Object.entries(when).map(([name, value]) => {
        if (value === undefined) return `without \`--${toFlag(name)}\``;
        if (value === moreThanOne) return `with \`--${toFlag(name)}\` above 1`;
        return `with \`--${toFlag(name)}${value === true ? "" : ` ${value}`}\``;
      });
      const parts = [
        ...(methods === undefined ? [] : [`in runs of ${methods.join(", ")}`]),
        ...conditions,
      ];
      return parts.length === 0 ? undefined : parts.join(" ");
    }
  }
}

/** Names the flags that may have several values; empty where there are none. */
function severalValues(flags: readonly Flag[]): string[] {
  const names = flags.filter(({ several }) => several).map(({ name }) => `\`--${name}\``);
  if (names.length === 0) return [];
  return [
    `Several values, with commas between them, may be given of these, and dev chooses one ([comparing.md](comparing.md#sweeps)): ${names.join(", ")}.`,
  ];
}

/** Names the flags that an earlier command takes alike, and that command; empty where there are none. */
function sharedFlags(
  command: string,
  flags: readonly Flag[],
  homes: ReadonlyMap<string, string>,
): string[] {
  const sentences = commandList.flatMap(({ name: home }) => {
    const shared = flags.filter((flag) => home !== command && homes.get(rowOf(flag)) === home);
    const names = shared.map(({ name }) => `\`--${name}\``);
    return names.length === 0 ? [] : [`As in [${home}](#${home}): ${names.join(", ")}.`];
  });
  return sentences.length === 0 ? [] : [sentences.join(" ")];
}

const HEAD = markdownTable(["flag", "value", "default", "meaning", "default from"], []);

function rowOf(flag: Flag): string {
  return markdownRow([
    flagCell(flag),
    valueCell(flag),
    defaultCell(flag),
    flag.description,
    flag.origin ?? "",
  ]);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map(markdownRow).join("\n");
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function flagCell({ name, aliases }: Flag): string {
  const others = aliases.map((alias) => `\`--${alias}\``).join(", ");
  return aliases.length === 0 ? `\`--${name}\`` : `\`--${name}\` (${others})`;
}

function valueCell({ kind, choices, placeholder, unit }: Flag): string {
  if (kind === "switch") return "switch";
  if (kind === "choice") return choices.map((choice) => `\`${choice}\``).join(", ");
  if (kind === "list" && choices.length > 0) {
    return `${choices.map((choice) => `\`${choice}\``).join(", ")}; one or more`;
  }
  if (kind === "list") return `${placeholder}, one or more`;
  return unit === undefined ? placeholder : `${placeholder} (${unit})`;
}

function defaultCell({ kind, required, defaultValue }: Flag): string {
  if (required) return "required";
  if (defaultValue === undefined) return "";
  if (kind === "switch") return defaultValue === "true" ? "on" : "off";
  return `\`${defaultValue}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(await settingsMarkdown());
}

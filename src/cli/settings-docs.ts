/** The settings of every command as Markdown: docs/settings.md. Run as a program it prints the page. */
import { fileURLToPath } from "node:url";
import { commandDescriptions } from "./commands.js";
import { type Flag, flagGroups, flagsOf } from "./flags.js";

const INTRODUCTION = `# Settings

Written by \`npm run docs:settings\` from \`src/config.ts\`; change it there.

On the command line a setting is \`--name\`; \`_\` and \`-\` are the same. In code it is camelCase, so
\`--max-length\` is \`maxLength\`. Names in brackets mean the same setting. Settings that do not exist are refused.`;

/** The page: for each command a table of its flags under the headings of its help. */
export function settingsMarkdown(): string {
  const sections = commandDescriptions.flatMap(({ name, summary, settings, operands }) => {
    if (settings === undefined) return [];
    const flags = flagsOf(settings);
    const tables = flagGroups.flatMap((group) => {
      const members = flags.filter((flag) => flag.group === group);
      return members.length === 0 ? [] : [`### ${group}\n\n${table(members)}`];
    });
    const head = [`## ${name}`, `${summary}.`];
    const files =
      operands === undefined ? [] : [`\`${operands.syntax}\`: ${operands.description}.`];
    return [[...head, ...files, ...tables].join("\n\n")];
  });
  return `${[INTRODUCTION, ...sections].join("\n\n")}\n`;
}

function table(flags: readonly Flag[]): string {
  const rows = flags.map((flag) => [
    flagCell(flag),
    valueCell(flag),
    defaultCell(flag),
    flag.description,
    flag.origin ?? "",
  ]);
  const head = ["flag", "value", "default", "meaning", "default from"];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

function flagCell({ name, aliases }: Flag): string {
  const others = aliases.map((alias) => `\`--${alias}\``).join(", ");
  return aliases.length === 0 ? `\`--${name}\`` : `\`--${name}\` (${others})`;
}

function valueCell({ kind, choices, placeholder, unit }: Flag): string {
  if (kind === "switch") return "switch";
  if (kind === "choice") return choices.map((choice) => `\`${choice}\``).join(", ");
  if (kind === "list") return `${placeholder}, one or more`;
  return unit === undefined ? placeholder : `${placeholder} (${unit})`;
}

function defaultCell({ kind, required, defaultValue }: Flag): string {
  if (required) return "required";
  if (defaultValue === undefined) return "";
  return kind === "switch" ? "off" : `\`${defaultValue}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(settingsMarkdown());

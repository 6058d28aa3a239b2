/** Shell completion: scripts that know the commands, their flags, and the values of choices. */
import { L3MaskingError } from "../../base/errors.js";
import { nearestHint } from "../../base/nearest.js";
import type { ListedCommand } from "./commands.js";
import type { Flag } from "./flag.js";
import { allFlags } from "./flags.js";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

interface Described {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
}

/** The script of a shell, to be loaded by it. */
export async function completionScript(
  shell: Shell,
  commands: readonly Pick<ListedCommand, "name" | "help" | "settings">[],
): Promise<string> {
  const described = await Promise.all(
    commands.map(async ({ name, help: { summary }, settings }): Promise<Described> => {
      return { name, summary, flags: allFlags(await settings?.()) };
    }),
  );
  switch (shell) {
    case "bash":
      return bashScript(described);
    case "zsh":
      // zsh runs completions of bash once it is told to.
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(described)}`;
    case "fish":
      return fishScript(described);
  }
}

/** SHELL of `completion`. Throws `invalid-setting`. */
export function chosenShell(given: unknown): Shell {
  const shell = shells.find((name) => name === given);
  if (shell !== undefined) return shell;
  throw new L3MaskingError(
    "invalid-setting",
    `expected one of ${shells.join(", ")}, got ${given ?? "nothing"}`,
    { hint: nearestHint(String(given), shells, "Name the shell: l3masking completion bash.") },
  );
}

function bashScript(commands: readonly Described[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const flagCases = commands.map((command) => {
    const words = command.flags.map(({ name }) => `--${name}`);
    return `    ${command.name}) flags="${[...words, "--help"].join(" ")}" ;;`;
  });
  const choiceCases = commands.flatMap((command) =>
    command.flags
      .filter(({ choices }) => choices.length > 0)
      .map(
        ({ name, choices }) => `    "${command.name} --${name}") values="${choices.join(" ")}" ;;`,
      ),
  );
  return `_l3masking() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}" flags="" values=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} --help --version" -- "$current"))
    return
  fi
  # bash takes --flag=value for three words.
  if [ "$current" = "=" ]; then
    current=""
  elif [ "$previous" = "=" ]; then
    previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  case "$command" in
${flagCases.join("\n")}
  esac
  case "$command $previous" in
${choiceCases.join("\n")}
  esac
  if [ -n "$values" ]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  fi
}
complete -o default -F _l3masking l3masking`;
}

function fishScript(commands: readonly Described[]): string {
  const first = commands.map(
    ({ name, summary }) =>
      `complete -c l3masking -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
  );
  const flags = commands.flatMap((command) =>
    command.flags.map(({ name, description, kind, choices }) => {
      const value =
        kind === "switch" ? "" : choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : " -r";
      return `complete -c l3masking -n '__fish_seen_subcommand_from ${command.name}' -l ${name}${value} -d ${quoted(description)}`;
    }),
  );
  return [...first, ...flags].join("\n");
}

/** A word of fish: between single quotes only \ and ' mean something. */
function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}

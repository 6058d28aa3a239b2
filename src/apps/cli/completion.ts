/** Shell completion: scripts that know the commands, their flags, and the values of choices. */
import type { CommandDescription } from "./commands.js";
import { allFlags } from "./flags.js";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

type Described = Pick<CommandDescription, "name" | "summary" | "settings">;

/** The script of a shell, to be loaded by it. */
export function completionScript(shell: Shell, commands: readonly Described[]): string {
  switch (shell) {
    case "bash":
      return bashScript(commands);
    case "zsh":
      // zsh runs completions of bash once it is told to.
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`;
    case "fish":
      return fishScript(commands);
  }
}

function bashScript(commands: readonly Described[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const flagCases = commands.map((command) => {
    const words = allFlags(command.settings).map(({ name }) => `--${name}`);
    return `    ${command.name}) flags="${[...words, "--help"].join(" ")}" ;;`;
  });
  const choiceCases = commands.flatMap((command) =>
    allFlags(command.settings)
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
    allFlags(command.settings).map(({ name, description, kind, choices }) => {
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

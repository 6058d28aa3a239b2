/** The commands of the command line: those of the table that help knows, and its own. */
import type { z } from "zod";
import type { CommandHelp } from "../../commands/command.js";
import { type CommandName, type CommandResult, commands, isCommand } from "../../commands/table.js";
import type { Watch } from "../../thread/client.js";
import type { ServeResult } from "../serve/serve.js";
import type { StudioResult } from "../studio/studio.js";
import type { Outcome } from "./reporter.js";

/** Settings as flags and files gave them, not yet checked. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/** What a command finds in the package. */
export interface Installation {
  readonly version: string;
  /** Starts the thread that a command will work in, while its flags and settings are still being loaded and read. */
  startWorker(command: CommandName): void;
  /** Runs a command in a thread. */
  call<Name extends CommandName>(
    command: Name,
    given: GivenSettings,
    watch: Watch,
  ): Promise<CommandResult<Name>>;
  serve(given: GivenSettings, watch: Watch): Promise<ServeResult>;
  studio(given: GivenSettings, watch: Watch): Promise<StudioResult>;
}

/** A command of the command line. */
export interface ListedCommand {
  readonly name: string;
  readonly help: CommandHelp;
  /** Of its flags; absent for a command without settings. */
  settings?(): Promise<z.ZodObject>;
  /** The first call of the thread that it works in; absent where it needs none. */
  readonly worksIn?: CommandName;
  /** Is an interrupt the way to end it, and no failure? */
  readonly endsByInterrupt?: boolean;
  run(given: GivenSettings, watch: Watch, installation: Installation): Promise<Outcome>;
}

const ownCommands: readonly ListedCommand[] = [
  {
    name: "serve",
    help: {
      summary: "Answer HTTP requests with a classifier",
      operands: { syntax: "DIR", description: "Folder of a trained classifier", fills: "model" },
      examples: [
        "l3masking serve runs/l3/model",
        "l3masking serve runs/l3/model --host 0.0.0.0 --port 80 --precision int8",
      ],
    },
    settings: async () => (await import("../../run/settings/schemas.js")).serveSchema,
    worksIn: "openClassifier",
    endsByInterrupt: true,
    async run(given, watch, { serve }) {
      const { serveSummary } = await import("./summaries.js");
      const result = await serve(given, watch);
      return { result, text: serveSummary(result), exitCode: 0 };
    },
  },
  {
    name: "studio",
    help: {
      summary: "Open a page to train, look, correct and use a classifier",
      operands: {
        syntax: "DATA",
        description: "Labelled texts to begin with: a file, or a folder with train, dev and test",
        fills: "files",
      },
      examples: ["l3masking studio", "l3masking studio messages.csv --folder studio"],
    },
    settings: async () => (await import("../../run/settings/schemas.js")).studioSchema,
    endsByInterrupt: true,
    async run(given, watch, { studio }) {
      const result = await studio(given, watch);
      const text = `data, corrections and runs are in ${result.folder}`;
      return { result, text, exitCode: 0 };
    },
  },
  {
    name: "completion",
    help: {
      summary: "Print a shell script that completes commands, flags and their values",
      operands: { syntax: "SHELL", description: "bash, zsh, fish", fills: "shell" },
      examples: [
        "source <(l3masking completion bash)",
        "l3masking completion fish > ~/.config/fish/completions/l3masking.fish",
      ],
    },
    async run({ shell }) {
      const { chosenShell, completionScript } = await import("./completion.js");
      const result = await completionScript(chosenShell(shell), commandList);
      return { result, text: result, exitCode: 0 };
    },
  },
];

/** All commands, in the order of the help. */
export const commandList: readonly ListedCommand[] = [
  ...Object.keys(commands).filter(isCommand).flatMap(listed),
  ...ownCommands,
];

function listed(name: CommandName): readonly ListedCommand[] {
  const { help, settings } = commands[name];
  if (help === undefined) return [];
  const run: ListedCommand["run"] = async (given, watch, { call }) => {
    const { outcomeOf } = await import("./summaries.js");
    return outcomeOf(name, await call(name, given, watch));
  };
  const { endsByInterrupt = false } = help;
  return [{ name, help, settings, worksIn: name, endsByInterrupt, run }];
}

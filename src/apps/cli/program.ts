/** The command line from its words to its exit code. */
import { Argument, Command, CommanderError, Help, Option } from "commander";
import { L3MaskingError } from "../../base/errors.js";
import { nearestHint } from "../../base/nearest.js";
import { headings } from "../../run/settings/setting.js";
import { canonicalWords } from "./arguments.js";
import {
  commandList,
  type GivenSettings,
  type Installation,
  type ListedCommand,
} from "./commands.js";
import { knownError } from "./error-text.js";
import { configFlag, type Flag, flagValue, jsonFlag } from "./flag.js";
import { createHumanReporter, createJsonReporter, type Reporter } from "./reporter.js";
import type { Terminal } from "./terminal.js";

const USAGE_ERROR = 2;
const INTERRUPTED = 130;

/** The value that `canonicalWords` gives every switch; nobody has to write it, so help leaves it out. */
const SWITCH_VALUE = " [true|false]";

/** Characters that descriptions need beside the flags; in a narrower terminal they are not wrapped. */
const LEAST_HELP_WIDTH = 30;

/** The widest column of flags; a longer flag has its description below it. */
const MOST_TERM_WIDTH = 28;

/** The width of help where the output is not a terminal. */
const HELP_WIDTH = 80;

/**
 * Runs the command line; words are those after the program's name. Gives the exit code: 0, or that of
 * the error's family (2 usage, 3 data, 4 checkpoint, 5 training, 6 download, 1 anything else), 130 after an interrupt.
 */
export async function runCommandLine(
  words: readonly string[],
  installation: Installation,
  terminal: Terminal,
): Promise<number> {
  // Before the words are understood, errors go where the user asked results to go.
  const json = words.includes(`--${jsonFlag.name}`);
  const reporter = json ? createJsonReporter(terminal) : createHumanReporter(terminal);
  try {
    let exitCode = 0;
    const named = namedCommand(words);
    const asksForHelp = ["--help", "-h", "help"].some((word) => words.includes(word));
    if (named?.worksIn !== undefined && !asksForHelp) installation.startWorker(named.worksIn);
    const chosen = named && { ...named, flags: await flagsOf(named) };
    const program = createProgram(installation, terminal, chosen, async (operands, options) => {
      if (chosen === undefined) throw commandExpected(words[0]);
      exitCode = await runCommand(chosen, operands, options, installation, terminal, reporter);
    });
    await program.parseAsync(oneSpelling(words, chosen), { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && isAnswered(thrown)) {
      // Help that nobody asked for, where a command is missing, is an error.
      return thrown.exitCode === 0 ? 0 : USAGE_ERROR;
    }
    const error = thrown instanceof CommanderError ? usageError(thrown) : knownError(thrown);
    reporter.failure(error);
    return error.exitCode;
  }
}

type Options = Readonly<Record<string, unknown>>;

type Action = (operands: readonly string[], options: Options) => Promise<void>;

interface ChosenCommand extends ListedCommand {
  readonly flags: readonly Flag[];
}

/** The command that the words name, after `help` too. */
function namedCommand(words: readonly string[]): ListedCommand | undefined {
  const asked = words[0] === "help" ? words[1] : words[0];
  return commandList.find(({ name }) => name === asked);
}

/** Settings take longer to load than all else that `--help` does, so they are loaded only for a command that is named. */
async function flagsOf({ settings }: ListedCommand): Promise<readonly Flag[]> {
  const [{ allFlags }, schema] = await Promise.all([import("./flags.js"), settings?.()]);
  return allFlags(schema);
}

const plainHelp = new Help();

/** The program that parses words and prints help. */
function createProgram(
  installation: Installation,
  terminal: Terminal,
  chosen: ChosenCommand | undefined,
  action: Action,
): Command {
  const program = new Command("l3masking")
    .description("Fine-tune text classifiers with likelihood-based masking.")
    .version(installation.version, "-V, --version", "Print the version")
    .helpOption("-h, --help", "Show this help")
    .helpCommand("help [command]", "Show the help of a command")
    .exitOverride()
    .configureHelp({
      minWidthToWrap: LEAST_HELP_WIDTH,
      optionTerm: ({ flags }) => flags.replace(SWITCH_VALUE, ""),
      padWidth: (command, help) => Math.min(MOST_TERM_WIDTH, plainHelp.padWidth(command, help)),
      formatItem(term, width, description, help) {
        const item = (words: string) => plainHelp.formatItem(words, width, description, help);
        return term.length <= width ? item(term) : `  ${term}\n${item("")}`;
      },
    })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // Errors are thrown, and shown in one place.
      outputError: () => undefined,
      getOutHelpWidth: () => terminal.stdout.columns,
      getErrHelpWidth: () => terminal.stderr.columns,
    })
    .addHelpText("after", "\nRun l3masking COMMAND --help for the flags of a command.");
  for (const listed of commandList) {
    // That a command takes flags is all that the list of commands says of them.
    addCommand(program, listed, listed.name === chosen?.name ? chosen.flags : [jsonFlag], action);
  }
  return program;
}

function addCommand(
  program: Command,
  { name, help: { summary, operands, examples } }: ListedCommand,
  flags: readonly Flag[],
  action: Action,
): void {
  const command = program.command(name).summary(summary).description(`${summary}.`);
  for (const heading of headings) {
    const group = flags.filter((flag) => flag.heading === heading);
    const ordered = [
      ...group.filter(({ required }) => required),
      ...group.filter(({ required }) => !required),
    ];
    for (const flag of ordered) command.addOption(optionOf(flag));
  }
  if (operands !== undefined) {
    command.addArgument(new Argument(`[${operands.syntax}]`, operands.description));
  }
  command.addHelpOption(
    new Option("-h, --help", "Show this help").helpGroup(`${jsonFlag.heading}:`),
  );
  command.addHelpText("after", () => {
    const width = command.configureOutput().getOutHelpWidth?.() ?? HELP_WIDTH;
    return `\nExamples:\n${examples.map((example) => shellLines(example, width)).join("\n")}`;
  });
  command.action(async () => {
    await action(command.args, command.opts());
  });
}

/** An indented shell command, continued on further lines before flags that would exceed the width. */
function shellLines(command: string, width: number): string {
  const lines: string[] = [];
  let line = "";
  for (const part of command.split(/ (?=--)/)) {
    const longer = line === "" ? `  ${part}` : `${line} ${part}`;
    if (line !== "" && longer.length > width - 2) {
      lines.push(`${line} \\`);
      line = `      ${part}`;
    } else line = longer;
  }
  return [...lines, line].join("\n");
}

/** A flag as the parser and its help take it. */
function optionOf(flag: Flag): Option {
  const value =
    flag.kind === "switch" ? SWITCH_VALUE : ` <${flag.placeholder}${flag.several ? ",..." : ""}>`;
  const option = new Option(`--${flag.name}${value}`, helpText(flag));
  option.helpGroup(`${flag.heading}:`);
  if (flag.kind === "list") {
    return option.argParser((text, earlier: readonly string[] = []) => [...earlier, text]);
  }
  const valueIn = (text: string) =>
    flag.kind === "switch" ? text === "true" : flagValue(flag, text);
  if (!flag.several) return option.argParser(valueIn);
  // One value stands for itself, several become a list.
  return option.argParser((text, earlier: unknown) =>
    earlier === undefined ? valueIn(text) : [earlier, valueIn(text)].flat(),
  );
}

/** `Longest text (tokens; default 128)`; choices and units that the description names are not repeated. */
function helpText(flag: Flag): string {
  const { description, unit = "", defaultValue, required, kind, choices } = flag;
  const explained = new Set(description.toLowerCase().match(/[\w-]+/g));
  const notes = [
    ...(choices.every((choice) => explained.has(choice)) ? [] : [choices.join(", ")]),
    ...(unit === "" || explained.has(unit) ? [] : [unit]),
    ...(required ? ["required"] : []),
    ...(kind === "list" ? ["one or more"] : []),
    ...(defaultValue === undefined || kind === "switch"
      ? []
      : [`default ${quotedIfSpaced(defaultValue)}`]),
  ];
  if (notes.length === 0) return description;
  // A reference to a page takes the notes into its brackets.
  const [text, start] = /\(docs\/[^)]*\)$/.test(description)
    ? [description.slice(0, -1), "; "]
    : [description, " ("];
  return `${text}${start}${notes.join("; ")})`;
}

function quotedIfSpaced(value: string): string {
  return value.includes(" ") ? JSON.stringify(value) : value;
}

function commandExpected(first: string): L3MaskingError {
  return new L3MaskingError("unknown-setting", `expected a command, got ${first}`, {
    hint: "Run l3masking --help for the list of commands.",
  });
}

/** The words with the flags of the command in one spelling. Throws `unknown-setting` for an unknown command. */
function oneSpelling(
  words: readonly string[],
  chosen: ChosenCommand | undefined,
): readonly string[] {
  const [first, ...rest] = words;
  if (first === undefined || first.startsWith("-") || first === "help") return words;
  if (chosen !== undefined) return [first, ...canonicalWords(rest, chosen.flags)];
  const names = commandList.map(({ name }) => name);
  throw new L3MaskingError("unknown-setting", `there is no command ${first}`, {
    hint: nearestHint(first, names, `Choose one of ${names.join(", ")}.`),
  });
}

async function runCommand(
  command: ChosenCommand,
  operands: readonly string[],
  { json: _, config, ...given }: Options,
  installation: Installation,
  terminal: Terminal,
  reporter: Reporter,
): Promise<number> {
  const { flags, help, endsByInterrupt = false } = command;
  const fromFile = typeof config === "string" ? await readSettings(config, flags, terminal) : {};
  const { operandSettings } = await import("./operands.js");
  const fromOperands = await operandSettings(help.operands, operands, given, terminal);
  const stop = new AbortController();
  const stopListening = terminal.onInterrupt(() => {
    stop.abort();
    reporter.remark("stopping at the next safe point; interrupt again to stop immediately");
  });
  try {
    const watch = { onEvent: reporter.event, onOutput: reporter.output, signal: stop.signal };
    const settings = { ...fromFile, ...fromOperands, ...given };
    if (typeof config === "string") await requireApartFrom(config, command, settings);
    const outcome = await command.run(settings, watch, installation);
    reporter.outcome(outcome);
    return stop.signal.aborted && !endsByInterrupt ? INTERRUPTED : outcome.exitCode;
  } finally {
    stopListening();
  }
}

/** The file of the settings is read too; what the settings themselves name is checked where they are resolved. */
async function requireApartFrom(
  config: string,
  { settings }: ListedCommand,
  values: GivenSettings,
): Promise<void> {
  const [{ requireOutputsApart }, { recordsOf }, schema] = await Promise.all([
    import("../../run/folder/outputs-apart.js"),
    import("../../run/settings/schemas.js"),
    settings?.(),
  ]);
  if (schema === undefined) return;
  const inputs = [{ flag: `--${configFlag.name}`, path: config }];
  requireOutputsApart({ records: recordsOf(schema), values, inputs });
}

/** Settings of a file; the flags that are no settings may not stand there. */
async function readSettings(
  path: string,
  flags: readonly Flag[],
  terminal: Terminal,
): Promise<GivenSettings> {
  const { settingsFromFile } = await import("./config-file.js");
  const own = [configFlag, jsonFlag];
  return settingsFromFile(
    path,
    flags.filter((flag) => !own.includes(flag)),
    terminal,
  );
}

/** Did commander already print what it had to say: help or the version? */
function isAnswered({ code }: CommanderError): boolean {
  return ["commander.help", "commander.helpDisplayed", "commander.version"].includes(code);
}

function usageError({ message }: CommanderError): L3MaskingError {
  const text = message.replace(/^error: /, "");
  return new L3MaskingError("invalid-setting", text, { hint: "See --help." });
}

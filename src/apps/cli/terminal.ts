/** What the command line needs of its surroundings; tests pass their own. */
import { styleText } from "node:util";

/** Gives a text a style, such as `paint("red", text)`; where there are no colours, the text as it is. */
export type Paint = (style: Style, text: string) => string;

export type Style = Parameters<typeof styleText>[0];

// Whether there are colours is decided here, for each output.
export const inColour: Paint = (style, text) => styleText(style, text, { validateStream: false });
export const plain: Paint = (_, text) => text;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A stream that text goes to. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Characters in a line. */
  readonly columns: number;
}

/** Where results go, which may be more than fits into memory. */
export interface ResultOutput extends Output {
  /** Waits until what was written is on its way; false where the reader has gone. */
  flush(): Promise<boolean>;
}

export interface Terminal {
  readonly stdout: ResultOutput;
  readonly stderr: Output;
  readonly environment: Environment;
  /** Milliseconds of a steady clock. */
  now(): number;
  /** Calls `listener` at the next interrupt only; the one after it ends the process. Gives a way to stop listening. */
  onInterrupt(listener: () => void): () => void;
  /** Names in a folder; undefined where the path is no folder. */
  listFolder(path: string): Promise<readonly string[] | undefined>;
  /** The text of a file; undefined where there is no readable file. */
  readText(path: string): Promise<string | undefined>;
}

/** Colours for an output: NO_COLOR forbids and FORCE_COLOR demands them, else a terminal that can. */
export function paintFor(output: Output, environment: Environment): Paint {
  return wantsColor(output, environment) ? inColour : plain;
}

function wantsColor(output: Output, { NO_COLOR, FORCE_COLOR, TERM }: Environment): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return output.isTerminal && TERM !== "dumb";
}

/** May a line be drawn over? Not in logs, nor where a build service keeps what is written. */
export function canRedraw(output: Output, { CI, TERM }: Environment): boolean {
  const inService = CI !== undefined && CI !== "" && CI !== "false" && CI !== "0";
  return output.isTerminal && TERM !== "dumb" && !inService;
}

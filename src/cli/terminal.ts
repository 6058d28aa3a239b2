/** What the command line needs of its surroundings; tests pass their own. */
import picocolors from "picocolors";

export type Colors = ReturnType<typeof picocolors.createColors>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A stream that text goes to. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Characters in a line. */
  readonly columns: number;
}

export interface Terminal {
  readonly stdout: Output;
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
export function colorsFor(output: Output, environment: Environment): Colors {
  return picocolors.createColors(wantsColor(output, environment));
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

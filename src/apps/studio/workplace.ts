/**
 * The place where the studio's work is done: a folder, and the commands run in it. The page knows nothing else of it, so that
 * the same page works with Node behind a local server and with a worker of the browser.
 *
 * Paths are relative to the workplace and have slashes: "data/train.jsonl", "runs/2/model". Settings of commands name files
 * and folders in the same way. No path leads out of it.
 */
import type { CommandName, CommandResult } from "../../commands/table.js";
import type { FolderEntry } from "../../platform/files/folder-contents.js";
import type { RunEvent } from "../../run/host/host.js";

/** The commands that the page calls. A workplace refuses all others. */
export const studioCommands = [
  "readRows",
  "examine",
  "train",
  "readRun",
  "predict",
  "export",
  "openClassifier",
  "classify",
  "explain",
] as const satisfies readonly CommandName[];

export type StudioCommand = (typeof studioCommands)[number];

/** Path of the folder of other runs, in which nothing is written. */
export const OTHER_RUNS = "@runs";

/** How the page follows a call. */
export interface CallWatch {
  onEvent?(event: RunEvent): void;
  /** Aborting asks the call to stop at its next safe point; it then rejects with `interrupted`. */
  readonly signal?: AbortSignal;
  /** Aborting asks training to end at its next step, with the best that it has: the call then has a result. */
  readonly end?: AbortSignal;
}

/** A device that a model can be computed on. */
export interface WorkplaceDevice {
  /** A value of the setting `device`. */
  readonly name: string;
  /** For people: "processor, 8 threads". */
  readonly title: string;
}

/** What there is to work with. */
export interface WorkplaceFacts {
  /** Of l3masking. */
  readonly version: string;
  /** Where the work is done, to end a sentence: "on this machine, in Node". */
  readonly place: string;
  /** The first is taken where none is chosen. */
  readonly devices: readonly WorkplaceDevice[];
  readonly model: {
    readonly name: string;
    /** Bytes that are fetched before its first use; 0 where it is at hand. */
    readonly toFetch: number;
  };
  /** A folder of runs to show beside those of the page, in words; its place is `OTHER_RUNS`. */
  readonly otherRuns?: string;
  /** Files that the studio was started with, as `readRows` takes them. */
  readonly given?: GivenFiles;
}

/** Labelled files in the workplace. */
export interface GivenFiles {
  readonly trainFile: string;
  readonly validationFile?: string;
  readonly testFile?: string;
}

/**
 * Every promise rejects with an `L3MaskingError` where the work itself failed: what a command throws; `file-missing` for a path
 * with nothing; `workplace-path` for one that leads out of it; `workplace-lost` where the workplace no longer answers.
 */
export interface Workplace {
  facts(): Promise<WorkplaceFacts>;
  /**
   * Runs a command. Commands take turns, but for `openClassifier`, `classify` and `explain`, which share a turn of their own:
   * `classify` asks the classifier that was opened last. A page that is left stops its calls, as an aborted signal would.
   */
  call<Name extends StudioCommand>(
    command: Name,
    settings: unknown,
    watch?: CallWatch,
  ): Promise<CommandResult<Name>>;
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Replaces the file as a whole, and makes the folders that it needs. */
  write(path: string, content: Blob): Promise<void>;
  /** Nothing for a folder that is not there. */
  list(folder: string): Promise<readonly FolderEntry[]>;
  /** A file, or a folder with all that is in it; nothing is fine too. */
  remove(path: string): Promise<void>;
  /** The files of a folder as a zip archive, under the folder's name. */
  zip(folder: string): Promise<Blob>;
}

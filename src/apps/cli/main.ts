#!/usr/bin/env node
/** Connects the command line with the process. */
import { closeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { isatty } from "node:tty";
import { packageVersion } from "../../base/version.js";
import { systemCode } from "../../platform/files/failures.js";
import { entryAt, listFolder, readText } from "../../platform/files/files.js";
import { callOnce, startAhead } from "../../thread/client.js";
import { runCommandLine } from "./program.js";
import { createHumanReporter } from "./reporter.js";
import { interrupts } from "./signals.js";
import { outputTo } from "./streams.js";
import type { Terminal } from "./terminal.js";

/** The standard streams that are terminals, by their numbers. */
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

const stdout = outputTo("standard output", process.stdout);

const terminal: Terminal = {
  stdout,
  stderr: outputTo("standard error", process.stderr, true),
  environment: process.env,
  now: () => performance.now(),
  onInterrupt: interrupts(process, terminals.length > 0),
  async listFolder(path) {
    // Not a folder: the reader of the file says what is wrong with it, if anything.
    return entryAt(path)?.kind === "folder" ? listFolder(path) : undefined;
  },
  async readText(path) {
    try {
      return readText(path);
    } catch (error) {
      // A file of the system's: missing, a folder, not to be read.
      if (systemCode(error) !== undefined) return undefined;
      throw error;
    }
  },
};

process.on("exit", () => {
  // Node aborts at its end over a terminal that it cannot set back, as it is gone; what is closed it leaves alone.
  for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
});

process.once("beforeExit", () => {
  // Results that could not be written are a failure of their own.
  const failure = stdout.failure();
  if (failure === undefined || process.exitCode !== 0) return;
  createHumanReporter(terminal).failure(failure);
  process.exitCode = failure.exitCode;
});

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  {
    version: packageVersion,
    startWorker: startAhead,
    call: callOnce,
    serve: async (given, watch) => (await import("../serve/serve.js")).runServe(given, watch),
    studio: async (given, watch) => (await import("../studio/studio.js")).runStudio(given, watch),
  },
  terminal,
);

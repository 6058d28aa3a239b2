#!/usr/bin/env node
/** Connects the command line with the process. */
import { performance } from "node:perf_hooks";
import { systemCode } from "../../platform/files/failures.js";
import { entryAt, listFolder, readText } from "../../platform/files/files.js";
import { packageVersion } from "../../platform/machine.js";
import { callOnce, startAhead } from "../../thread/client.js";
import { runCommandLine } from "./program.js";
import type { ResultOutput, Terminal } from "./terminal.js";

const DEFAULT_COLUMNS = 80;

function outputTo(stream: NodeJS.WriteStream): ResultOutput {
  let closed = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A reader may close early (head); the work goes on, only nobody listens any more.
    if (error.code !== "EPIPE") throw error;
    closed = true;
  });
  return {
    write(text) {
      if (!closed) stream.write(text);
    },
    flush() {
      if (closed || !stream.writableNeedDrain) return Promise.resolve(!closed);
      return new Promise((resolve) => {
        const settle = () => {
          stream.off("drain", settle).off("error", settle);
          resolve(!closed);
        };
        stream.on("drain", settle).on("error", settle);
      });
    },
    isTerminal: stream.isTTY === true,
    get columns() {
      // Some terminals tell no width, or 0.
      return stream.columns || DEFAULT_COLUMNS;
    },
  };
}

const signals = ["SIGINT", "SIGTERM"] as const;

const terminal: Terminal = {
  stdout: outputTo(process.stdout),
  stderr: outputTo(process.stderr),
  environment: process.env,
  now: () => performance.now(),
  onInterrupt(listener) {
    const stopListening = () => {
      for (const signal of signals) process.off(signal, once);
    };
    // Without a listener the next signal has its default effect: the process ends at once, without
    // the tidying up that could abort a worker inside the runtime. Shells report 130.
    const once = () => {
      stopListening();
      listener();
    };
    for (const signal of signals) process.on(signal, once);
    return stopListening;
  },
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

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  {
    version: packageVersion(),
    startWorker: startAhead,
    call: callOnce,
    serve: async (given, watch) => (await import("../serve/serve.js")).runServe(given, watch),
  },
  terminal,
);

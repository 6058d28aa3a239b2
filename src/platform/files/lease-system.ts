/** Leases on this machine: its files, its processes, and a thread that touches. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmdirSync,
  writeSync,
} from "node:fs";
import { Worker } from "node:worker_threads";
import { pause } from "../pause.js";
import { systemCode } from "./failures.js";
import { findText, listFolder, makeFolders, remove } from "./files.js";
import { type LeaseFiles, type LeaseSystem, leaseTimes } from "./lease.js";
import { isRunning } from "./lease-holder.js";

/** `now`: milliseconds of a steady clock; `warn` is told if leases cannot be touched. */
export function leaseSystem(
  now: () => number,
  warn: (text: string) => void,
  times = leaseTimes,
): LeaseSystem {
  return {
    files: systemFiles,
    times,
    newId: () => crypto.randomUUID(),
    now,
    pause,
    isRunning,
    startTouching: (path) => startTouching(path, times.touch, warn),
  };
}

/** What to say of a path where there is nothing: a file in the place of a folder above it, or nothing at all. */
function unlessMissing<Result, Otherwise>(work: () => Result, otherwise: Otherwise) {
  try {
    return work();
  } catch (error) {
    // ESTALE: it was removed on another machine since this one looked.
    if (["ENOENT", "ENOTDIR", "ESTALE"].includes(systemCode(error) ?? "")) return otherwise;
    throw error;
  }
}

const systemFiles: LeaseFiles = {
  async makeFolder(path) {
    makeFolders(path);
  },
  async write(path, text) {
    const descriptor = openSync(path, "wx");
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  },
  read: async (path) => unlessMissing(() => findText(path), undefined),
  changedAt: async (path) =>
    unlessMissing(() => {
      // Opening asks a file server, where the status alone might be an old one.
      const descriptor = openSync(path, "r");
      try {
        return fstatSync(descriptor).mtimeMs;
      } finally {
        closeSync(descriptor);
      }
    }, undefined),
  rename: async (from, to) => renameSync(from, to),
  list: async (path) => unlessMissing(() => listFolder(path), []),
  remove: async (path) => unlessMissing(() => remove(path), undefined),
  removeFolder: async (path) => rmdirSync(path),
};

/** In a thread of its own: a command blocks the one that it runs in for minutes. Other errors than a missing file may pass. */
const touching = `
const { utimesSync } = require("node:fs");
const { workerData: { path, milliseconds } } = require("node:worker_threads");
const timer = setInterval(() => {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch (error) {
    if (error.code === "ENOENT") clearInterval(timer);
  }
}, milliseconds);
`;

/** Touches a file every so many milliseconds, until it is removed or the result is called. */
export function startTouching(
  path: string,
  milliseconds: number,
  warn: (text: string) => void,
): () => void {
  const worker = new Worker(touching, {
    eval: true,
    // Flags of this process, such as --input-type, may not fit the code.
    execArgv: [],
    workerData: { path, milliseconds },
  });
  worker.unref();
  worker.on("error", ({ message }) => {
    warn(`${path} is no longer touched, so another machine may take it over: ${message}`);
  });
  return () => void worker.terminate();
}

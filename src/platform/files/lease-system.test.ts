import { existsSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { isRunning, pidSpace, thisProcess } from "./lease-holder.js";
import { startTouching } from "./lease-system.js";

const at = temporaryFolder();
const fail = (text: string) => expect.unreachable(text);

/** Keeps this thread busy, as ONNX Runtime does. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

it("touches a file while its thread is blocked, until it is told to end", async () => {
  const file = at("touched");
  writeFileSync(file, "");
  const stop = startTouching(file, 20, fail);
  const changed = () => statSync(file).mtimeMs;
  utimesSync(file, 1, 1);
  for (let waited = 0; changed() === 1000 && waited < 10_000; waited += 50) block(50);
  expect(changed()).toBeGreaterThan(1e12);
  stop();
  await new Promise((resolve) => setTimeout(resolve, 100));
  utimesSync(file, 1, 1);
  block(200);
  expect(changed()).toBe(1000);
});

it("never makes the file that it touches", () => {
  const file = at("gone");
  writeFileSync(file, "");
  const stop = startTouching(file, 10, fail);
  rmSync(file);
  block(300);
  expect(existsSync(file)).toBe(false);
  stop();
});

it.skipIf(process.platform !== "linux")("tells this start of the machine and PID namespace", () => {
  expect(pidSpace()).toMatch(/^[0-9a-f-]{36} pid:\[\d+\]$/);
  const holder = thisProcess("train", "2026-11-20T08:00:00.000Z");
  expect(isRunning(holder)).toBe(true);
  expect(isRunning({ ...holder, process_start: "1" })).toBe(false);
  expect(isRunning({ ...holder, pid_space: `${holder.pid_space}0` })).toBeUndefined();
  expect(isRunning({ ...holder, pid_space: null })).toBeUndefined();
});

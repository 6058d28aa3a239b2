/** Tries inputs one after the other in a thread of its own, which can be ended when one hangs. */
import { parentPort, workerData } from "node:worker_threads";
import * as z from "zod";
import { fuzzedFiles, kinds, openTrials, seedsOf } from "./fuzz.js";

const given = z
  .object({
    seed: z.int(),
    kind: z.enum(kinds),
    first: z.int(),
    milliseconds: z.number(),
    /** The number of the try under way, for who waits. */
    current: z.instanceof(SharedArrayBuffer),
  })
  .parse(workerData);

const current = new Int32Array(given.current);
seedsOf(given.kind);
const trials = openTrials();
const end = performance.now() + given.milliseconds;
const results = new Map<string, number>();
const findings: { number: number; finding: string }[] = [];
let slowest = { number: given.first, milliseconds: 0 };
let number = given.first;
try {
  for (; performance.now() < end && findings.length < 20; number++) {
    Atomics.store(current, 0, number);
    const { result, finding, milliseconds } = await trials.try(
      given.kind,
      fuzzedFiles(given.seed, given.kind, number),
    );
    results.set(result, (results.get(result) ?? 0) + 1);
    if (finding !== undefined) findings.push({ number, finding });
    if (milliseconds > slowest.milliseconds) slowest = { number, milliseconds };
  }
} finally {
  trials.close();
}
parentPort?.postMessage({ next: number, results: [...results], findings, slowest });

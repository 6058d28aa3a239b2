/** What only one thread of a process may use at a time. */
import { getEnvironmentData, setEnvironmentData, threadId } from "node:worker_threads";

const KEY = "l3masking.claims";

/** The thread that holds each claim, plus one; 0 where none does. Shared by a process's threads. */
const CLAIMS = ["webgpu"] as const;
export type Claim = (typeof CLAIMS)[number];

function holders(): Int32Array {
  const shared: unknown = getEnvironmentData(KEY);
  if (shared instanceof SharedArrayBuffer) return new Int32Array(shared);
  const made = new SharedArrayBuffer(CLAIMS.length * Int32Array.BYTES_PER_ELEMENT);
  setEnvironmentData(KEY, made);
  return new Int32Array(made);
}

/** To be called before a thread is started, which then sees the claims of this one. */
export function shareClaims(): void {
  holders();
}

/** Takes what is claimed for this thread until it ends; false where another thread has it. */
export function claimForThread(claim: Claim): boolean {
  const all = holders();
  const at = CLAIMS.indexOf(claim);
  const mine = threadId + 1;
  const holder = Atomics.compareExchange(all, at, 0, mine);
  if (holder === 0) process.once("exit", () => Atomics.compareExchange(all, at, mine, 0));
  return holder === 0 || holder === mine;
}

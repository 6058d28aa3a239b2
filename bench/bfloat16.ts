/** Whether bfloat16 is worth timing: a processor without instructions for it only imitates it. */
import { readFileSync } from "node:fs";

/** Linux's names for bfloat16 dot products: of x86, of its tiles, of Arm. */
const NAMES = new Set(["avx512_bf16", "amx_bf16", "bf16"]);

/** What a text in the form of /proc/cpuinfo says of bfloat16; undefined where it lists no flags. */
export function bfloat16In(cpuinfo: string): boolean | undefined {
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1];
  return flags?.split(" ").some((flag) => NAMES.has(flag));
}

/** False where Linux knows that the processor has no such instructions; elsewhere nothing speaks against trying. */
export function hasBfloat16(): boolean {
  try {
    return bfloat16In(readFileSync("/proc/cpuinfo", "utf8")) ?? true;
  } catch {
    return true;
  }
}

export const WITHOUT_BFLOAT16 =
  "transformers in bfloat16 is left out: this processor has no instructions for it";

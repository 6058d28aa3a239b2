/** The machine as a browser tells it, in place of `platform/machine.ts`. */
import type { Machine } from "../machine.js";
import { mostWebAssemblyBytes } from "./page.js";

export type { Machine } from "../machine.js";

export function thisMachine(): Machine {
  const [, name = "browser", version = "unknown"] =
    /(Firefox|Edg|Chrome|Safari)\/([\d.]+)/.exec(navigator.userAgent) ?? [];
  return {
    program: { name: name.toLowerCase(), version },
    platform: "browser",
    architecture: "wasm32",
    processor: "unknown processor",
    processors: processorCount(),
    // Rounded, and 8 GiB at most; where nothing is told, what WebAssembly can have.
    totalBytes:
      navigator.deviceMemory === undefined
        ? mostWebAssemblyBytes
        : navigator.deviceMemory * 2 ** 30,
  };
}

export function processorCount(): number {
  return navigator.hardwareConcurrency;
}

/** What the browser lets a page or worker use. */

/** What WebAssembly can address. */
export const mostWebAssemblyBytes = 2 ** 32;

/** How many threads may share memory: all processors, but 1 in a page that is not isolated from other origins. */
export function sharedThreads(): number {
  return isIsolated() ? navigator.hardwareConcurrency : 1;
}

/** May threads share memory? Only in a page that was sent with the headers of cross-origin isolation. */
export function isIsolated(): boolean {
  return typeof crossOriginIsolated !== "undefined" && crossOriginIsolated;
}

/** Lets what waits in this thread's queue go first: messages, timers, drawing. */
export function othersFirst(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** Whether the browser offers WebGPU, and whether it then finds an adapter. */
export async function webgpuState(): Promise<"ready" | "no WebGPU" | "no adapter"> {
  if (typeof navigator === "undefined" || navigator.gpu === undefined) return "no WebGPU";
  return (await navigator.gpu.requestAdapter()) === null ? "no adapter" : "ready";
}

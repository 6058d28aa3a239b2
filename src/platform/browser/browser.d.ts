/**
 * The part of a browser's globals that is used, in pages and workers alike. Their types ship only with the browser's
 * library, whose globals must not leak into code that also runs in Node.
 */
declare const navigator: {
  readonly hardwareConcurrency: number;
  /** Absent where the browser has no WebGPU, and in pages that were not sent securely. */
  readonly gpu?: { requestAdapter(): Promise<object | null> };
};

/** Absent in browsers that are too old to share memory between threads. */
declare const crossOriginIsolated: boolean | undefined;

/**
 * The part of a browser's globals that is used, in pages and workers alike. Their types ship only with the browser's
 * library, whose globals must not leak into code that also runs in Node.
 */
declare const navigator: {
  readonly hardwareConcurrency: number;
  readonly userAgent: string;
  /** GiB, rounded; absent in some browsers. */
  readonly deviceMemory?: number;
  /** Absent where the browser has no WebGPU, and in pages that were not sent securely. */
  readonly gpu?: { requestAdapter(): Promise<object | null> };
  /** Absent in pages that were not sent securely. */
  readonly storage?: { getDirectory(): Promise<OriginFolder> };
};

/** Absent in browsers that are too old to share memory between threads. */
declare const crossOriginIsolated: boolean | undefined;

/** A folder of the files that a browser keeps for an origin. */
interface OriginFolder {
  getFileHandle(name: string, options: { readonly create: boolean }): Promise<OriginFile>;
}

interface OriginFile {
  /** In workers only; one at a time. */
  createSyncAccessHandle?(): Promise<SyncAccess>;
}

interface SyncAccess {
  getSize(): number;
  read(target: Uint8Array, options: { readonly at: number }): number;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  flush(): void;
  close(): void;
}

/** In a worker: hears what its page sends. */
declare function addEventListener(
  type: "message",
  listener: (event: { readonly data: unknown }) => void,
): void;

/**
 * The part of the WebAssembly interface used here. Node and browsers both have it, but the types
 * ship only with the browser's library, whose globals must not leak into code that also runs in
 * Node.
 */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  var Module: {
    new (bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Module;
  };

  interface Memory {
    readonly buffer: ArrayBuffer;
  }
  var Memory: {
    /** Sizes in pages of 64 KiB. */
    new (descriptor: { initial: number; maximum?: number; shared?: boolean }): Memory;
  };

  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  var Instance: {
    new (module: Module, imports?: Record<string, Record<string, unknown>>): Instance;
  };
}

/** What the engine needs of a runtime: bytes in, a session out; named arrays in, named arrays out. */
import type { OnnxTarget } from "../graph/op.js";

/** A named input or output. The element type decides the class of `data`; booleans are bytes. */
export type ArrayValue =
  | { readonly type: "float32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly type: "int32"; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly type: "int64"; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly type: "int8"; readonly shape: readonly number[]; readonly data: Int8Array }
  | { readonly type: "bool"; readonly shape: readonly number[]; readonly data: Uint8Array };

export type NamedArrays = Readonly<Record<string, ArrayValue>>;

export interface Session {
  /**
   * Runs the graph. Inputs are read in place. An output named in `targets` is written there; the
   * others come back in fresh arrays. Throws `runtime-failed` with the graph and node at fault.
   */
  run(inputs: NamedArrays, outputs: readonly string[], targets?: NamedArrays): Promise<NamedArrays>;
  dispose(): Promise<void>;
}

export interface DeviceOptions {
  /** Of a matrix product; all processors where absent. */
  readonly threads?: number | undefined;
  /** Where each session, when it is disposed of, leaves the time of every node it ran: Chrome's trace events, a JSON file. */
  readonly profileFolder?: string | undefined;
}

/** What graphs run on; each has a file in `devices/`. */
export interface Device {
  /** Opens it. Throws `runtime-missing`, and `runtime-unsupported` on a machine that cannot have it. */
  open(options?: DeviceOptions): Promise<Runtime>;
}

/** A device that is open. */
export interface Runtime {
  /** Name and version, for records and `doctor`. */
  readonly name: string;
  /** Which kernels graphs may use. */
  readonly target: OnnxTarget;
  readonly threads: number;
  load(name: string, bytes: Uint8Array): Promise<Session>;
}

/** What the engine needs of a runtime: bytes in, a session out; named arrays in, named arrays out. */
import type { OnnxTarget, OpName } from "../graph/op.js";

/** A named input or output. The element type decides the class of `data`; booleans are bytes. */
export type ArrayValue =
  | { readonly type: "float32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly type: "int32"; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly type: "int64"; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly type: "int8"; readonly shape: readonly number[]; readonly data: Int8Array }
  | { readonly type: "bool"; readonly shape: readonly number[]; readonly data: Uint8Array };

/** Arrays by the names of inputs or outputs. */
export type NamedArrays = Readonly<Record<string, ArrayValue>>;

/** An array that a device holds until it is disposed of. */
export interface HeldArray {
  readonly type: ArrayValue["type"];
  readonly shape: readonly number[];
  /** What it holds, in a fresh array of the host. */
  read(): Promise<ArrayValue>;
  /** Frees it on the device: it can be neither fed nor read any more. */
  dispose(): void;
}

/** What a session is fed, by the names of its inputs. */
export type NamedFeeds = Readonly<Record<string, ArrayValue | HeldArray>>;

/** What a run came to. */
export interface RunOutputs {
  /** Those that came back to the host. */
  readonly arrays: NamedArrays;
  /** Those that the session was loaded to hold: new ones in each run, for the caller to dispose of. */
  readonly held: Readonly<Record<string, HeldArray>>;
}

/** An ONNX file that is loaded into a device. */
export interface Session {
  /**
   * Runs the graph. Inputs are read in place. An output named in `targets` is written there; the others come back in
   * fresh arrays, or stay on the device where the session was loaded to hold them. Throws `runtime-failed` with the graph
   * and node at fault.
   */
  run(inputs: NamedFeeds, outputs: readonly string[], targets?: NamedArrays): Promise<RunOutputs>;
  dispose(): Promise<void>;
}

/** How a device is opened. */
export interface DeviceOptions {
  /** Of a matrix product; all processors where absent. */
  readonly threads?: number | undefined;
  /** Where each session, when it is disposed of, leaves the time of every node it ran: Chrome's trace events, a JSON file. */
  readonly profileFolder?: string | undefined;
}

/** What graphs run on; each has a file in `devices/`. */
export interface Device {
  /**
   * Opens it. Throws `runtime-missing`, `runtime-unsupported` on a machine that cannot have it, and `device-missing` where
   * the device or what it needs is not there.
   */
  open(options?: DeviceOptions): Promise<Runtime>;
}

/** A device that is open. */
export interface Runtime {
  /** Name and version of the program, for records and `doctor`. */
  readonly name: string;
  /** What it runs on, as the setting names it. */
  readonly device: string;
  /** Which kernels graphs may use. */
  readonly target: OnnxTarget;
  /** Operations that it has no kernel for. */
  readonly lacks: readonly OpName[];
  readonly threads: number;
  /** Where arrays are held: the host's own memory, or one that all feeds and results of the host travel to and from. */
  readonly memory: "host" | "device";
  /**
   * Holds a float32 or int32 array for many runs. In the host's memory it is `value` itself, which is not to change while it
   * is held; elsewhere a copy.
   */
  hold(value: ArrayValue): Promise<HeldArray>;
  /** A session; its outputs named in `held` stay on the device. */
  load(name: string, bytes: Uint8Array, held?: readonly string[]): Promise<Session>;
}

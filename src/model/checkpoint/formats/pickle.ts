/**
 * A reader of Python pickles that can only rebuild data.
 *
 * It knows the opcodes that torch.save writes and no others. A global is a name to be looked up in an
 * allow-list, and calling one hands its arguments to a rule of ours: nothing named by the file is ever
 * imported, called or evaluated.
 *
 * Reference: Python's pickletools, opcodes of protocols 2 to 4.
 */
import { L3MaskingError } from "../../../base/errors.js";

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | { readonly kind: "list"; readonly items: PickleValue[] }
  | { readonly kind: "tuple"; readonly items: readonly PickleValue[] }
  | { readonly kind: "dict"; readonly entries: Map<string, PickleValue> }
  | { readonly kind: "global"; readonly name: string }
  | StorageReference
  | TensorReference;

/** A run of elements that the file stores outside the pickle, under `key`. */
export interface StorageReference {
  readonly kind: "storage";
  readonly key: string;
  /** Name of torch's storage class, e.g. `FloatStorage`. */
  readonly storageClass: string;
  /** Elements. */
  readonly count: number;
}

/** A strided view of a storage; offset and strides in elements. */
export interface TensorReference {
  readonly kind: "tensor";
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export interface PickleRules {
  /** True for the globals (`module.name`) the file may name. */
  allows(global: string): boolean;
  call(global: string, parameters: readonly PickleValue[]): PickleValue;
  persistent(id: PickleValue): PickleValue;
}

/** Memo entries and stack depth we accept; a 48-layer model needs a few thousand. */
const MAX_ENTRIES = 1 << 18;

interface Machine {
  readonly view: DataView;
  readonly where: string;
  readonly rules: PickleRules;
  readonly stack: PickleValue[];
  /** Stack heights at the open marks. */
  readonly marks: number[];
  readonly memo: Map<number, PickleValue>;
  position: number;
}

/**
 * Reads one pickle from `bytes` at `start`; returns its value and the position after it. Throws
 * `checkpoint-pickle` if it holds anything but data of the known kinds, and `checkpoint-format` if
 * it is cut off. `where` is the file's path, for messages.
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  rules: PickleRules,
  where: string,
): { readonly value: PickleValue; readonly end: number } {
  const machine: Machine = {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    where,
    rules,
    stack: [],
    marks: [],
    memo: new Map(),
    position: start,
  };
  for (;;) {
    const opcode = uint8(machine);
    if (opcode === STOP) return { value: pop(machine), end: machine.position };
    const operation = operations.get(opcode);
    if (operation === undefined) {
      const name = `0x${opcode.toString(16).padStart(2, "0")}`;
      throw refuse(machine, `the opcode ${name} at byte ${machine.position - 1}`);
    }
    operation(machine);
  }
}

/** Describes a value in a message. */
export function describe(value: PickleValue): string {
  if (value === null) return "None";
  if (typeof value !== "object") return `a ${typeof value}`;
  return value.kind === "global" ? `the global ${JSON.stringify(value.name)}` : `a ${value.kind}`;
}

const STOP = 0x2e;

const operations: ReadonlyMap<number, (machine: Machine) => void> = new Map([
  // PROTO and FRAME only announce
  [0x80, protocol],
  [0x95, (m: Machine) => advance(m, 8)],
  // NONE, NEWTRUE, NEWFALSE
  [0x4e, (m: Machine) => push(m, null)],
  [0x88, (m: Machine) => push(m, true)],
  [0x89, (m: Machine) => push(m, false)],
  // BININT, BININT1, BININT2, LONG1, BINFLOAT
  [0x4a, (m: Machine) => push(m, m.view.getInt32(advance(m, 4), true))],
  [0x4b, (m: Machine) => push(m, uint8(m))],
  [0x4d, (m: Machine) => push(m, m.view.getUint16(advance(m, 2), true))],
  [0x8a, (m: Machine) => push(m, long(m, uint8(m)))],
  [0x47, (m: Machine) => push(m, m.view.getFloat64(advance(m, 8), false))],
  // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8; BINSTRING, SHORT_BINSTRING (written by Python 2)
  [0x58, (m: Machine) => push(m, text(m, uint32(m), "utf-8"))],
  [0x8c, (m: Machine) => push(m, text(m, uint8(m), "utf-8"))],
  [0x8d, (m: Machine) => push(m, text(m, uint64(m), "utf-8"))],
  [0x54, (m: Machine) => push(m, text(m, uint32(m), "latin1"))],
  [0x55, (m: Machine) => push(m, text(m, uint8(m), "latin1"))],
  // MARK; EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
  [0x28, mark],
  [0x29, (m: Machine) => push(m, { kind: "tuple", items: [] })],
  [0x85, (m: Machine) => push(m, { kind: "tuple", items: popMany(m, 1) })],
  [0x86, (m: Machine) => push(m, { kind: "tuple", items: popMany(m, 2) })],
  [0x87, (m: Machine) => push(m, { kind: "tuple", items: popMany(m, 3) })],
  [0x74, (m: Machine) => push(m, { kind: "tuple", items: popToMark(m) })],
  // EMPTY_LIST, APPEND, APPENDS
  [0x5d, (m: Machine) => push(m, { kind: "list", items: [] })],
  [0x61, (m: Machine) => append(m, popMany(m, 1))],
  [0x65, (m: Machine) => append(m, popToMark(m))],
  // EMPTY_DICT, SETITEM, SETITEMS
  [0x7d, (m: Machine) => push(m, { kind: "dict", entries: new Map() })],
  [0x73, (m: Machine) => setItems(m, popMany(m, 2))],
  [0x75, (m: Machine) => setItems(m, popToMark(m))],
  // BINPUT, LONG_BINPUT, MEMOIZE; BINGET, LONG_BINGET
  [0x71, (m: Machine) => remember(m, uint8(m))],
  [0x72, (m: Machine) => remember(m, uint32(m))],
  [0x94, (m: Machine) => remember(m, m.memo.size)],
  [0x68, (m: Machine) => recall(m, uint8(m))],
  [0x6a, (m: Machine) => recall(m, uint32(m))],
  // GLOBAL, STACK_GLOBAL, REDUCE, BUILD, BINPERSID
  [0x63, (m: Machine) => pushGlobal(m, line(m), line(m))],
  [0x93, stackGlobal],
  [0x52, reduce],
  [0x62, build],
  [0x51, (m: Machine) => push(m, m.rules.persistent(pop(m)))],
]);

function protocol(machine: Machine): void {
  const version = uint8(machine);
  if (version < 2 || version > 5) throw refuse(machine, `pickle protocol ${version}`);
}

function mark(machine: Machine): void {
  if (machine.marks.length >= MAX_ENTRIES) throw refuse(machine, `over ${MAX_ENTRIES} marks`);
  machine.marks.push(machine.stack.length);
}

function push(machine: Machine, value: PickleValue): void {
  if (machine.stack.length >= MAX_ENTRIES) {
    throw refuse(machine, `a stack of over ${MAX_ENTRIES} values`);
  }
  machine.stack.push(value);
}

function pop(machine: Machine): PickleValue {
  return popMany(machine, 1)[0];
}

function popMany(machine: Machine, count: number): PickleValue[] {
  const { stack } = machine;
  if (stack.length - count < (machine.marks.at(-1) ?? 0)) {
    throw refuse(machine, `too few values at byte ${machine.position - 1}`);
  }
  return stack.splice(stack.length - count);
}

function popToMark(machine: Machine): PickleValue[] {
  const height = machine.marks.pop();
  if (height === undefined) throw refuse(machine, `no mark at byte ${machine.position - 1}`);
  return machine.stack.splice(height);
}

/** The value on top, which stays there. */
function top(machine: Machine): PickleValue {
  const value = pop(machine);
  machine.stack.push(value);
  return value;
}

function append(machine: Machine, items: readonly PickleValue[]): void {
  const target = top(machine);
  if (!isKind(target, "list")) throw refuse(machine, `items appended to ${describe(target)}`);
  for (const item of items) target.items.push(item);
}

function setItems(machine: Machine, items: readonly PickleValue[]): void {
  const target = top(machine);
  if (!isKind(target, "dict") || items.length % 2 !== 0) {
    throw refuse(machine, `items set on ${describe(target)}`);
  }
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i];
    if (typeof key !== "string") throw refuse(machine, `${describe(key)} as a dictionary key`);
    target.entries.set(key, items[i + 1]);
  }
}

function remember(machine: Machine, index: number): void {
  if (machine.memo.size >= MAX_ENTRIES) throw refuse(machine, `over ${MAX_ENTRIES} memo entries`);
  machine.memo.set(index, top(machine));
}

function recall(machine: Machine, index: number): void {
  const value = machine.memo.get(index);
  if (value === undefined) throw refuse(machine, `the empty memo entry ${index}`);
  push(machine, value);
}

function pushGlobal(machine: Machine, module: string, name: string): void {
  const global = `${module}.${name}`;
  if (!machine.rules.allows(global)) throw refuse(machine, `the global ${JSON.stringify(global)}`);
  push(machine, { kind: "global", name: global });
}

function stackGlobal(machine: Machine): void {
  const [module, name] = popMany(machine, 2);
  if (typeof module !== "string" || typeof name !== "string") {
    throw refuse(machine, `a global named by ${describe(module)} and ${describe(name)}`);
  }
  pushGlobal(machine, module, name);
}

function reduce(machine: Machine): void {
  const [callable, parameters] = popMany(machine, 2);
  if (!isKind(callable, "global") || !isKind(parameters, "tuple")) {
    throw refuse(machine, `a call of ${describe(callable)} with ${describe(parameters)}`);
  }
  push(machine, machine.rules.call(callable.name, parameters.items));
}

/** Attributes of a state dictionary (`_metadata`) are read over; nothing else may carry any. */
function build(machine: Machine): void {
  const [target, state] = popMany(machine, 2);
  if (!isKind(target, "dict") || !isKind(state, "dict")) {
    throw refuse(machine, `attributes (${describe(state)}) set on ${describe(target)}`);
  }
  push(machine, target);
}

function isKind<Kind extends "list" | "tuple" | "dict" | "global">(
  value: PickleValue,
  kind: Kind,
): value is Extract<PickleValue, { kind: Kind }> {
  return typeof value === "object" && value?.kind === kind;
}

/** Moves past `count` bytes; returns where they begin. */
function advance(machine: Machine, count: number): number {
  const start = machine.position;
  if (count > machine.view.byteLength - start) {
    throw new L3MaskingError(
      "checkpoint-format",
      `expected ${count} more bytes of the pickle at byte ${start}, found ${machine.view.byteLength - start} in ${machine.where}`,
      { hint: "Download the file again; it is truncated or damaged." },
    );
  }
  machine.position += count;
  return start;
}

function uint8(machine: Machine): number {
  return machine.view.getUint8(advance(machine, 1));
}

function uint32(machine: Machine): number {
  return machine.view.getUint32(advance(machine, 4), true);
}

function uint64(machine: Machine): number {
  return Number(machine.view.getBigUint64(advance(machine, 8), true));
}

/** A little-endian two's complement integer of `count` bytes. */
function long(machine: Machine, count: number): number | bigint {
  const start = advance(machine, count);
  let value = 0n;
  for (let i = 0; i < count; i++) {
    value |= BigInt(machine.view.getUint8(start + i)) << BigInt(8 * i);
  }
  const signed = BigInt.asIntN(8 * count, value);
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}

function text(machine: Machine, count: number, encoding: "utf-8" | "latin1"): string {
  const start = advance(machine, count);
  const bytes = new Uint8Array(machine.view.buffer, machine.view.byteOffset + start, count);
  return new TextDecoder(encoding).decode(bytes);
}

/** Text up to the next line feed. */
function line(machine: Machine): string {
  const start = machine.position;
  while (uint8(machine) !== 0x0a);
  const bytes = new Uint8Array(
    machine.view.buffer,
    machine.view.byteOffset + start,
    machine.position - 1 - start,
  );
  return new TextDecoder().decode(bytes);
}

function refuse(machine: Machine, what: string): L3MaskingError {
  return pickleError(what, machine.where);
}

/** The error for a pickle that holds `what` instead of tensors. */
export function pickleError(what: string, where: string): L3MaskingError {
  return new L3MaskingError(
    "checkpoint-pickle",
    `expected a pickle of named tensors and nothing else, found ${what} in ${where}`,
    {
      hint: "Use a model.safetensors, or save only the state_dict with torch.save. Nothing in the file was executed.",
    },
  );
}

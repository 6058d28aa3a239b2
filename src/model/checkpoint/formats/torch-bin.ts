/**
 * pytorch_model.bin: a pickled dictionary of tensors and their raw storages, in a zip archive (torch
 * 1.6 and later) or one after the other (before 1.6, "legacy"). The pickle is read as data only.
 *
 * Reference: torch/serialization.py (`_save`, `_legacy_save`).
 */
import { L3MaskingError } from "../../../base/errors.js";
import { elementCount } from "../../parameters.js";
import {
  type ByteRange,
  type ByteSource,
  knownStranger,
  readBytes,
  requireRange,
} from "./bytes.js";
import { describe, type PickleValue, type TensorReference, unpickle } from "./pickle.js";
import { elementBytes, readFloats, type StoredTensor } from "./stored-tensor.js";
import { plainRules, span, stateDictionary, storageType, torchRules } from "./torch-objects.js";
import { readZipEntries } from "./zip.js";

/** The number that opens a legacy file. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;

/** The pickle of a large model is about 100 kB. */
const MAX_PICKLE_BYTES = 16 << 20;

export type TorchFormat = "torch-zip" | "torch-legacy";

export interface TorchFile {
  readonly format: TorchFormat;
  readonly tensors: StoredTensor[];
}

/**
 * The tensors of a pytorch_model.bin, to be read one by one. Throws `checkpoint-pickle` if the
 * file holds anything but named tensors, `checkpoint-shape` for tensors that leave their storage,
 * `checkpoint-format` for a damaged file, and for tensors that share so many bytes that they are four times the file.
 */
export async function readTorchBin(source: ByteSource): Promise<TorchFile> {
  const start = await readBytes(source, 0, Math.min(source.size, 64), "the start");
  if (start[0] === 0x50 && start[1] === 0x4b) {
    return {
      format: "torch-zip",
      tensors: requireLittleShared(await readZipFormat(source), source),
    };
  }
  if (start[0] === 0x80) {
    const tensors = requireLittleShared(await readLegacyFormat(source), source);
    return { format: "torch-legacy", tensors };
  }
  throw new L3MaskingError(
    "checkpoint-format",
    `expected a file written by torch.save, found ${knownStranger(start) ?? "other bytes"} at ${source.name}`,
    { hint: "Download the file again, or use model.safetensors." },
  );
}

/** Bytes of all tensors against those of the file: tied weights share a storage, and they are few. */
const MAX_SHARING = 4;
const SMALL_BYTES = 1 << 20;

/** Thousands of tensors over one storage would take a thousand times the file's size in memory. */
function requireLittleShared(tensors: StoredTensor[], source: ByteSource): StoredTensor[] {
  const bytes = tensors.reduce(
    (sum, { shape, dtype }) => sum + elementCount({ shape }) * elementBytes[dtype],
    0,
  );
  const limit = Math.max(SMALL_BYTES, MAX_SHARING * source.size);
  if (bytes <= limit) return tensors;
  throw damaged(`tensors of at most ${limit} bytes together`, `${bytes}`, source);
}

async function readZipFormat(source: ByteSource): Promise<StoredTensor[]> {
  const entries = await readZipEntries(source);
  const pickleName = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickleName === undefined) {
    throw damaged("an entry data.pkl in the archive", "none", source);
  }
  const root = pickleName.slice(0, -"data.pkl".length);
  await requireLittleEndian(entries.get(`${root}byteorder`), source);
  const pickle = await readEntry(entries.get(pickleName), MAX_PICKLE_BYTES, source);
  const { value } = unpickle(pickle, 0, torchRules(source.name), source.name);
  const tensors = stateDictionary(value, source.name);
  return [...tensors].map(([name, tensor]) => {
    const entry = entries.get(`${root}data/${tensor.storage.key}`);
    if (entry === undefined) {
      throw damaged(`the storage ${tensor.storage.key} of tensor ${name}`, "none", source);
    }
    return storedTensor(name, tensor, entry, source);
  });
}

async function readLegacyFormat(source: ByteSource): Promise<StoredTensor[]> {
  const where = source.name;
  const head = await readBytes(source, 0, Math.min(source.size, MAX_PICKLE_BYTES), "the pickle");
  const magic = unpickle(head, 0, plainRules(where), where);
  if (magic.value !== LEGACY_MAGIC) {
    throw damaged("the magic number of torch.save", describe(magic.value), source);
  }
  const protocol = unpickle(head, magic.end, plainRules(where), where);
  if (protocol.value !== LEGACY_PROTOCOL) {
    throw damaged(`torch protocol ${LEGACY_PROTOCOL}`, `${describe(protocol.value)}`, source);
  }
  const system = unpickle(head, protocol.end, plainRules(where), where);
  if (member(system.value, "little_endian") !== true) {
    throw damaged("little-endian storages", "others", source);
  }
  const state = unpickle(head, system.end, torchRules(where), where);
  const tensors = stateDictionary(state.value, where);
  const keys = unpickle(head, state.end, plainRules(where), where);
  const storages = await locateStorages(keys.value, keys.end, tensors, source);
  return [...tensors].map(([name, tensor]) => {
    const storage = storages.get(tensor.storage.key);
    if (storage === undefined) {
      throw damaged(`the storage ${tensor.storage.key} of tensor ${name}`, "none", source);
    }
    return storedTensor(name, tensor, storage, source);
  });
}

/** Legacy storages follow the pickles in the order of `keys`, each after its element count. */
async function locateStorages(
  keys: PickleValue,
  start: number,
  tensors: ReadonlyMap<string, TensorReference>,
  source: ByteSource,
): Promise<ReadonlyMap<string, ByteRange>> {
  if (typeof keys !== "object" || keys?.kind !== "list") {
    throw damaged("a list of storage keys", describe(keys), source);
  }
  const references = new Map([...tensors.values()].map(({ storage }) => [storage.key, storage]));
  const located = new Map<string, ByteRange>();
  let position = start;
  for (const key of keys.items) {
    const reference = typeof key === "string" ? references.get(key) : undefined;
    if (typeof key !== "string" || reference === undefined || located.has(key)) {
      throw damaged(
        "storage keys of the tensors, each once",
        typeof key === "string" ? key : describe(key),
        source,
      );
    }
    const bytes = await readBytes(source, position, 8, `the size of storage ${key}`);
    const count = new DataView(bytes.buffer).getBigInt64(0, true);
    if (count !== BigInt(reference.count)) {
      throw damaged(`${reference.count} elements in storage ${key}`, `${count}`, source);
    }
    const size = reference.count * elementBytes[storageType(reference, source.name)];
    requireRange(source, position + 8, size, `storage ${key}`);
    located.set(key, { offset: position + 8, size });
    position += 8 + size;
  }
  return located;
}

function storedTensor(
  name: string,
  tensor: TensorReference,
  storage: ByteRange,
  source: ByteSource,
): StoredTensor {
  const dtype = storageType(tensor.storage, source.name);
  const expected = tensor.storage.count * elementBytes[dtype];
  if (storage.size !== expected) {
    throw damaged(
      `${expected} bytes in storage ${tensor.storage.key} of tensor ${name}`,
      `${storage.size}`,
      source,
    );
  }
  const offset = storage.offset + tensor.offset * elementBytes[dtype];
  return {
    name,
    where: source.name,
    dtype,
    shape: tensor.shape,
    async read() {
      const count = span(tensor);
      const stored = await readFloats(source, { tensor: name, dtype, offset, count });
      return isContiguous(tensor) ? stored : gather(tensor, stored);
    },
  };
}

/** True if the elements lie in row-major order without gaps; strides along extent 1 say nothing. */
function isContiguous({ shape, strides }: TensorReference): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Copies a strided view into row-major order; `stored` begins at the view's first element. */
function gather({ shape, strides }: TensorReference, stored: Float32Array): Float32Array {
  const values = new Float32Array(elementCount({ shape }));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < values.length; to++) {
    values[to] = stored[from];
    // Count up like an odometer, the last axis fastest.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      index[axis]++;
      if (index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return values;
}

async function requireLittleEndian(
  entry: ByteRange | undefined,
  source: ByteSource,
): Promise<void> {
  if (entry === undefined) return; // torch before 2.0 writes none and was little-endian in practice
  const order = new TextDecoder().decode(await readEntry(entry, 16, source));
  if (order !== "little") throw damaged("little-endian storages", JSON.stringify(order), source);
}

async function readEntry(
  entry: ByteRange | undefined,
  limit: number,
  source: ByteSource,
): Promise<Uint8Array> {
  if (entry === undefined || entry.size > limit) {
    throw damaged(`a zip entry of at most ${limit} bytes`, `${entry?.size}`, source);
  }
  return readBytes(source, entry.offset, entry.size, "a zip entry");
}

function member(value: PickleValue, key: string): PickleValue | undefined {
  return typeof value === "object" && value?.kind === "dict" ? value.entries.get(key) : undefined;
}

function damaged(expected: string, got: string, source: ByteSource): L3MaskingError {
  return new L3MaskingError(
    "checkpoint-format",
    `expected ${expected}, got ${got} in ${source.name}`,
    { hint: "Download the file again; it is damaged or not a pytorch_model.bin." },
  );
}

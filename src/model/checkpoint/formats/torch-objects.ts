/**
 * The few globals that torch.save writes for a dictionary of tensors, and what they rebuild.
 *
 * Reference: torch/_utils.py (`_rebuild_tensor_v2`, `_rebuild_parameter`), torch/serialization.py
 * (`persistent_id`).
 */
import { L3MaskingError } from "../../../base/errors.js";
import { elementCount } from "../../parameters.js";
import {
  describe,
  type PickleRules,
  type PickleValue,
  pickleError,
  type StorageReference,
  type TensorReference,
} from "./pickle.js";
import type { StoredType } from "./stored-tensor.js";

const storageTypes: ReadonlyMap<string, StoredType> = new Map([
  ["FloatStorage", "F32"],
  ["HalfStorage", "F16"],
  ["BFloat16Storage", "BF16"],
  ["DoubleStorage", "F64"],
  ["LongStorage", "I64"],
  ["IntStorage", "I32"],
  ["ShortStorage", "I16"],
  ["CharStorage", "I8"],
  ["ByteStorage", "U8"],
  ["BoolStorage", "BOOL"],
]);

/** Dimensions of a tensor, as in PyTorch. */
const MAX_DIMENSIONS = 64;

const ORDERED_DICT = "collections.OrderedDict";
const REBUILD_TENSOR = "torch._utils._rebuild_tensor_v2";
const REBUILD_PARAMETER = "torch._utils._rebuild_parameter";

const allowedGlobals: ReadonlySet<string> = new Set([
  ORDERED_DICT,
  REBUILD_TENSOR,
  REBUILD_PARAMETER,
  ...[...storageTypes.keys()].map((name) => `torch.${name}`),
]);

/** Rules for `unpickle` under which a file can hold tensors and containers of them. */
export function torchRules(where: string): PickleRules {
  return {
    allows: (global) => allowedGlobals.has(global),
    call(global, parameters) {
      switch (global) {
        case ORDERED_DICT:
          if (parameters.length > 0) throw pickleError("an OrderedDict with arguments", where);
          return { kind: "dict", entries: new Map() };
        case REBUILD_TENSOR:
          return rebuildTensor(parameters, where);
        case REBUILD_PARAMETER:
          return requireTensor(parameters[0] ?? null, "a parameter", where);
        default:
          throw pickleError(`a call of the global ${JSON.stringify(global)}`, where);
      }
    },
    persistent: (id) => storageReference(id, where),
  };
}

/** Rules under which a pickle can hold plain values only. */
export function plainRules(where: string): PickleRules {
  return {
    allows: () => false,
    call: (global) => {
      throw pickleError(`a call of the global ${JSON.stringify(global)}`, where);
    },
    persistent: () => {
      throw pickleError("a persistent id", where);
    },
  };
}

/** The tensors of a state dictionary by name; throws `checkpoint-pickle` if it is anything else. */
export function stateDictionary(
  value: PickleValue,
  where: string,
): ReadonlyMap<string, TensorReference> {
  if (typeof value !== "object" || value?.kind !== "dict")
    throw pickleError(describe(value), where);
  const tensors = new Map<string, TensorReference>();
  for (const [name, item] of value.entries) {
    tensors.set(name, requireTensor(item, `entry ${JSON.stringify(name)}`, where));
  }
  return tensors;
}

/** Element type of a storage; the class was on the allow-list. */
export function storageType(storage: StorageReference, where: string): StoredType {
  const type = storageTypes.get(storage.storageClass);
  if (type === undefined) {
    throw pickleError(`a storage of class ${JSON.stringify(storage.storageClass)}`, where);
  }
  return type;
}

/** `(storage, offset, size, stride, requires_grad, backward_hooks[, metadata])` */
function rebuildTensor(parameters: readonly PickleValue[], where: string): TensorReference {
  const [storage, offset, size, stride] = parameters;
  if (parameters.length < 4 || typeof storage !== "object" || storage?.kind !== "storage") {
    throw pickleError("a tensor without a storage", where);
  }
  const tensor: TensorReference = {
    kind: "tensor",
    storage,
    offset: extent(offset, where),
    shape: extents(size, where),
    strides: extents(stride, where),
  };
  requireInsideStorage(tensor, where);
  return tensor;
}

/**
 * Elements may be shared between tensors but not repeated within one: an expanded view could ask
 * for any amount of memory.
 */
function requireInsideStorage(tensor: TensorReference, where: string): void {
  const { shape, strides, storage, offset } = tensor;
  const count = elementCount(tensor);
  const inside = offset + span(tensor) <= storage.count && count <= storage.count;
  if (shape.length !== strides.length || !inside) {
    throw new L3MaskingError(
      "checkpoint-shape",
      `expected a tensor within its storage of ${storage.count} elements, got shape [${shape.join(", ")}], strides [${strides.join(", ")}], offset ${offset} in ${where}`,
      { hint: "Download the file again; it is damaged." },
    );
  }
}

/** Elements from the first to the last of a strided view, both included; 0 if it is empty. */
export function span(tensor: Pick<TensorReference, "shape" | "strides">): number {
  if (tensor.shape.includes(0)) return 0;
  return tensor.shape.reduce((sum, size, axis) => sum + (size - 1) * tensor.strides[axis], 1);
}

/** `("storage", class, key, location, element count[, view])` */
function storageReference(id: PickleValue, where: string): StorageReference {
  const parts = typeof id === "object" && id?.kind === "tuple" ? id.items : [];
  const [tag, storageClass, key, , count, view] = parts;
  if (
    tag !== "storage" ||
    typeof storageClass !== "object" ||
    storageClass?.kind !== "global" ||
    typeof key !== "string"
  ) {
    throw pickleError("a persistent id that is not a storage", where);
  }
  if (view !== undefined && view !== null) {
    throw new L3MaskingError(
      "checkpoint-format",
      `expected whole storages, found a view of a storage, as written by torch before 0.4, in ${where}`,
      { hint: "Load the file with a newer torch and save it again." },
    );
  }
  return {
    kind: "storage",
    key,
    storageClass: storageClass.name.replace(/^torch\./, ""),
    count: extent(count, where),
  };
}

function requireTensor(value: PickleValue, what: string, where: string): TensorReference {
  if (typeof value === "object" && value?.kind === "tensor") return value;
  throw pickleError(`${describe(value)} as ${what}`, where);
}

function extents(value: PickleValue, where: string): number[] {
  if (typeof value !== "object" || value?.kind !== "tuple") {
    throw pickleError(`${describe(value)} as the shape of a tensor`, where);
  }
  if (value.items.length > MAX_DIMENSIONS) {
    throw pickleError(`${value.items.length} dimensions of a tensor`, where);
  }
  return value.items.map((item) => extent(item, where));
}

function extent(value: PickleValue | undefined, where: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw pickleError(`${describe(value ?? null)} as an extent of a tensor`, where);
}

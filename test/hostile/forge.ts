/** Files of checkpoints byte by byte, with every field open to be wrong. */

export function joined(...parts: readonly (string | Uint8Array | readonly number[])[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))),
  );
}

export function little(value: number | bigint, bytes: number): Uint8Array {
  const view = Buffer.alloc(8);
  view.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return view.subarray(0, bytes);
}

/** A safetensors file of a header, given as it is written, and data. */
export function safetensors(
  header: string | Uint8Array,
  dataBytes = 0,
  announced?: number | bigint,
): Uint8Array {
  const json = joined(header);
  return joined(little(announced ?? json.length, 8), json, new Uint8Array(dataBytes));
}

export interface ZipEntry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly method?: number;
  readonly storedSize?: number;
  readonly size?: number;
  /** Where the directory says that the local header is; where it lies if absent. */
  readonly headerAt?: number;
}

export interface ZipFields {
  readonly directorySize?: number;
  readonly directoryAt?: number;
  readonly comment?: Uint8Array;
}

/** A zip archive as torch.save writes it, but for the fields given. */
export function zip(entries: readonly ZipEntry[], fields: ZipFields = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, content, method = 0, storedSize, size, headerAt } of entries) {
    const label = Buffer.from(name);
    const sizes = joined(
      little(storedSize ?? content.length, 4),
      little(size ?? content.length, 4),
    );
    const shared = joined(little(method, 2), little(0, 8), sizes, little(label.length, 2));
    const local = joined("PK\u0003\u0004", [20, 0, 0, 0], shared, little(0, 2), label, content);
    directory.push(
      joined(
        "PK\u0001\u0002",
        [20, 0, 20, 0, 0, 0],
        shared,
        new Uint8Array(12),
        little(headerAt ?? at, 4),
        label,
      ),
    );
    parts.push(local);
    at += local.length;
  }
  const listing = joined(...directory);
  const comment = fields.comment ?? new Uint8Array(0);
  const end = joined(
    "PK\u0005\u0006",
    little(0, 4),
    little(entries.length, 2),
    little(entries.length, 2),
    little(fields.directorySize ?? listing.length, 4),
    little(fields.directoryAt ?? at, 4),
    little(comment.length, 2),
    comment,
  );
  return joined(...parts, listing, end);
}

/** BINUNICODE of a text. */
export function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return joined("X", little(bytes.length, 4), bytes);
}

/** BININT, or LONG1 beyond 32 bits. */
export function integer(value: number): Uint8Array {
  return value < 2 ** 31 ? joined("J", little(value, 4)) : joined([0x8a, 8], little(value, 8));
}

export interface ForgedTensor {
  readonly name?: string;
  readonly key?: string;
  readonly storageClass?: string;
  readonly count?: number;
  readonly offset?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
}

const tuple = (values: readonly number[]) => joined("(", ...values.map(integer), "t");

/** The opcodes that leave a tensor on the stack. */
export function tensorOpcodes(tensor: ForgedTensor = {}): Uint8Array {
  const { key = "0", storageClass = "FloatStorage", count = 4, offset = 0 } = tensor;
  const { shape = [count], strides = [1] } = tensor;
  return joined(
    "ctorch._utils\n_rebuild_tensor_v2\n((",
    text("storage"),
    `ctorch\n${storageClass}\n`,
    text(key),
    text("cpu"),
    integer(count),
    "tQ",
    integer(offset),
    tuple(shape),
    tuple(strides),
    [0x89],
    "ccollections\nOrderedDict\n)RtR",
  );
}

/** A pickled state dictionary. */
export function stateDict(tensors: readonly ForgedTensor[]): Uint8Array {
  const items = tensors.map((tensor) => joined(text(tensor.name ?? "w"), tensorOpcodes(tensor)));
  return joined([0x80, 2], "}(", ...items, "u.");
}

/** A torch zip file of a pickle and storages. */
export function torchZip(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = { 0: new Uint8Array(16) },
  fields: ZipFields = {},
): Uint8Array {
  const entries = Object.entries(storages).map(([key, content]) => ({
    name: `archive/data/${key}`,
    content,
  }));
  return zip([{ name: "archive/data.pkl", content: pickle }, ...entries], fields);
}

export interface LegacyParts {
  readonly magic?: Uint8Array;
  readonly protocol?: number;
  readonly system?: Uint8Array;
  readonly state?: Uint8Array;
  readonly keys?: Uint8Array;
  readonly storages?: Uint8Array;
}

const LEGACY_MAGIC = [
  0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
];

/** A file of torch before 1.6. */
export function torchLegacy(parts: LegacyParts = {}): Uint8Array {
  return joined(
    parts.magic ?? LEGACY_MAGIC,
    [0x80, 2],
    integer(parts.protocol ?? 1001),
    ".",
    parts.system ?? joined([0x80, 2], "}", text("little_endian"), [0x88], "s."),
    parts.state ?? stateDict([{}]),
    parts.keys ?? joined([0x80, 2], "](", text("0"), "e."),
    parts.storages ?? joined(little(4, 8), new Uint8Array(16)),
  );
}

/**
 * Where trained numbers live: every parameter's weight, gradient and optimizer moments as float32
 * in kernel memories, so that ONNX Runtime reads and writes them in place and AdamW passes over
 * them once.
 *
 * A memory (an "arena") is divided into equal bands, one per slot: all weights, then all gradients,
 * and so on. A parameter has the same position in each band, starts at a multiple of 64 bytes, and
 * lies beside parameters of the same part and weight decay. Arenas are filled one after the other;
 * padding is 0 in every band and stays 0 under every kernel, so a run of neighbours can be treated
 * as one array.
 *
 * Behind the bands of a store for training lies a byte for each 16 elements: 0 only where AdamW's
 * moments of all are 0, so that it need not look at those of words that no text has had so far.
 */
import { L3MaskingError } from "../../base/errors.js";
import {
  createKernelMemory,
  type KernelMemory,
  type Kernels,
  maximumMemoryBytes,
} from "../../engine/kernels/kernels.js";
import { elementCount, type Parameter } from "../../model/parameters.js";

/**
 * The slots every trained parameter has. Further ones, of the shape of a gradient, are named at
 * creation.
 */
export type StateSlot = "weight" | "gradient" | "first" | "second";

/** What a store holds, and in how large pieces. */
export interface ParameterStoreOptions {
  /** False for a store of weights alone (4 bytes a parameter rather than 16). Default true. */
  readonly training?: boolean;
  /** Names of more slots of 4 bytes a parameter: say, the gradients of one task. Default none. */
  readonly extraSlots?: readonly string[];
  /** The most bytes in one memory. Default and upper bound: what a memory can hold. */
  readonly arenaBytes?: number;
}

/** A run of neighbouring parameters in one arena, for one kernel call. */
export interface Region {
  readonly kernels: Kernels;
  /** Byte offset of the run's first element in a slot. */
  offset(slot: string): number;
  /** Byte offset of the run's flags for the AdamW kernel: where moments may be other than 0. */
  readonly moments: number;
  /**
   * Elements from the first parameter's start to the last one's end, padding between them included.
   */
  readonly count: number;
  /** The run's elements in a slot. Those of moments may be written until the next step. */
  view(slot: string): Float32Array<ArrayBuffer>;
  /** In the order of the layout. */
  readonly parameters: readonly Parameter[];
}

/** Parameters and their state, at fixed places. */
export interface ParameterStore {
  /** In the order given at creation. Those that are frozen have the slot "weight" alone. */
  readonly parameters: readonly Parameter[];
  /** "weight", then for training "gradient", "first", "second", then the extra slots. */
  readonly slots: readonly string[];
  /** Bytes of all memories together. */
  readonly bytes: number;
  weight(name: string): Float32Array<ArrayBuffer>;
  gradient(name: string): Float32Array<ArrayBuffer>;
  /** AdamW's running mean of the gradient. To write moments, ask for them after the last step. */
  first(name: string): Float32Array<ArrayBuffer>;
  /** AdamW's running mean of the squared gradient. */
  second(name: string): Float32Array<ArrayBuffer>;
  /** Any slot of a parameter: always the same view, flat and row-major. */
  view(slot: string, name: string): Float32Array<ArrayBuffer>;
  /**
   * The selected parameters as few runs: neighbours join while `keyOf` gives them the same key
   * (compared by identity). A parameter whose key is undefined is left out, and so are frozen ones.
   */
  regions<Key>(keyOf: (parameter: Parameter) => Key | undefined): (Region & { key: Key })[];
}

/** A parameter's place: element offset within each band of its arena. */
interface Place {
  readonly parameter: Parameter;
  readonly start: number;
  readonly count: number;
}

interface ArenaPlan {
  readonly places: Place[];
  /** Elements of one band, a multiple of the alignment. */
  bandElements: number;
}

interface Arena extends ArenaPlan {
  readonly memory: KernelMemory;
  /** Names of its bands. */
  readonly slots: readonly string[];
  /** A byte for each `alignedElements` of a band. */
  readonly moments: Uint8Array;
}

const alignedElements = 16; // 64 bytes: a cache line
const trainingSlots: readonly StateSlot[] = ["weight", "gradient", "first", "second"];
const isMoment = (slot: string) => slot === "first" || slot === "second";

/**
 * Lays the parameters out and allocates their memories, all zero: fill the weights from a
 * checkpoint or with `initialize`.
 *
 * Throws `graph-invalid` for a name given twice, `invalid-setting` for a slot given twice or a
 * parameter too large for an arena, and what `createKernelMemory` throws.
 */
export function createParameterStore(
  parameters: readonly Parameter[],
  options: ParameterStoreOptions = {},
): ParameterStore {
  const { training = true, extraSlots = [], arenaBytes = maximumMemoryBytes } = options;
  const slots: readonly string[] = [...(training ? trainingSlots : ["weight"]), ...extraSlots];
  refuseRepeats(slots, (slot) =>
    invalid(`expected each slot once, got "${slot}" twice`, "Rename one."),
  );
  refuseRepeats(
    parameters.map(({ name }) => name),
    (name) =>
      new L3MaskingError(
        "graph-invalid",
        `expected each parameter name once, got "${name}" twice`,
        {
          hint: "Build each group of parameters once.",
        },
      ),
  );
  const bytesInOne = Math.min(arenaBytes, maximumMemoryBytes);
  const isFrozen = (parameter: Parameter) => parameter.frozen === true;
  const moving = parameters.filter((parameter) => !isFrozen(parameter));
  const trained = createArenas(moving, slots, bytesInOne, training);
  const frozen = createArenas(parameters.filter(isFrozen), ["weight"], bytesInOne, false);
  const arenas = [...trained, ...frozen];
  const found = new Map(
    arenas.flatMap((arena) =>
      arena.places.map((place) => {
        const views = placeViews(arena, place);
        return [place.parameter.name, { arena, place, views }] as const;
      }),
    ),
  );

  const view = (slot: string, name: string): Float32Array<ArrayBuffer> => {
    const parameter = found.get(name);
    if (parameter === undefined) {
      throw new L3MaskingError("graph-invalid", `the store holds no parameter "${name}"`, {
        hint: "Create the store with every parameter the model needs.",
      });
    }
    const { arena, place, views } = parameter;
    const slotView = views.get(slot);
    if (slotView === undefined) throw missingSlot(slot, arena.slots);
    if (isMoment(slot)) mayHoldMoments(arena, place);
    return slotView;
  };
  return {
    parameters,
    slots,
    bytes: arenas.reduce((sum, { memory }) => sum + memory.buffer.byteLength, 0),
    weight: (name) => view("weight", name),
    gradient: (name) => view("gradient", name),
    first: (name) => view("first", name),
    second: (name) => view("second", name),
    view,
    regions: (keyOf) => trained.flatMap((arena) => regionsOf(arena, keyOf)),
  };
}

/** Memories with a band for each slot, and flags for moments where there are any. */
function createArenas(
  parameters: readonly Parameter[],
  slots: readonly string[],
  bytesInOne: number,
  training: boolean,
): Arena[] {
  const elementBytes = 4 * slots.length + (training ? 1 / alignedElements : 0);
  return planArenas(parameters, Math.floor(bytesInOne / elementBytes)).map((plan) => {
    const bands = plan.bandElements * 4 * slots.length;
    const flags = training ? plan.bandElements / alignedElements : 0;
    const memory = createKernelMemory(bands + flags);
    return { ...plan, memory, slots, moments: new Uint8Array(memory.buffer, bands, flags) };
  });
}

/**
 * Assigns every parameter a place: sorted so that equal settings are neighbours, then first come,
 * first placed.
 */
function planArenas(parameters: readonly Parameter[], bandCapacity: number): ArenaPlan[] {
  const groups = new Map<string, Parameter[]>();
  for (const parameter of parameters) {
    const key = `${parameter.part} ${parameter.decay}`;
    groups.set(key, [...(groups.get(key) ?? []), parameter]);
  }
  const plans: ArenaPlan[] = [];
  let plan: ArenaPlan | undefined;
  for (const parameter of [...groups.values()].flat()) {
    const count = elementCount(parameter);
    const padded = Math.ceil(count / alignedElements) * alignedElements;
    if (padded > bandCapacity) throw tooLarge(parameter, padded, bandCapacity);
    if (plan === undefined || plan.bandElements + padded > bandCapacity) {
      plan = { places: [], bandElements: 0 };
      plans.push(plan);
    }
    plan.places.push({ parameter, start: plan.bandElements, count });
    plan.bandElements += padded;
  }
  return plans;
}

/** A parameter in each band of its arena. */
function placeViews(
  { memory, bandElements, slots }: Arena,
  { start, count }: Place,
): Map<string, Float32Array<ArrayBuffer>> {
  return new Map(
    slots.map((slot, band) => [
      slot,
      new Float32Array(memory.buffer, (band * bandElements + start) * 4, count),
    ]),
  );
}

function regionsOf<Key>(
  arena: Arena,
  keyOf: (parameter: Parameter) => Key | undefined,
): (Region & { key: Key })[] {
  const runs: { key: Key; places: Place[] }[] = [];
  let previous: Key | undefined;
  for (const place of arena.places) {
    const key = keyOf(place.parameter);
    const run = runs.at(-1);
    if (key !== undefined) {
      if (run !== undefined && previous === key) run.places.push(place);
      else runs.push({ key, places: [place] });
    }
    previous = key;
  }
  return runs.map(({ key, places }) => {
    const start = places[0].start;
    const last = places[places.length - 1];
    const count = last.start + last.count - start;
    const offset = (slot: string) => {
      const band = arena.slots.indexOf(slot);
      if (band < 0) throw missingSlot(slot, arena.slots);
      return (band * arena.bandElements + start) * 4;
    };
    return {
      key,
      kernels: arena.memory.kernels,
      count,
      parameters: places.map(({ parameter }) => parameter),
      offset,
      moments: arena.moments.byteOffset + start / alignedElements,
      view(slot) {
        if (isMoment(slot)) mayHoldMoments(arena, { start, count });
        return new Float32Array(arena.memory.buffer, offset(slot), count);
      },
    };
  });
}

/** Whoever sees moments may write them; the next step looks at all of them and knows again. */
function mayHoldMoments(
  { moments }: Arena,
  { start, count }: Pick<Place, "start" | "count">,
): void {
  moments.fill(1, start / alignedElements, Math.ceil((start + count) / alignedElements));
}

function refuseRepeats(names: readonly string[], error: (name: string) => L3MaskingError): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw error(name);
    seen.add(name);
  }
}

function missingSlot(slot: string, slots: readonly string[]): L3MaskingError {
  return new L3MaskingError(
    "graph-invalid",
    `the store has no slot "${slot}", only ${slots.map((name) => `"${name}"`).join(", ")}`,
    { hint: "Create the store for training, or name the slot in extraSlots." },
  );
}

function tooLarge(parameter: Parameter, padded: number, bandCapacity: number): L3MaskingError {
  return invalid(
    `parameter "${parameter.name}" [${parameter.shape.join(", ")}] needs ${padded} elements in each slot, ` +
      `but an arena has room for ${bandCapacity}`,
    "Use fewer slots or a larger arenaBytes; a model with a larger table does not fit a 4 GiB memory.",
  );
}

function invalid(message: string, hint: string): L3MaskingError {
  return new L3MaskingError("invalid-setting", message, { hint });
}

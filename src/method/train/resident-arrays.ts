/** Arrays of parameters that a device holds, by slot and name. */
import { L3MaskingError } from "../../base/errors.js";
import type { HeldArray, Runtime } from "../../engine/runtime/runtime.js";
import { elementCount, type Parameter } from "../../model/parameters.js";

export interface ResidentArrays {
  get(slot: string, name: string): HeldArray;
  /** Puts an array in the place of the one there, which is disposed of. */
  put(slot: string, name: string, array: HeldArray): void;
  /** Puts the values of the host there. */
  send(slot: string, parameter: Parameter, values: Float32Array): Promise<void>;
  /** Values of 0, for all parameters or the one named. */
  clear(slot: string, name?: string): void;
  dispose(): void;
}

/**
 * All arrays are 0 at first. Zeros of one shape are one array, so slots without values take no room; a program never writes to
 * what it is fed.
 */
export async function createResidentArrays(
  runtime: Runtime,
  parameters: readonly Parameter[],
): Promise<ResidentArrays> {
  const held = new Map<string, Map<string, HeldArray>>();
  const zeros = new Map<string, HeldArray>();
  const zerosOf = new Map<string, HeldArray>();
  for (const parameter of parameters) {
    const { name, shape } = parameter;
    const key = shape.join();
    const known = zeros.get(key);
    const array =
      known ??
      (await runtime.hold({
        type: "float32",
        shape,
        data: new Float32Array(elementCount(parameter)),
      }));
    zeros.set(key, array);
    zerosOf.set(name, array);
  }
  const slotOf = (slot: string) => {
    const known = held.get(slot) ?? new Map<string, HeldArray>();
    held.set(slot, known);
    return known;
  };
  const put = (slot: string, name: string, array: HeldArray) => {
    slotOf(slot).get(name)?.dispose();
    slotOf(slot).set(name, array);
  };
  const clear = (slot: string, name: string) => {
    slotOf(slot).get(name)?.dispose();
    slotOf(slot).delete(name);
  };
  return {
    get(slot, name) {
      const array = slotOf(slot).get(name) ?? zerosOf.get(name);
      if (array !== undefined) return array;
      throw new L3MaskingError("graph-invalid", `the device holds no parameter "${name}"`);
    },
    put,
    async send(slot, { name, shape }, values) {
      // What the host's memory holds is the very array, and the store's goes on to change.
      put(slot, name, await runtime.hold({ type: "float32", shape, data: values.slice() }));
    },
    clear(slot, name) {
      for (const cleared of name === undefined ? [...slotOf(slot).keys()] : [name]) {
        clear(slot, cleared);
      }
    },
    dispose() {
      for (const slot of held.keys()) for (const name of slotOf(slot).keys()) clear(slot, name);
      for (const array of zeros.values()) array.dispose();
      zeros.clear();
    },
  };
}

/** Parameters that are trained on a device: weights, gradients and moments stay there from step to step. */
import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { publishedAdamwSettings } from "./optimizer.js";
import type { ParameterStore } from "./parameter-store.js";
import { createResidentArrays } from "./resident-arrays.js";
import { createResidentOptimizer } from "./resident-optimizer.js";
import { residentBodyGradients } from "./resident-task-gradients.js";
import { hostParameters, type TrainedParameters } from "./trained-parameters.js";

/** What a saved state has of a parameter. */
const kept = ["weight", "first", "second"] as const;

/** Parameters of a store that are trained where the runtime's memory is. */
export async function trainedParameters(
  runtime: Runtime,
  store: ParameterStore,
): Promise<TrainedParameters> {
  return runtime.memory === "host" ? hostParameters(store) : residentParameters(runtime, store);
}

/** Copies the weights and moments of a store to the device and trains them there. */
export async function residentParameters(
  runtime: Runtime,
  store: ParameterStore,
): Promise<TrainedParameters> {
  const { parameters } = store;
  const trained = parameters.filter(({ frozen }) => !frozen);
  const body = trained.filter(({ part }) => part === "body");
  const arrays = await createResidentArrays(runtime, parameters);
  const optimizer = createResidentOptimizer(runtime, arrays, trained, publishedAdamwSettings);
  const byTask = residentBodyGradients(runtime, arrays, body);
  /** Slots that differ from those of the store. */
  const changed = new Set<string>();

  const upload = async () => {
    for (const parameter of parameters) {
      await arrays.send("weight", parameter, store.weight(parameter.name));
    }
    for (const slot of ["first", "second"] as const) {
      arrays.clear(slot);
      for (const parameter of trained) {
        const values = store.view(slot, parameter.name);
        if (values.some((value) => value !== 0)) await arrays.send(slot, parameter, values);
      }
    }
    changed.clear();
  };
  await upload();
  return {
    store,
    weights: (name) => arrays.get("weight", name),
    arrays: ({ keepMask, seedOf }, slotOf = () => "gradient") => ({
      weights: (name) => arrays.get("weight", name),
      gradients: (name) => arrays.get(slotOf(name), name),
      keepMask,
      device: {
        replaceGradient: (name, sum) => arrays.put(slotOf(name), name, sum),
        seedOf,
      },
    }),
    async update(...given) {
      for (const slot of kept) changed.add(slot);
      return optimizer.update(...given);
    },
    bodyGradients() {
      if (store.slots.includes("dev")) return byTask;
      throw new L3MaskingError("graph-invalid", "the store has no slots for gradients by task");
    },
    clear(slots) {
      for (const slot of slots) {
        arrays.clear(slot);
        changed.add(slot);
      }
    },
    async download(slots = kept) {
      for (const slot of slots) {
        if (!changed.has(slot)) continue;
        for (const { name } of trained) {
          const { data } = await arrays.get(slot, name).read();
          if (data instanceof Float32Array) store.view(slot, name).set(data);
        }
        changed.delete(slot);
      }
      return store;
    },
    upload,
    endTraining() {
      for (const slot of store.slots) {
        if (!kept.some((name) => name === slot)) arrays.clear(slot);
      }
    },
    async dispose() {
      arrays.dispose();
      await optimizer.dispose();
      await byTask.dispose();
    },
  };
}

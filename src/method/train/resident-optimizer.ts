/** AdamW with clipped gradient norms over arrays that a device holds: `adamwStep`, as graphs. */
import type { L3MaskingError } from "../../base/errors.js";
import {
  type AdamwSettings,
  adamwGraph,
  adamwScalars,
  normGraph,
  normLimit,
  type OptimizedTensor,
  optimizerNames,
} from "../../engine/optimizer/optimizer-graph.js";
import { compileProgram, floatOutput, type Program, scalarOutput } from "../../engine/program.js";
import type { HeldArray, Runtime } from "../../engine/runtime/runtime.js";
import { elementCount, type Parameter } from "../../model/parameters.js";
import {
  assignTreatments,
  checkSettings,
  divergence,
  nonFiniteNorm,
  type OptimizerGroup,
} from "./optimizer.js";
import type { ResidentArrays } from "./resident-arrays.js";

export interface ResidentOptimizer {
  /** As `adamwStep`. */
  update(
    groups: readonly OptimizerGroup[],
    step: number,
    diverged?: (what: string) => L3MaskingError,
  ): Promise<ReadonlyMap<string, number>>;
  dispose(): Promise<void>;
}

/** New weights and moments of so many elements are made at once: while they are, the device holds them beside the old ones. */
const ELEMENTS_AT_ONCE = 2 ** 25;

/** The programs for one division of the parameters into groups. */
interface Programs {
  readonly tensors: readonly OptimizedTensor[];
  readonly norms: Program;
  readonly updates: readonly {
    readonly tensors: readonly OptimizedTensor[];
    readonly program: Program;
  }[];
}

export function createResidentOptimizer(
  runtime: Runtime,
  arrays: ResidentArrays,
  parameters: readonly Parameter[],
  settings: AdamwSettings,
): ResidentOptimizer {
  const compiled = new Map<string, Programs>();
  const programsFor = async (tensors: readonly OptimizedTensor[]) => {
    const key = JSON.stringify(
      tensors.map(({ name, group, clipGroup }) => [name, group, clipGroup]),
    );
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const made = await compile(runtime, tensors, settings);
    compiled.set(key, made);
    return made;
  };
  return {
    async update(groups, step, diverged = (what) => divergence(`${what} at update ${step}`)) {
      checkSettings(settings, step);
      const { tensors, norms, updates } = await programsFor(optimizedTensors(parameters, groups));
      const gradientsOf = (those: readonly OptimizedTensor[]) =>
        feedsOf(arrays, those, "gradient", optimizerNames.gradient);
      const limits = groups.map(({ clip }) => [
        optimizerNames.maxNorm(clip.name),
        normLimit(clip.maxNorm),
      ]);
      const measured = await norms.run(
        { ...gradientsOf(tensors), ...Object.fromEntries(limits) },
        {},
      );
      const found = new Map<string, number>();
      const scalars: Record<string, Float32Array> = {};
      for (const { clip } of groups) {
        const norm = scalarOutput(measured, optimizerNames.norm(clip.name));
        if (!Number.isFinite(norm)) {
          const inGroup = tensors.filter(({ clipGroup }) => clipGroup === clip.name);
          throw diverged(nonFiniteNorm(clip.name, norm, await firstNotFinite(arrays, inGroup)));
        }
        found.set(clip.name, norm);
        const factor = optimizerNames.clip(clip.name);
        scalars[factor] = floatOutput(measured, factor);
      }
      const rates = Object.fromEntries(groups.map((group) => [groupName(group), group]));
      for (const [name, value] of Object.entries(adamwScalars(settings, rates, step))) {
        scalars[name] = Float32Array.of(value);
      }
      for (const { tensors: some, program } of updates) {
        const state = {
          ...feedsOf(arrays, some, "weight", (name) => name),
          ...feedsOf(arrays, some, "first", optimizerNames.first),
          ...feedsOf(arrays, some, "second", optimizerNames.second),
        };
        const { held } = await program.runHeld({ ...state, ...gradientsOf(some), ...scalars }, {});
        for (const { name } of some) {
          arrays.put("weight", name, held[optimizerNames.newWeight(name)]);
          arrays.put("first", name, held[optimizerNames.newFirst(name)]);
          arrays.put("second", name, held[optimizerNames.newSecond(name)]);
          arrays.clear("gradient", name);
        }
      }
      return found;
    },
    async dispose() {
      for (const { norms, updates } of compiled.values()) {
        await norms.dispose();
        for (const { program } of updates) await program.dispose();
      }
      compiled.clear();
    },
  };
}

/** The parameters that the groups treat. */
function optimizedTensors(
  parameters: readonly Parameter[],
  groups: readonly OptimizerGroup[],
): OptimizedTensor[] {
  const treatmentOf = assignTreatments(parameters, groups);
  return parameters.flatMap((parameter) => {
    const treatment = treatmentOf(parameter);
    if (treatment === undefined) return [];
    const { group } = treatment;
    const { name, shape, decay } = parameter;
    return [{ name, shape, decay, group: groupName(group), clipGroup: group.clip.name }];
  });
}

function groupName({ parts }: OptimizerGroup): string {
  return parts.join("+");
}

async function compile(
  runtime: Runtime,
  tensors: readonly OptimizedTensor[],
  settings: AdamwSettings,
): Promise<Programs> {
  const norms = await compileProgram(runtime, "gradient-norms", (build) =>
    normGraph(build, tensors),
  );
  const updates = [];
  for (const some of inPortions(tensors)) {
    const held = some.flatMap(({ name }) => [
      optimizerNames.newWeight(name),
      optimizerNames.newFirst(name),
      optimizerNames.newSecond(name),
    ]);
    const define = (build: Parameters<typeof adamwGraph>[0]) => adamwGraph(build, some, settings);
    updates.push({ tensors: some, program: await compileProgram(runtime, "adamw", define, held) });
  }
  return { tensors, norms, updates };
}

/** Runs of tensors of at most `ELEMENTS_AT_ONCE` elements, or of one tensor. */
function inPortions(tensors: readonly OptimizedTensor[]): OptimizedTensor[][] {
  const portions: OptimizedTensor[][] = [];
  let elements = Number.POSITIVE_INFINITY;
  for (const tensor of tensors) {
    const count = elementCount(tensor);
    if (elements + count > ELEMENTS_AT_ONCE) {
      portions.push([]);
      elements = 0;
    }
    portions[portions.length - 1].push(tensor);
    elements += count;
  }
  return portions;
}

function feedsOf(
  arrays: ResidentArrays,
  tensors: readonly OptimizedTensor[],
  slot: string,
  input: (name: string) => string,
): Record<string, HeldArray> {
  return Object.fromEntries(tensors.map(({ name }) => [input(name), arrays.get(slot, name)]));
}

/** The first parameter with a gradient that is not finite. */
async function firstNotFinite(
  arrays: ResidentArrays,
  tensors: readonly OptimizedTensor[],
): Promise<string | undefined> {
  for (const { name } of tensors) {
    const { data } = await arrays.get("gradient", name).read();
    if (data instanceof Float32Array && !data.every(Number.isFinite)) return name;
  }
  return undefined;
}

/** Trains the parameters of any graph with AdamW, on any device: a loss and its gradients, their norm, an update. */
import { L3MaskingError } from "../../base/errors.js";
import { nearestHint } from "../../base/nearest.js";
import { type Builder, createBuilder } from "../graph/builder.js";
import { gradientsOf } from "../graph/grad.js";
import { type GraphOutputs, graphInputs, type Tensor } from "../graph/graph.js";
import { formatShape, type SizeBindings } from "../graph/shape.js";
import { compileProgram, type Feeds, floatOutput, type Program, scalarOutput } from "../program.js";
import type { HeldArray, NamedArrays, Runtime } from "../runtime/runtime.js";
import {
  type AdamwSettings,
  adamwGraph,
  adamwScalars,
  optimizerNames as names,
  normGraph,
  normLimit,
  type OptimizedTensor,
} from "./optimizer-graph.js";

/** How `createTrainer` trains. The defaults are those of torch.optim.AdamW. */
export interface TrainerSettings extends Partial<AdamwSettings> {
  /** Default 0.001; a step may have its own. */
  readonly learningRate?: number;
  /** How much of a parameter a step takes away beside its gradient, times the learning rate; default 0.01. */
  readonly weightDecay?: number;
  /** Names of the parameters that do not decay, such as biases; default none. */
  readonly undecayed?: readonly string[];
  /** The largest L2 norm of all gradients together that is let through; default Infinity. */
  readonly maxNorm?: number;
}

/** What one step of training came to. */
export interface TrainingStep {
  /** Before the update. */
  readonly loss: number;
  /** The L2 norm of all gradients together, before clipping. */
  readonly norm: number;
  /** The other outputs of the graph. */
  readonly arrays: NamedArrays;
}

/** Trains the parameters of a graph. */
export interface Trainer {
  /** Updates done so far. */
  readonly steps: number;
  /**
   * One update. `feeds` has the inputs that are not parameters, `sizes` the named sizes of this batch.
   *
   * Throws `graph-invalid` for feeds that do not fit, and `training-diverged` for a gradient norm that is not finite; the
   * parameters then are as before.
   */
  step(
    feeds: Feeds,
    sizes?: SizeBindings,
    options?: { readonly learningRate?: number },
  ): Promise<TrainingStep>;
  /** The parameters where the device holds them, to feed another program with. Each step replaces them. */
  held(): Readonly<Record<string, HeldArray>>;
  /** Copies of the parameters. */
  parameters(): Promise<Record<string, Float32Array>>;
  /** Frees what the device holds. */
  dispose(): Promise<void>;
}

/** A parameter and its moments. */
interface Held {
  weight: HeldArray;
  first: HeldArray;
  second: HeldArray;
}

const GROUP = "all";

/**
 * A trainer of the graph that `define` builds: its output `loss`, of shape [], is minimised over the inputs named in
 * `parameters`, float32 inputs of fixed shape, which start from the values given. The step is that of `adamwGraph`, with the
 * clipping of `normGraph` over all gradients.
 *
 * Throws `graph-invalid` if there is no such loss, or it does not depend on a parameter, and `invalid-setting` for a setting
 * out of range.
 */
export async function createTrainer(
  device: Runtime,
  define: (build: Builder) => GraphOutputs,
  parameters: Readonly<Record<string, Float32Array>>,
  settings: TrainerSettings = {},
): Promise<Trainer> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, undecayed = [] } = settings;
  const { learningRate = 1e-3, weightDecay = 0.01, maxNorm = Number.POSITIVE_INFINITY } = settings;
  const adamw = { beta1, beta2, epsilon };
  checkSettings({ ...adamw, learningRate, weightDecay, maxNorm }, undecayed, parameters);

  const build = createBuilder();
  const outputs = define(build);
  const trained = parameterTensors(outputs, parameters);
  const optimized = trained.map(({ name, shape }): OptimizedTensor => {
    return { name, shape, group: GROUP, decay: !undecayed.includes(name), clipGroup: GROUP };
  });
  const tensors = trained.map(({ tensor }) => tensor);
  const gradients = gradientsOf(build, lossOf(outputs), tensors);
  const gradientOutputs = Object.fromEntries(
    trained.map(({ name }, index) => [names.gradient(name), gradients[index]] as const),
  );
  const passes = await compileProgram(
    device,
    "loss",
    () => ({ ...outputs, ...gradientOutputs }),
    Object.keys(gradientOutputs),
  );
  const norms = await compileProgram(device, "norms", (build) => normGraph(build, optimized), [
    names.clip(GROUP),
  ]);
  const updated = optimized.flatMap(({ name }) => [
    names.newWeight(name),
    names.newFirst(name),
    names.newSecond(name),
  ]);
  const update = await compileProgram(
    device,
    "update",
    (build) => adamwGraph(build, optimized, adamw),
    updated,
  );

  const state = new Map<string, Held>();
  for (const { name, shape } of optimized) {
    const hold = (data: Float32Array) => device.hold({ type: "float32", shape, data });
    const values = parameters[name];
    state.set(name, {
      weight: await hold(values.slice()),
      first: await hold(new Float32Array(values.length)),
      second: await hold(new Float32Array(values.length)),
    });
  }
  const held = () =>
    Object.fromEntries([...state].map(([name, { weight }]) => [name, weight] as const));

  let steps = 0;
  let isRunning = false;

  async function step(feeds: Feeds, sizes: SizeBindings, rate: number): Promise<TrainingStep> {
    const pass = await passes.runHeld({ ...feeds, ...held() }, sizes);
    const used: HeldArray[] = Object.values(pass.held);
    try {
      const limit = normLimit(maxNorm);
      const clipping = await norms.runHeld({ ...pass.held, [names.maxNorm(GROUP)]: limit }, {});
      used.push(...Object.values(clipping.held));
      const norm = scalarOutput(clipping.arrays, names.norm(GROUP));
      if (!Number.isFinite(norm)) throw diverged(norm, steps + 1);

      const scalars = adamwScalars(
        adamw,
        { [GROUP]: { learningRate: rate, weightDecay } },
        steps + 1,
      );
      const rates = Object.entries(scalars)
        .filter(([name]) => update.inputs.has(name))
        .map(([name, value]) => [name, Float32Array.of(value)] as const);
      const moments: Record<string, HeldArray> = {};
      for (const [name, { first, second }] of state) {
        moments[names.first(name)] = first;
        moments[names.second(name)] = second;
      }
      const result = await update.runHeld(
        { ...held(), ...moments, ...pass.held, ...clipping.held, ...Object.fromEntries(rates) },
        {},
      );
      for (const [name, old] of state) {
        used.push(old.weight, old.first, old.second);
        state.set(name, {
          weight: result.held[names.newWeight(name)],
          first: result.held[names.newFirst(name)],
          second: result.held[names.newSecond(name)],
        });
      }
      steps++;
      const { loss, ...arrays } = pass.arrays;
      return { loss: scalarOutput({ loss }, "loss"), norm, arrays };
    } finally {
      for (const array of used) array.dispose();
    }
  }

  return {
    get steps() {
      return steps;
    },
    async step(feeds, sizes = {}, options = {}) {
      if (isRunning) {
        throw invalid("a step was asked for before the last one ended", "Await each step.");
      }
      const rate = options.learningRate ?? learningRate;
      atLeastZero("learningRate", rate);
      isRunning = true;
      try {
        return await step(feeds, sizes, rate);
      } finally {
        isRunning = false;
      }
    },
    held,
    async parameters() {
      const values: Record<string, Float32Array> = {};
      for (const [name, { weight }] of state) {
        values[name] = floatOutput({ [name]: await weight.read() }, name);
      }
      return values;
    },
    async dispose() {
      for (const { weight, first, second } of state.values()) {
        for (const array of [weight, first, second]) array.dispose();
      }
      for (const program of [passes, norms, update] satisfies Program[]) await program.dispose();
    },
  };
}

function lossOf({ loss }: GraphOutputs): Tensor {
  if (loss !== undefined) return loss;
  throw new L3MaskingError("graph-invalid", "the graph to train has no output named loss", {
    hint: "Return { loss } from the function that builds it, with other outputs beside it.",
  });
}

/** The inputs that are trained, with their shapes as numbers. */
function parameterTensors(
  outputs: GraphOutputs,
  parameters: Readonly<Record<string, Float32Array>>,
) {
  const inputs = new Map(
    graphInputs([lossOf(outputs)]).map((tensor) => [tensor.source.name, tensor] as const),
  );
  return Object.entries(parameters).map(([name, values]) => {
    const tensor = inputs.get(name);
    if (tensor === undefined) {
      throw new L3MaskingError("graph-invalid", `the loss does not depend on a parameter ${name}`, {
        hint: nearestHint(name, [...inputs.keys()], `It reads ${[...inputs.keys()].join(", ")}.`),
      });
    }
    const shape = tensor.shape.map(Number);
    const count = shape.reduce((product, size) => product * size, 1);
    if (tensor.type !== "float32" || count !== values.length) {
      throw new L3MaskingError(
        "graph-invalid",
        `parameter ${name}: the graph has ${tensor.type} ${formatShape(tensor.shape)}, got ${values.length} values`,
        { hint: "A parameter is a float32 input of fixed shape, with a value for each element." },
      );
    }
    return { name, tensor, shape };
  });
}

function checkSettings(
  settings: Readonly<
    Record<"beta1" | "beta2" | "epsilon" | "learningRate" | "weightDecay" | "maxNorm", number>
  >,
  undecayed: readonly string[],
  parameters: Readonly<Record<string, Float32Array>>,
): void {
  const { beta1, beta2, epsilon, learningRate, weightDecay, maxNorm } = settings;
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    if (!(beta >= 0 && beta < 1)) {
      throw invalid(`expected ${name} in [0, 1), got ${beta}`, "Use 0.9 and 0.999.");
    }
  }
  if (!(Math.fround(epsilon) > 0 && Number.isFinite(epsilon))) {
    throw invalid(
      `expected an epsilon above 0, got ${epsilon}`,
      "Use 1e-8, or 1e-6 for small gradients.",
    );
  }
  if (!(maxNorm > 0)) {
    throw invalid(`expected a maxNorm above 0, got ${maxNorm}`, "Infinity does not clip.");
  }
  for (const [name, value] of Object.entries({ learningRate, weightDecay }))
    atLeastZero(name, value);
  const known = Object.keys(parameters);
  const unknown = undecayed.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = nearestHint(unknown, known, `There are ${known.join(", ")}.`);
    throw invalid(`expected names of parameters in undecayed, got ${unknown}`, hint);
  }
}

function atLeastZero(name: string, value: number): void {
  if (value >= 0 && Number.isFinite(value)) return;
  throw invalid(`expected a ${name} of at least 0, got ${value}`, `Correct ${name}.`);
}

function invalid(message: string, hint: string): L3MaskingError {
  return new L3MaskingError("invalid-setting", message, { hint });
}

function diverged(norm: number, step: number): L3MaskingError {
  return new L3MaskingError(
    "training-diverged",
    `expected a finite gradient norm, got ${norm} in step ${step}`,
    { hint: "Lower the learning rate, clip by maxNorm, or look for inputs that are not finite." },
  );
}

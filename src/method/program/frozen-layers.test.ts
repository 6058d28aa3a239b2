/** Freezing leaves all other gradients as they are, which are held to PyTorch elsewhere. */
import { beforeAll, describe, expect, it } from "vitest";
import { tinyModel } from "../../../test/fixtures/host.js";
import { createBuilder } from "../../engine/graph/builder.js";
import { graphInputs } from "../../engine/graph/graph.js";
import { cpu } from "../../engine/runtime/devices/cpu.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import { elementCount, type ParameterValues } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import { createTrainable } from "../../run/fine-tune/trainable.js";
import { packTexts, withFrozenStates } from "../batch/pack.js";
import { compileFrozenStates } from "./frozen-states.js";
import { compileClassificationTraining, compileMultiTaskTraining } from "./training.js";
import { classificationTask, multiTask, trainingGraph, trainingRates } from "./training-graph.js";

const CLASSES = 3;
let spec: ModelSpec;
let values: ParameterValues;

beforeAll(async () => {
  ({ spec, values } = await loadCheckpoint(tinyModel("bert")));
});

function textsOf(...lengths: number[]): Int32Array[] {
  return lengths.map((length, text) =>
    Int32Array.from({ length }, (_, index) => 5 + ((7 * index + 11 * text) % 60)),
  );
}

/** Gradients of a pass of each task without dropout, by parameter; none of those that are frozen. */
async function gradientsWith(frozenLayers: number | undefined): Promise<Map<string, Float32Array>> {
  const parts = { mlmHead: true, classes: CLASSES, frozenLayers };
  const store = createTrainable(spec, parts, values, 7);
  const texts = textsOf(9, 6, 12);
  const batch = packTexts(texts, { padId: spec.padId, firstPosition: spec.firstPosition });
  const runtime = await cpu.open({ threads: 1 });
  const rates = { dropout: 0, attentionDropout: 0, frozenLayers };
  const tasks = await compileMultiTaskTraining(runtime, spec, CLASSES, rates, {
    weights: store.weight,
    gradients: store.gradient,
    keepMask: () => expect.unreachable("nothing is dropped"),
  });
  await tasks.main.accumulate(batch, Int32Array.of(2, 0, 1), 0.3);
  const [first, second] = batch.firstSlots;
  const targets = Int32Array.of(first + 1, second + 3);
  await tasks.auxiliary.accumulate(batch, targets, Int32Array.of(17, 5), 0.1);
  await tasks.dispose();
  const trained = store.parameters.filter(({ frozen }) => !frozen);
  return new Map(trained.map(({ name }) => [name, store.gradient(name)]));
}

describe("frozen layers", () => {
  it("have no gradient, and leave those of all others as they are", async () => {
    const all = await gradientsWith(undefined);
    for (const frozenLayers of [0, 1, spec.layers]) {
      const rest = await gradientsWith(frozenLayers);
      const isFrozen = (name: string) => {
        const [, layer] = /^encoder\.layer\.(\d+)/.exec(name) ?? [];
        return name.startsWith("embeddings.") || Number(layer) < frozenLayers;
      };
      expect([...rest.keys()]).toEqual([...all.keys()].filter((name) => !isFrozen(name)));
      for (const [name, gradient] of rest) {
        const expected = all.get(name) ?? expect.unreachable(name);
        expect(expected.some((value) => value !== 0)).toBe(true);
        gradient.forEach((value, i) => {
          expect(value, name).toBeCloseTo(expected[i], 6);
        });
      }
    }
  });

  it("drop nothing, and end the backward pass", () => {
    const rates = { ...trainingRates(spec), dropout: 0.1, attentionDropout: 0.1 };
    const graph = (frozenLayers?: number) =>
      trainingGraph(createBuilder(), classificationTask(spec, CLASSES, { ...rates, frozenLayers }));
    const sites = (frozenLayers?: number) => [...graph(frozenLayers).keepSites.keys()];
    expect(sites(0)).toEqual(sites().filter((site) => site !== "embeddings"));
    expect(sites(spec.layers).every((site) => site.startsWith("classification."))).toBe(true);
    const gradientsOf = (frozenLayers?: number) =>
      graphInputs(Object.values(graph(frozenLayers).outputs))
        .map(({ source }) => source.name)
        .filter((name) => name.startsWith("gradient."));
    expect(gradientsOf(spec.layers).every((name) => name.includes("classification"))).toBe(true);
    expect(gradientsOf(0).length).toBeGreaterThan(gradientsOf(1).length);
  });

  it.each([1, 2])(
    "give the same loss and gradients where the output of %i is given",
    async (frozenLayers) => {
      expect(spec.layers).toBe(2);
      const parts = { mlmHead: false, classes: CLASSES, frozenLayers };
      const store = createTrainable(spec, parts, values, 7);
      const runtime = await cpu.open({ threads: 1 });
      const texts = textsOf(9, 6, 12);
      const packed = packTexts(texts, { padId: spec.padId, firstPosition: spec.firstPosition });
      const first = await compileFrozenStates(runtime, spec, frozenLayers, store.weight);
      const states: Float32Array[] = [];
      for (const ids of texts) {
        // Each alone, so that rows and slots are others than in the batch.
        const alone = packTexts([ids], { padId: spec.padId, firstPosition: spec.firstPosition });
        const found = await first.states(alone);
        states.push(frozenLayers === spec.layers ? found.subarray(0, spec.hiddenSize) : found);
      }
      await first.dispose();
      const dropouts = {
        ...trainingRates(spec, frozenLayers),
        dropout: 0.2,
        attentionDropout: 0.2,
      };
      const pass = async (frozenStatesGiven: boolean) => {
        store.regions(() => 1).forEach(({ view }) => void view("gradient").fill(0));
        const rates = { ...dropouts, frozenStatesGiven };
        const sites = new Set<string>();
        const task = await compileClassificationTraining(runtime, spec, CLASSES, rates, {
          weights: store.weight,
          gradients: store.gradient,
          keepMask(site, count) {
            sites.add(site);
            return Uint8Array.from({ length: count }, (_, i) =>
              Number((7 * i + site.length) % 5 > 0),
            );
          },
        });
        const batch = frozenStatesGiven
          ? withFrozenStates(packed, states, spec.hiddenSize)
          : packed;
        const { lossSum } = await task.accumulate(batch, Int32Array.of(2, 0, 1), 0.3);
        await task.dispose();
        const trained = store.parameters.filter(({ frozen }) => !frozen);
        const gradients = trained.map(({ name }) => store.gradient(name).slice());
        return { lossSum, gradients, sites };
      };
      const computed = await pass(false);
      const given = await pass(true);
      expect(given.sites).toEqual(computed.sites);
      expect(given.lossSum).toBeCloseTo(computed.lossSum, 5);
      given.gradients.forEach((gradient, index) => {
        expect(gradient.some((value) => value !== 0)).toBe(true);
        gradient.forEach((value, i) => {
          expect(value).toBeCloseTo(computed.gradients[index][i], 6);
        });
      });
    },
  );

  it("are the parameters of a store without gradient or moments", () => {
    const store = createTrainable(
      spec,
      { mlmHead: false, classes: CLASSES, frozenLayers: 1 },
      values,
      0,
    );
    const name = "encoder.layer.0.output.dense.weight";
    expect(store.weight(name)).toEqual(values.get(name));
    expect(() => store.gradient(name)).toThrow('no slot "gradient", only "weight"');
    const inRegions = store.regions(() => 1).flatMap(({ parameters }) => parameters);
    expect(inRegions.some(({ frozen }) => frozen)).toBe(false);
    const whole = createTrainable(spec, { mlmHead: false, classes: CLASSES }, values, 0);
    const trained = inRegions.reduce((sum, parameter) => sum + elementCount(parameter), 0);
    expect(trained).toBeLessThan(whole.parameters.reduce((sum, p) => sum + elementCount(p), 0));
    expect(store.bytes).toBeLessThan(whole.bytes);
  });

  it("do not keep the decoder of the masked-LM head from its own bias", () => {
    const rates = { ...trainingRates(spec), frozenLayers: 0 };
    const { denseNames, rowUpdates } = trainingGraph(
      createBuilder(),
      multiTask(spec, CLASSES, rates),
    );
    expect(denseNames).toContain("mlm.bias");
    expect([...denseNames, ...rowUpdates.map(({ parameter }) => parameter)]).not.toContainEqual(
      expect.stringMatching(/^embeddings/),
    );
  });
});

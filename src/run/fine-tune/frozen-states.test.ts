import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { tinyModel } from "../../../test/fixtures/host.js";
import { cpu } from "../../engine/runtime/devices/cpu.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { compileTextFeatures } from "../../method/program/inference.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding } from "../../text/encoding.js";
import { rowsOfEncodings } from "../inference/classify.js";
import { frozenLayersAgain } from "./frozen-notice.js";
import { computeFrozenStates, type FreezeSettings, keepsFrozenStates } from "./frozen-states.js";
import { createTrainable } from "./trainable.js";

let spec: ModelSpec;
let runtime: Runtime;
let body: Parameters<typeof computeFrozenStates>[0];

beforeAll(async () => {
  const { spec: found, values } = await loadCheckpoint(tinyModel("bert"));
  spec = found;
  runtime = await cpu.open({ threads: 1 });
  const store = createTrainable(spec, { mlmHead: false, classes: 2 }, values, 0);
  body = { spec, weights: store.weight };
});

const settingsOf = (changed: Partial<FreezeSettings> = {}): FreezeSettings => ({
  method: "stl",
  freezeLayers: 1,
  batchSize: 4,
  gradientAccumulationSteps: 1,
  numTrainEpochs: 2,
  seed: 0,
  ...changed,
});

function encodingsOf(...lengths: number[]): Encoding[] {
  return lengths.map((length, text) => ({
    ids: Int32Array.from({ length }, (_, i) => 5 + ((3 * i + 7 * text) % 50)),
    wordIds: new Int32Array(length),
    truncated: 0,
  }));
}

const never = () => false;

describe("the output of frozen layers", () => {
  it("is that of each token, for all rows or for those asked for", async () => {
    const encodings = encodingsOf(5, 9, 3, 9);
    const told: number[] = [];
    const onBatch = (done: number) => told.push(done);
    const all = await computeFrozenStates(body, encodings, settingsOf(), runtime, never, {
      onBatch,
    });
    expect(all?.map(({ length }) => length / spec.hiddenSize)).toEqual([5, 9, 3, 9]);
    expect(told.at(-1)).toBe(4);
    const rows = [3, 0];
    const some = await computeFrozenStates(body, encodings, settingsOf(), runtime, never, { rows });
    expect(Object.keys(some ?? [])).toEqual(["0", "3"]);
    for (const row of rows) {
      some?.[row].forEach((value, i) => {
        expect(value).toBeCloseTo(all?.[row][i] ?? Number.NaN, 5);
      });
    }
  });

  it("is what the classification head reads where all layers are frozen", async () => {
    const encodings = encodingsOf(5, 9, 3);
    const settings = settingsOf({ freezeLayers: spec.layers });
    const states = await computeFrozenStates(body, encodings, settings, runtime, never);
    const { features, dispose } = await compileTextFeatures(runtime, spec, body.weights);
    const expected = await rowsOfEncodings(features, spec, encodings, 100).finally(dispose);
    const found = (states ?? []).flatMap((row) => Array.from(row));
    expect(found).toHaveLength(3 * spec.hiddenSize);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  it("ends on request", async () => {
    const asked = computeFrozenStates(body, encodingsOf(4), settingsOf(), runtime, () => true);
    expect(await failure(asked)).toMatchObject({ code: "interrupted" });
  });

  it.each<[string, Partial<FreezeSettings>, boolean]>([
    ["with layers frozen", {}, true],
    ["with the embeddings alone frozen", { freezeLayers: 0 }, false],
    ["with nothing frozen", { freezeLayers: undefined }, false],
    ["for masked texts", { method: "l3" }, false],
    ["without an encoder", { method: "tfidf" }, false],
    ["for a single epoch", { numTrainEpochs: 1 }, false],
    ["for steps of one epoch", { maxSteps: 3 }, false],
    ["for steps of more than one", { numTrainEpochs: 1, maxSteps: 4 }, true],
  ])("is kept or not: %s", async (_, changed, kept) => {
    const lengths = Array.from({ length: 12 }, () => 6);
    expect(keepsFrozenStates(settingsOf(changed), spec, lengths)).toBe(kept);
    const encodings = encodingsOf(...lengths);
    const states = await computeFrozenStates(body, encodings, settingsOf(changed), runtime, never);
    expect(states !== undefined).toBe(kept);
  });
});

describe("the notice of frozen layers", () => {
  const [encoding] = encodingsOf(512);
  /** Tokens that take 2 GiB and one text more. */
  const many = () => {
    const count = 2 ** 31 / (4 * spec.hiddenSize * 512) + 1;
    return Array.from({ length: count }, () => encoding);
  };

  it("says why they are computed again and again", () => {
    const texts = many();
    expect(frozenLayersAgain(settingsOf(), spec, texts.slice(1))).toBeUndefined();
    expect(
      keepsFrozenStates(
        settingsOf(),
        spec,
        texts.slice(1).map(() => 512),
      ),
    ).toBe(true);
    expect(
      keepsFrozenStates(
        settingsOf(),
        spec,
        texts.map(() => 512),
      ),
    ).toBe(false);
    expect(frozenLayersAgain(settingsOf(), spec, texts)?.text).toBe(
      "1 frozen layer is computed in every step: their output for these texts takes 2.0 GiB, more than the 2.0 GiB that are kept",
    );
    const two = settingsOf({ freezeLayers: 2, method: "rtm" });
    expect(frozenLayersAgain(two, spec, encodingsOf(4))?.text).toBe(
      "2 frozen layers are computed in every step: rtm draws masks anew in every epoch",
    );
  });

  it("is not given where nothing is to be said", () => {
    const texts = many();
    for (const changed of [
      { freezeLayers: 0 },
      { freezeLayers: undefined, method: "rtm" } as const,
      { numTrainEpochs: 1 },
      { freezeLayers: spec.layers },
    ]) {
      expect(frozenLayersAgain(settingsOf(changed), spec, texts)).toBeUndefined();
    }
  });
});

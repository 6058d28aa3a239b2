import { beforeAll, describe, expect, it } from "vitest";
import { savedClassifier, tinyModel } from "../../../test/fixtures/host.js";
import { type Checkpoint, loadCheckpoint } from "../../model/checkpoint/load.js";
import { createTrainable, optimizerGroups, storedValues } from "./trainable.js";

let checkpoint: Checkpoint;
beforeAll(async () => {
  checkpoint = await loadCheckpoint(tinyModel("bert"));
});

const values = (array: Float32Array) => Array.from(array);

describe("createTrainable", () => {
  it("takes the checkpoint's values and draws the classification head", () => {
    const parts = { mlmHead: true, classes: 3 };
    const store = createTrainable(checkpoint.spec, parts, checkpoint.values, 0);
    for (const [name, value] of checkpoint.values) expect(store.weight(name)).toEqual(value);
    const head = store.weight("classification.out.weight");
    const deviation = Math.sqrt(head.reduce((sum, x) => sum + x * x, 0) / head.length);
    expect(deviation).toBeCloseTo(0.02, 2);
    expect(values(store.weight("classification.out.bias"))).toEqual([0, 0, 0]);
    expect([...storedValues(store).keys()]).toEqual(store.parameters.map(({ name }) => name));
  });

  it("draws the head anew even where the checkpoint has one", async () => {
    const { spec, values: given } = await loadCheckpoint(savedClassifier("bert"));
    expect(given.has("classification.out.weight")).toBe(true);
    const store = createTrainable(spec, { mlmHead: false, classes: 3 }, given, 0);
    expect(store.weight("classification.out.weight")).not.toEqual(
      given.get("classification.out.weight"),
    );
  });

  it("draws by seed and name: parts that are absent change nothing", () => {
    const draw = (seed: number, mlmHead: boolean) =>
      values(
        createTrainable(checkpoint.spec, { mlmHead, classes: 3 }, new Map(), seed).weight(
          "classification.out.weight",
        ),
      );
    expect(draw(1, true)).toEqual(draw(1, false));
    expect(draw(2, true)).not.toEqual(draw(1, true));
  });
});

describe("optimizerGroups", () => {
  const settings = {
    learningRate: 1e-4,
    weightDecay: 0.01,
    headLearningRate: 1e-3,
    headWeightDecay: 0.1,
    maxGradNorm: 1,
  };

  it("gives body and masked-LM head one clip, the classification head its own", () => {
    expect(optimizerGroups(settings, { mlmHead: true, classes: 2 }, 0.5)).toEqual([
      {
        parts: ["body", "mlm-head"],
        learningRate: 5e-5,
        weightDecay: 0.01,
        clip: { name: "encoder", maxNorm: 1 },
      },
      {
        parts: ["classification-head"],
        learningRate: 5e-4,
        weightDecay: 0.1,
        clip: { name: "classifier", maxNorm: 1 },
      },
    ]);
  });

  it("has no group for a head that is absent", () => {
    const groups = (mlmHead: boolean, classes: number) =>
      optimizerGroups(settings, { mlmHead, classes }, 1).map(({ parts }) => parts);
    expect(groups(false, 2)).toEqual([["body"], ["classification-head"]]);
    expect(groups(true, 0)).toEqual([["body", "mlm-head"]]);
  });
});

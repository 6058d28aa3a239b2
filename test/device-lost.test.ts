/** A device that is lost in the middle of training: what is saved, what is told, and how the run goes on elsewhere. */
import { expect, it } from "vitest";
import { L3MaskingError } from "../src/base/errors.js";
import { runPretrain } from "../src/commands/pretrain.js";
import { cpu } from "../src/engine/runtime/devices/cpu.js";
import type { Runtime } from "../src/engine/runtime/runtime.js";
import { pretrainSchema, resolveSettings } from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { soundFiles } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const model = tinyModel("bert");

/** A device that answers until so many optimizer steps are done, and then never again. */
async function lostAfter(steps: number): Promise<Runtime> {
  const runtime = await cpu.open({ threads: 1 });
  let done = 0;
  const answer = () => {
    if (done < steps) return;
    throw new L3MaskingError("device-lost", "the device was lost in graph adamw", {
      hint: "Repeat the command.",
    });
  };
  return {
    ...runtime,
    target: "portable",
    memory: "device",
    async hold(value) {
      answer();
      const held = await runtime.hold(value);
      const read = async () => {
        answer();
        return held.read();
      };
      return Object.assign(held, { read });
    },
    async load(name, ...given) {
      const session = await runtime.load(name, ...given);
      return {
        dispose: session.dispose,
        async run(...inputs) {
          answer();
          const outputs = await session.run(...inputs);
          if (name === "adamw") done += 1;
          return outputs;
        },
      };
    },
  };
}

it("keeps the last state that was saved, says so, and goes on on the processor", async () => {
  const settings = { baseline: false, maxSteps: 7, evalSteps: 7, saveSteps: 2 };
  await train(trainOptions(model, at("whole"), settings), createTestHost());
  const given = trainOptions(model, at("lost"), settings);
  const error = await failure(train(given, createTestHost({ runtime: await lostAfter(5) })));
  expect(error).toMatchObject({ code: "device-lost", exitCode: 5 });
  expect(error.message).toBe("the device was lost in graph adamw");
  expect(error.hint).toContain("state after step 4 is saved: repeat the command with --resume");
  expect(error.hint).toContain("--device cpu");
  const host = createTestHost();
  await train({ ...given, resume: true }, host);
  expect(host.notices()).toContain("resuming after step 4");
  const { steps, stop } = readJournal(at("lost"));
  expect(stop).toMatchObject({ reason: "steps", step: 7 });
  const expected = readJournal(at("whole")).steps;
  for (const [index, { main_loss }] of steps.entries()) {
    expect(main_loss).toBeCloseTo(expected[index].main_loss ?? Number.NaN, 4);
  }
});

it("starts from the first step where no state was saved", async () => {
  const given = trainOptions(model, at("early"), { baseline: false, maxSteps: 3 });
  const error = await failure(train(given, createTestHost({ runtime: await lostAfter(1) })));
  expect(error).toMatchObject({ code: "device-lost" });
  expect(error.hint).toContain("No state had been saved yet");
  const { metrics } = await train({ ...given, resume: true }, createTestHost());
  expect(metrics.timing.parts).toBe(1);
});

it("keeps the state of a pretrained model", async () => {
  const given = resolveSettings(pretrainSchema, {
    tokenizer: model,
    text: [soundFiles.trainFile],
    outputDir: at("pretrained"),
    hiddenSize: 16,
    numHiddenLayers: 1,
    numAttentionHeads: 1,
    maxPositions: 40,
    maxLength: 32,
    shortLength: 16,
    batchTokens: 128,
    maxSteps: 5,
    saveSteps: 2,
  });
  const runtime = await lostAfter(3);
  const error = await failure(runPretrain(given, createTestHost({ runtime })));
  expect(error).toMatchObject({ code: "device-lost" });
  expect(error.hint).toContain("state after step 2 is saved");
});

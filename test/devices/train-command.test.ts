/** `train --device webgpu` as people run it: to its end, and stopped in the middle and gone on with on the processor. */
import { expect, it } from "vitest";
import { presentDevices } from "../fixtures/devices.js";
import { readJson, temporaryFolder } from "../fixtures/folders.js";
import { tinyModel } from "../fixtures/host.js";
import { start } from "../fixtures/killing.js";
import { soundFiles } from "../fixtures/sounds.js";
import { readJournal } from "../fixtures/training.js";

const at = temporaryFolder();
const names = (await presentDevices()).map(([name]) => name);
const options = { cacheFolder: at("cache") };
const STEPS = 8;

const words = (folder: string, steps: number, ...more: string[]) => [
  "train",
  ...["--train-file", soundFiles.trainFile, "--validation-file", soundFiles.validationFile],
  ...["--model", tinyModel("bert"), "--method", "stl", "--no-baseline", "--output-dir", at(folder)],
  ...["--max-length", "32", "--batch-size", "4", "--head-initialization", "random"],
  ...["--max-steps", String(steps), "--eval-steps", String(steps)],
  ...more,
];

const run = async (given: string[]) => {
  const { exitCode, err } = await start(given, options).ended;
  expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
};

it.skipIf(!names.includes("webgpu"))("trains on webgpu and records it", async () => {
  await run(words("device", 2, "--device", "webgpu"));
  expect(readJson(at("device/metrics.json"))).toMatchObject({ machine: { device: "webgpu" } });
});

it.skipIf(!names.includes("webgpu"))("goes on on the processor from where it stopped", async () => {
  await run(words("whole", STEPS, "--device", "cpu"));
  const stopped = start(words("resumed", STEPS, "--device", "webgpu"), options);
  await stopped.printed('"type":"step"');
  stopped.child.kill("SIGINT");
  const { exitCode, signal, out } = await stopped.ended;
  expect({ exitCode, signal, end: out.slice(-500) }).toMatchObject({
    exitCode: 130,
    signal: null,
    end: expect.stringContaining("--resume"),
  });
  const done = readJournal(at("resumed")).steps.length;
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(STEPS);

  await run(words("resumed", STEPS, "--device", "cpu", "--resume"));
  const [found, expected] = [readJournal(at("resumed")).steps, readJournal(at("whole")).steps];
  expect(found.length).toBe(STEPS);
  for (const [index, { main_loss }] of found.entries()) {
    expect(main_loss).toBeCloseTo(expected[index].main_loss ?? Number.NaN, 3);
  }
});

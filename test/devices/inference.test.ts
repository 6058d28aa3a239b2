/** The commands that read a trained model, on every device present: the processor's answers but for rounding, weights sent once. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commands } from "../../src/commands/table.js";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { presentDevices } from "../fixtures/devices.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "../fixtures/host.js";
import { savedRecord } from "../fixtures/saved-record.js";
import { soundFiles, soundRows } from "../fixtures/sounds.js";

const at = temporaryFolder();
const present = await presentDevices();
const texts = soundRows("test").map(({ text }) => text);
const [, { runtime: processor }] = present[0];
const model = savedClassifier("bert");

/** What is asked of a device: a call of a command, with a cache of its own. */
const calls = [
  ["evaluate", { model, input: soundFiles.testFile }],
  ["scoreTexts", { model: tinyModel("bert"), texts, maxLength: 32 }],
  ["perplexity", { model: tinyModel("bert"), text: [at("text.txt")], maxLength: 32 }],
] as const;
writeFileSync(at("text.txt"), texts.join("\n"));

/** Every number of a result, by its place; whole numbers stay, as counts and labels must be the same. */
function numbersOf(value: unknown, path = ""): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersOf(part, `${path}.${key}`));
}

const hostOn = (runtime: Runtime, name: string) =>
  createTestHost({ runtime, cacheFolder: at(`cache-${name}-${runtime.device}`) });

describe.each(present.slice(1))("inference on %s", (_, { runtime }) => {
  it("classifies as transformers does", async () => {
    const { rows } = savedRecord().families.bert;
    const host = hostOn(runtime, "predict");
    const opened = await commands.predict.run({ model, input: asFile(rows) }, host);
    const { predictions } = opened;
    expect(predictions?.length).toBe(rows.length);
    predictions?.forEach(({ probabilities }, index) => {
      const { logits } = rows[index];
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      Object.values(probabilities).forEach((found, label) => {
        expect(Math.abs(found - Math.exp(logits[label]) / total)).toBeLessThan(2e-5);
      });
    });
    expect(host.openSessions).toBe(0);
  });

  it.each(calls)("%s", async (name, given) => {
    const run = (on: Runtime): Promise<unknown> => commands[name].run(given, hostOn(on, name));
    const expected = numbersOf(await run(processor));
    const found = numbersOf(await run(runtime));
    expect(found.map(([path]) => path)).toEqual(expected.map(([path]) => path));
    expect(expected.length).toBeGreaterThan(3);
    found.forEach(([path, value], index) => {
      const [, other] = expected[index];
      const limit = 1e-4 * Math.max(1, Math.abs(other));
      if (!path.includes("seconds")) expect(Math.abs(value - other), path).toBeLessThan(limit);
    });
  });

  it("explains, by gradients", async () => {
    const given = { model, texts: texts.slice(0, 3), vanillaModel: tinyModel("bert") };
    const run = (on: Runtime) => commands.explain.run(given, hostOn(on, "explain"));
    const [expected, found] = [await run(processor), await run(runtime)];
    found.texts.forEach((text, index) => {
      const { attribution, label } = expected.texts[index];
      expect(text.label).toBe(label);
      expect(attribution.length).toBeGreaterThan(2);
      text.attribution.forEach((value, token) => {
        expect(Math.abs(value - attribution[token])).toBeLessThan(1e-4);
      });
    });
  });

  it.skipIf(runtime.memory === "host")(
    "sends the weights once, for any number of batches",
    async () => {
      const fed = new Set<string>();
      let runs = 0;
      const host = createTestHost({
        runtime,
        onRun(_graph, inputs) {
          runs += 1;
          for (const name of Object.keys(inputs)) fed.add(name);
        },
      });
      await commands.predict.run({ model, input: soundFiles.testFile, evalTokens: 32 }, host);
      expect(runs).toBeGreaterThan(2);
      expect([...fed].sort()).toContain("ids");
      expect([...fed].filter((name) => name.startsWith("weight."))).toEqual([]);
    },
  );

  it("has no int8", async () => {
    const call = commands.predict.run(
      { model, input: soundFiles.testFile, precision: "int8" },
      hostOn(runtime, "int8"),
    );
    await expect(call).rejects.toMatchObject({
      code: "device-kernel",
      message: expect.stringContaining("has no kernel for quantizedProduct"),
    });
  });
});

function asFile(rows: readonly { readonly text: string }[]): string {
  const path = at("rows.jsonl");
  writeFileSync(path, rows.map(({ text }) => `${JSON.stringify({ text })}\n`).join(""));
  return path;
}

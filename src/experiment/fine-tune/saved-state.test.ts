import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import type { Parameter } from "../../model/parameters.js";
import { createParameterStore } from "../../train/parameter-store.js";
import { cutJournal, loadState, saveState } from "./saved-state.js";

const at = temporaryFolder();

const parameter = (name: string, shape: readonly number[]): Parameter => ({
  name,
  shape,
  part: "body",
  decay: true,
  initial: "zeros",
});

const store = (columns = 2) =>
  createParameterStore([parameter("a", [3, columns]), parameter("b", [4])]);

function filledStore() {
  const filled = store();
  let next = 0.1;
  for (const slot of ["weight", "first", "second", "gradient"]) {
    for (const name of ["a", "b"]) {
      const view = filled.view(slot, name);
      view.forEach((_, index) => {
        next = Math.fround(next * 1.7);
        view[index] = next;
      });
    }
  }
  return filled;
}

describe("a saved state", () => {
  it("brings weights, moments, step and best evaluation back, bit by bit", async () => {
    const saved = filledStore();
    const state = { step: 7, tokens: 1234, best: { step: 5, metric: -1.2345678901234567 } };
    await saveState(at("state"), saved, state);
    const loaded = store();
    expect(await loadState(at("state"), loaded)).toEqual(state);
    for (const slot of ["weight", "first", "second"]) {
      for (const name of ["a", "b"])
        expect(loaded.view(slot, name)).toEqual(saved.view(slot, name));
    }
    expect(Array.from(loaded.gradient("a"))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("replaces the one before", async () => {
    await saveState(at("twice"), filledStore(), { step: 1, tokens: 10 });
    await saveState(at("twice"), store(), { step: 2, tokens: 20 });
    const loaded = filledStore();
    expect(await loadState(at("twice"), loaded)).toEqual({ step: 2, tokens: 20 });
    expect(Array.from(loaded.weight("b"))).toEqual([0, 0, 0, 0]);
  });

  it("is refused where there is none", async () => {
    const error = await failure(loadState(at("none"), store()));
    expect(error).toMatchObject({ code: "checkpoint-missing" });
    expect(error.message).toContain(at("none"));
  });

  it("is refused by a model of another shape, with both shapes", async () => {
    await saveState(at("shape"), filledStore(), { step: 1, tokens: 1 });
    const error = await failure(loadState(at("shape"), store(5)));
    expect(error).toMatchObject({ code: "checkpoint-tensor" });
    expect(error.message).toContain("weight.a [3,5]");
    expect(error.message).toContain("[3,2]");
  });

  it("is refused where a tensor or a file is missing", async () => {
    await saveState(at("part"), store(), { step: 1, tokens: 1 });
    const larger = createParameterStore([
      parameter("a", [3, 2]),
      parameter("b", [4]),
      parameter("c", [1]),
    ]);
    expect((await failure(loadState(at("part"), larger))).message).toContain("got nothing");
    rmSync(at("part/tensors.safetensors"));
    expect(await failure(loadState(at("part"), store()))).toMatchObject({
      code: "checkpoint-missing",
    });
  });

  it.each(["{", '{"step":-1,"tokens":0}', "[]"])("is refused when damaged: %s", async (content) => {
    await saveState(at("damaged"), store(), { step: 1, tokens: 1 });
    writeFileSync(at("damaged/state.json"), content);
    const error = await failure(loadState(at("damaged"), store()));
    expect(error).toMatchObject({ code: "checkpoint-format" });
    expect(error.message).toContain(at("damaged/state.json"));
  });
});

describe("cutJournal", () => {
  const event = (type: string, step: number) => `${JSON.stringify({ type, step, x: [1] })}\n`;
  const cut = (name: string, content: string, step: number) => {
    writeFileSync(at(name), content);
    cutJournal(at(name), step);
    return readFileSync(at(name), "utf8");
  };
  const whole = [event("step", 1), event("evaluation", 1), event("step", 2), event("step", 3)];

  it("keeps the events of the steps that are done, without a stop", () => {
    expect(cut("done", [...whole, event("stop", 3)].join(""), 2)).toBe(whole.slice(0, 3).join(""));
    expect(cut("all", [...whole, event("stop", 3)].join(""), 3)).toBe(whole.join(""));
  });

  it("drops a torn last line, wherever it is torn", () => {
    const [first] = whole;
    for (let length = 0; length < first.length; length++) {
      expect(cut("torn", first + first.slice(0, length), 9)).toBe(first);
    }
  });

  it("refuses a line in the middle that is no event, with its number", () => {
    for (const line of ["{torn", "3", '{"step":1}']) {
      expect(() => cut("changed", `${whole[0]}${line}\n${whole[2]}`, 9)).toThrow(
        expect.objectContaining({
          code: "data-format",
          message: expect.stringContaining(`${at("changed")} line 2`),
        }),
      );
    }
  });

  it("has nothing to do where there is no journal", () => {
    expect(() => cutJournal(at("no-journal"), 1)).not.toThrow();
  });
});

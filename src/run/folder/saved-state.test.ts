import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { stepEvent } from "../../../test/fixtures/step-event.js";
import type { JournalEvent } from "../../method/train/events.js";
import { createParameterStore, type ParameterStore } from "../../method/train/parameter-store.js";
import type { Parameter } from "../../model/parameters.js";
import { cutJournal, openSavedStates, type RunState } from "./saved-state.js";

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

/** Damage that is not expected. */
const noDamage = (folder: string, fault: string) => expect.unreachable(`${folder}: ${fault}`);
const load = (name: string, into = store()) => openSavedStates(at(name)).load(into, noDamage);
const save = (name: string, from: ParameterStore, state: RunState) =>
  openSavedStates(at(name)).save(from, state);

describe("saved states", () => {
  it("bring weights, moments, step and best evaluation back, bit by bit", async () => {
    const saved = filledStore();
    const state = { step: 7, tokens: 1234, best: { step: 5, metric: -1.2345678901234567 } };
    await save("state", saved, state);
    const loaded = store();
    expect(await load("state", loaded)).toEqual(state);
    for (const slot of ["weight", "first", "second"]) {
      for (const name of ["a", "b"])
        expect(loaded.view(slot, name)).toEqual(saved.view(slot, name));
    }
    expect(Array.from(loaded.gradient("a"))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("leave out what is frozen, which the model has", async () => {
    const half = () =>
      createParameterStore([parameter("a", [3, 2]), { ...parameter("b", [4]), frozen: true }]);
    const saved = half();
    saved.first("a").fill(3);
    saved.weight("b").fill(5);
    await save("frozen", saved, { step: 1, tokens: 10 });
    const loaded = half();
    loaded.weight("b").fill(7);
    await load("frozen", loaded);
    expect(loaded.first("a")).toEqual(saved.first("a"));
    expect(Array.from(loaded.weight("b"))).toEqual([7, 7, 7, 7]);
    expect(await failure(load("frozen"))).toMatchObject({ code: "checkpoint-tensor" });
  });

  it("are the last one and the one before, listed as sha256sum does", async () => {
    const states = openSavedStates(at("three"));
    await states.save(filledStore(), { step: 1, tokens: 10 });
    await states.save(store(), { step: 2, tokens: 20 });
    await states.save(store(), { step: 3, tokens: 30 });
    expect(readdirSync(at("three")).sort()).toEqual(["2", "3"]);
    expect(readdirSync(at("three/3")).sort()).toEqual([
      ...["SHA256SUMS", "state.json", "tensors.safetensors"],
    ]);
    const sum = createHash("sha256")
      .update(readFileSync(at("three/3/state.json")))
      .digest("hex");
    expect(readFileSync(at("three/3/SHA256SUMS"), "utf8").split("\n")[1]).toBe(
      `${sum}  state.json`,
    );
    const loaded = filledStore();
    expect(await load("three", loaded)).toEqual({ step: 3, tokens: 30 });
    expect(Array.from(loaded.weight("b"))).toEqual([0, 0, 0, 0]);
  });

  it("are none where none was saved, or the first one was not finished", async () => {
    expect(await load("none")).toBeUndefined();
    mkdirSync(at("unfinished/1.partial"), { recursive: true });
    writeFileSync(at("unfinished/1.partial/tensors.safetensors"), "x");
    expect(await load("unfinished")).toBeUndefined();
    await save("unfinished", store(), { step: 1, tokens: 1 });
    expect(readdirSync(at("unfinished"))).toEqual(["1"]);
  });

  it("are refused by a model of another shape, with both shapes", async () => {
    await save("shape", filledStore(), { step: 1, tokens: 1 });
    const error = await failure(load("shape", store(5)));
    expect(error).toMatchObject({ code: "checkpoint-tensor" });
    expect(error.message).toContain("weight.a [3,5]");
    expect(error.message).toContain("[3,2]");
    const larger = createParameterStore([
      parameter("a", [3, 2]),
      parameter("b", [4]),
      parameter("c", [1]),
    ]);
    expect((await failure(load("shape", larger))).message).toContain("got nothing");
  });
});

describe("a damaged state", () => {
  /** Ways in which a file system or a person damages the folder of a state. */
  const damages: [string, (folder: string) => void, string][] = [
    ["cut", (folder) => truncateSync(join(folder, "tensors.safetensors"), 200), "tensors"],
    ["empty", (folder) => truncateSync(join(folder, "state.json"), 0), "state.json"],
    ["without its list", (folder) => rmSync(join(folder, "SHA256SUMS")), "SHA256SUMS is missing"],
    ["with a torn list", (folder) => truncateSync(join(folder, "SHA256SUMS"), 70), "SHA256SUMS"],
    ["with a cut list", (folder) => truncateSync(join(folder, "SHA256SUMS"), 86), "SHA256SUMS"],
    ["without a file", (folder) => rmSync(join(folder, "tensors.safetensors")), "is missing"],
    [
      "with one other bit",
      (folder) => {
        const path = join(folder, "tensors.safetensors");
        const bytes = readFileSync(path);
        bytes[bytes.length - 3] ^= 1;
        writeFileSync(path, bytes);
      },
      "tensors.safetensors was changed",
    ],
  ];

  it.each(damages)(
    "that is %s gives way to the one before, which is told",
    async (name, damage, fault) => {
      const folder = `before-${name}`;
      const states = openSavedStates(at(folder));
      const first = filledStore();
      await states.save(first, { step: 1, tokens: 10 });
      await states.save(store(), { step: 2, tokens: 20 });
      damage(at(`${folder}/2`));
      const told: string[] = [];
      const loaded = store();
      const again = openSavedStates(at(folder));
      const state = await again.load(loaded, (place, why) => told.push(`${place}: ${why}`));
      expect(state).toEqual({ step: 1, tokens: 10 });
      expect(loaded.weight("a")).toEqual(first.weight("a"));
      expect(told).toEqual([expect.stringContaining(at(`${folder}/2: `))]);
      expect(told[0]).toContain(fault);

      // The next save keeps the whole one and removes the damaged one.
      await again.save(store(), { step: 3, tokens: 30 });
      expect(readdirSync(at(folder)).sort()).toEqual(["1", "3"]);
      expect(await load(folder)).toEqual({ step: 3, tokens: 30 });
    },
  );

  it("is an error where the one before is damaged too", async () => {
    const states = openSavedStates(at("both"));
    await states.save(store(), { step: 1, tokens: 1 });
    await states.save(store(), { step: 2, tokens: 2 });
    for (const number of [1, 2]) writeFileSync(at(`both/${number}/state.json`), "{");
    const told: string[] = [];
    const error = await failure(
      openSavedStates(at("both")).load(store(), (place) => told.push(place)),
    );
    expect(error).toMatchObject({ code: "checkpoint-format", exitCode: 4 });
    expect(error.message).toContain(at("both"));
    expect(told).toEqual([at("both/2"), at("both/1")]);
  });

  it("is an error where the folder holds something else", async () => {
    mkdirSync(at("strange"));
    writeFileSync(at("strange/state.json"), "{}");
    expect(await failure(load("strange"))).toMatchObject({ code: "checkpoint-format" });
  });
});

describe("cutJournal", () => {
  const line = (event: JournalEvent) => `${JSON.stringify(event)}\n`;
  const stopAfter = (step: number) =>
    line({ type: "stop", stage: 1, step, reason: "steps", best_step: 1 });
  const cut = (name: string, content: string, step: number) => {
    writeFileSync(at(name), content);
    cutJournal(at(name), step);
    return readFileSync(at(name), "utf8");
  };
  const measures = {
    split: "validation-text",
    loss: 1,
    measures: { accuracy: 0 },
    best: true,
  } as const;
  const whole = [
    line(stepEvent(1)),
    line({ type: "evaluation", stage: 1, step: 1, ...measures }),
    line(stepEvent(2)),
    line(stepEvent(3)),
  ];
  const refused = (name: string, content: string, step: number, message: string) =>
    expect(() => cut(name, content, step)).toThrow(
      expect.objectContaining({ code: "data-format", message: expect.stringContaining(message) }),
    );

  it("keeps the events of the steps that are done, without a stop", () => {
    expect(cut("done", [...whole, stopAfter(3)].join(""), 2)).toBe(whole.slice(0, 3).join(""));
    expect(cut("all", [...whole, stopAfter(3)].join(""), 3)).toBe(whole.join(""));
  });

  it("drops a torn last line, wherever it is torn", () => {
    const [first] = whole;
    for (let length = 0; length < first.length; length++) {
      expect(cut("torn", first + first.slice(0, length), 1)).toBe(first);
    }
  });

  it("refuses a line in the middle that is no event, with its number", () => {
    for (const line of ["{torn", "3", '{"step":1}']) {
      refused("changed", `${whole[0]}${line}\n${whole[2]}`, 2, `${at("changed")} line 2`);
    }
  });

  it("refuses a journal without a step that was done", () => {
    refused("lacks", whole.slice(0, 2).join(""), 2, "expected 2 steps");
    refused("torn-early", whole[0] + whole[2].slice(0, -1), 2, "got 1");
    expect(() => cutJournal(at("no-journal"), 1)).toThrow("expected 1 steps");
  });

  it("has nothing to do where there is no journal", () => {
    cutJournal(at("no-journal"), 0);
    expect(existsSync(at("no-journal"))).toBe(false);
  });
});

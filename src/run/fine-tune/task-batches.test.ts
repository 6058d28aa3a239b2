import { beforeAll, describe, expect, it } from "vitest";
import { tinyModel } from "../../../test/fixtures/host.js";
import { soundRows } from "../../../test/fixtures/sounds.js";
import type { PackedBatch } from "../../method/batch/pack.js";
import { uniformProbabilities } from "../../method/masking/probabilities.js";
import type { MicroBatch } from "../../method/train/step.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import { loadTokenizer } from "../../text/load.js";
import { type BatchSettings, mainRows, stepsPerEpoch, taskBatches } from "./task-batches.js";

const masking = { selection: "bernoulli", maskReplaceProb: 0.8, randomReplaceProb: 0.1 } as const;
const settings: BatchSettings = { batchSize: 4, gradientAccumulationSteps: 2, seed: 5 };

let spec: ModelSpec;
let tokenizer: Tokenizer;
let encodings: Encoding[];
let labelIds: Int32Array;

beforeAll(async () => {
  ({ spec } = await loadCheckpoint(tinyModel("bert")));
  tokenizer = await loadTokenizer(tinyModel("bert"));
  // 30 different texts: three steps of 8 and one of 6, in micro-batches of 4 and 2.
  const rows = soundRows("train").slice(0, 30);
  encodings = rows.map(({ text }) => tokenizer.encode(text, 32));
  labelIds = Int32Array.from(rows.keys());
});

function batches(changed: Partial<BatchSettings> = {}, budget = 0.3) {
  const probabilities = encodings.map((encoding) => uniformProbabilities(encoding, budget));
  const texts = { encodings, labelIds, probabilities };
  return taskBatches(texts, { ...settings, ...changed }, masking, spec, tokenizer);
}

/** The auxiliary task's texts as they were before masking, and which tokens are selected. */
function unmasked({ auxiliary }: MicroBatch): string[] {
  if (auxiliary === undefined) return [];
  const { batch, targetSlots, targetIds } = auxiliary;
  const ids = Array.from(batch.ids);
  targetSlots.forEach((slot, k) => {
    ids[slot] = targetIds[k];
  });
  return Array.from(batch.firstSlots, (start) =>
    ids.slice(start, ids.indexOf(tokenizer.special.last, start) + 1).join(),
  );
}

const stepsOf = (of: ReturnType<typeof batches>, first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => of(first + index));

describe("mainRows", () => {
  it("are the windows of each text, with its label and line", () => {
    const [a, b, c, d] = encodings;
    const read = [{ ...a, further: [b, c] }, d];
    const rows = mainRows({ encodings: read, labelIds: Int32Array.of(4, 7), lines: [2, 3] });
    expect(rows.encodings.map(({ ids }) => ids)).toEqual([a.ids, b.ids, c.ids, d.ids]);
    expect(Array.from(rows.labelIds)).toEqual([4, 4, 4, 7]);
    expect(rows.lines).toEqual([2, 2, 2, 3]);
  });
});

describe("taskBatches", () => {
  it("masks the main task's own texts where both share a pass", () => {
    const apart = stepsOf(batches(), 1, 5);
    const together = stepsOf(batches({ sharedPass: true }), 1, 5);
    const flat = (steps: typeof apart) => steps.flatMap(({ microBatches }) => microBatches);
    const texts = (batch: PackedBatch, ids: Int32Array) =>
      Array.from(batch.firstSlots, (start) =>
        ids.slice(start, ids.indexOf(tokenizer.special.last, start) + 1).join(),
      );
    for (const [index, { main, auxiliary, shared }] of flat(together).entries()) {
      expect(main ?? auxiliary).toBeUndefined();
      const before = flat(apart)[index].main;
      expect(shared?.labels).toEqual(before?.labels);
      if (shared === undefined || before === undefined) expect.unreachable();
      const original = shared.batch.ids.slice();
      shared.targetSlots.forEach((slot, k) => {
        original[slot] = shared.targetIds[k];
      });
      expect(original).not.toEqual(shared.batch.ids);
      expect(texts(shared.batch, original)).toEqual(texts(before.batch, before.batch.ids));
    }
    // Another epoch masks other tokens.
    const [first, , , , again] = together;
    expect(again.microBatches[0].shared?.targetIds).not.toEqual(
      first.microBatches[0].shared?.targetIds,
    );
  });

  it("has the steps of an epoch, the last one smaller", () => {
    expect(stepsPerEpoch(30, settings)).toBe(4);
    const steps = stepsOf(batches(), 1, 9);
    expect(steps.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3]);
    const sizes = steps
      .slice(0, 4)
      .map(({ microBatches }) => microBatches.map(({ main }) => main?.labels.length));
    expect(sizes).toEqual([
      [4, 4],
      [4, 4],
      [4, 4],
      [4, 2],
    ]);
  });

  it("shows every text once an epoch to each task, with its own label and in its own order", () => {
    const of = batches();
    const texts = encodings.map(({ ids }) => ids.join()).sort();
    for (const first of [1, 5]) {
      const micro = stepsOf(of, first, first + 3).flatMap(({ microBatches }) => microBatches);
      const labels = micro.flatMap(({ main }) => Array.from(main?.labels ?? []));
      expect(labels.toSorted((a, b) => a - b)).toEqual(Array.from(labelIds));
      expect(micro.flatMap(unmasked).sort()).toEqual(texts);
      // The label of a text here is its index, so the order of the labels is that of the texts.
      const main = micro.flatMap(({ main: task }) => {
        if (task === undefined) return [];
        const { ids, firstSlots } = task.batch;
        return Array.from(firstSlots, (start) =>
          ids.slice(start, ids.indexOf(tokenizer.special.last, start) + 1).join(),
        );
      });
      expect(main).toEqual(labels.map((label) => encodings[label].ids.join()));
      expect(micro.flatMap(unmasked)).not.toEqual(main);
    }
  });

  it("has the same texts and masks in a step however it is cut", () => {
    const texts = (batchSize: number, gradientAccumulationSteps: number) =>
      stepsOf(batches({ batchSize, gradientAccumulationSteps }), 1, 4).map(({ microBatches }) => ({
        labels: microBatches.flatMap(({ main }) => Array.from(main?.labels ?? [])),
        masked: microBatches.flatMap(unmasked),
        targets: microBatches.flatMap(({ auxiliary }) => Array.from(auxiliary?.targetIds ?? [])),
      }));
    const whole = texts(12, 1);
    expect(whole[2].labels).toHaveLength(6);
    expect(texts(6, 2)).toEqual(whole);
    expect(texts(4, 3)).toEqual(whole);
  });

  it("depends on seed and step alone, not on the order of the calls", () => {
    const forwards = stepsOf(batches(), 1, 8);
    const backwards = batches();
    for (let step = 8; step >= 1; step--) expect(backwards(step)).toEqual(forwards[step - 1]);
    expect(stepsOf(batches({ seed: 6 }), 1, 8)).not.toEqual(forwards);
  });

  it("draws other masks and another order in every epoch", () => {
    const of = batches();
    const masksOf = (first: number) => {
      const selected = stepsOf(of, first, first + 3)
        .flatMap(({ microBatches }) => microBatches)
        .flatMap((micro) => {
          const texts = unmasked(micro);
          const { batch, targetSlots } = micro.auxiliary ?? { batch: undefined, targetSlots: [] };
          const starts = Array.from(batch?.firstSlots ?? []);
          return Array.from(targetSlots, (slot) => {
            const text = starts.findLastIndex((start) => start <= slot);
            return `${texts[text]} at ${slot - starts[text]}`;
          });
        });
      return new Set(selected);
    };
    const [one, two] = [masksOf(1), masksOf(5)];
    const common = [...one].filter((place) => two.has(place)).length;
    // Independent draws with probability 0.3 agree in 0.3 of the places.
    expect(common / one.size).toBeGreaterThan(0.15);
    expect(common / one.size).toBeLessThan(0.45);
    const labels = (step: number) => Array.from(of(step).microBatches[0].main?.labels ?? []);
    expect(labels(1)).not.toEqual(labels(5));
  });

  it("has no auxiliary task without probabilities, and the same main one", () => {
    const alone = taskBatches({ encodings, labelIds }, settings, masking, spec, tokenizer);
    for (const step of [1, 4, 7]) {
      const { microBatches } = alone(step);
      expect(microBatches.every((micro) => !("auxiliary" in micro))).toBe(true);
      const both = batches()(step).microBatches;
      expect(microBatches.map(({ main }) => main)).toEqual(both.map(({ main }) => main));
    }
  });

  it("goes over labelled and unlabelled texts together in the auxiliary task alone", () => {
    const labelled = encodings.slice(0, 22);
    const unlabelled = encodings.slice(22);
    const probabilities = encodings.map((encoding) => uniformProbabilities(encoding, 0.3));
    const main = { encodings: labelled, labelIds: labelIds.slice(0, 22) };
    const of = (texts: typeof main & { unlabelled?: Encoding[] }) =>
      taskBatches({ ...texts, probabilities }, settings, masking, spec, tokenizer);
    // Three steps an epoch (8, 8 and 6 texts); ten epochs have 220 texts, seven passes over 30 and a bit.
    const steps = stepsOf(of({ ...main, unlabelled }), 1, 30);
    const micro = steps.flatMap(({ microBatches }) => microBatches);
    const sequence = micro.flatMap(unmasked);
    const all = encodings.map(({ ids }) => ids.join()).sort();
    const passes = Array.from({ length: 7 }, (_, pass) =>
      sequence.slice(30 * pass, 30 * pass + 30),
    );
    for (const pass of passes) expect(pass.toSorted()).toEqual(all);
    expect(passes[1]).not.toEqual(passes[0]);
    expect(sequence).toHaveLength(220);
    for (const batch of micro) {
      expect(batch.auxiliary?.batch.firstSlots.length).toBe(batch.main?.labels.length);
    }
    expect(steps.map(({ epoch }) => epoch).slice(0, 6)).toEqual([1, 1, 1, 2, 2, 2]);
    const alone = stepsOf(of(main), 1, 30).flatMap(({ microBatches }) => microBatches);
    expect(micro.map((batch) => batch.main)).toEqual(alone.map((batch) => batch.main));
    // Any step by itself, with passes that begin inside its micro-batches.
    for (const step of [30, 4, 12]) {
      expect(of({ ...main, unlabelled })(step)).toEqual(steps[step - 1]);
    }
  });

  it("goes over unlabelled texts alone where it is told so, with the probabilities of each", () => {
    const unlabelled = encodings.slice(22);
    // Only an unlabelled text of the right number has a token selected.
    const probabilities = encodings.map((encoding, text) =>
      uniformProbabilities(encoding, text < 22 ? 0 : 1),
    );
    const texts = { encodings: encodings.slice(0, 22), labelIds, probabilities, unlabelled };
    const only = { ...settings, auxiliaryTexts: "unlabeled" } as const;
    const micro = stepsOf(taskBatches(texts, only, masking, spec, tokenizer), 1, 3).flatMap(
      ({ microBatches }) => microBatches,
    );
    const sequence = micro.flatMap(unmasked);
    expect(sequence).toHaveLength(22);
    const expected = unlabelled.map(({ ids }) => ids.join()).sort();
    for (const start of [0, 8]) {
      expect(sequence.slice(start, start + 8).toSorted()).toEqual(expected);
    }
    expect(micro[0].texts).toMatch(/auxiliary task: unlabelled texts \d+/);
  });

  it("names its texts by their lines, and unlabelled ones by their number", () => {
    const labelled = encodings.slice(0, 22);
    const probabilities = encodings.map((encoding) => uniformProbabilities(encoding, 0.3));
    const lines = Array.from(labelled.keys(), (text) => 10 * text + 3);
    const texts = { encodings: labelled, labelIds, lines, unlabelled: encodings.slice(22) };
    const of = taskBatches({ ...texts, probabilities }, settings, masking, spec, tokenizer);
    const places = encodings.map(({ ids }) => ids.join());
    for (const micro of stepsOf(of, 1, 6).flatMap(({ microBatches }) => microBatches)) {
      // The label of a text here is its index.
      const main = Array.from(micro.main?.labels ?? [], (text) => lines[text]).join(", ");
      const auxiliary = unmasked(micro).map((ids) => places.indexOf(ids));
      const named = auxiliary.filter((text) => text < 22).map((text) => lines[text]);
      const numbered = auxiliary.filter((text) => text >= 22).map((text) => text - 21);
      const lists = [
        ...(named.length === 0 ? [] : [`train lines ${named.join(", ")}`]),
        ...(numbered.length === 0 ? [] : [`unlabelled texts ${numbered.join(", ")}`]),
      ];
      expect(micro.texts).toBe(
        `main task: train lines ${main}; auxiliary task: ${lists.join(", ")}`,
      );
    }
    const alone = taskBatches({ encodings, labelIds }, settings, masking, spec, tokenizer);
    const [first] = alone(1).microBatches;
    const counted = Array.from(first.main?.labels ?? [], (text) => text + 1).join(", ");
    expect(first.texts).toBe(`main task: train texts ${counted}`);
  });

  it("selects nothing with a budget of 0", () => {
    const { microBatches } = batches({}, 0)(1);
    expect(microBatches.map(({ auxiliary }) => auxiliary?.targetSlots.length)).toEqual([0, 0]);
  });
});

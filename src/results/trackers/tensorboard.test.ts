import type * as FileSystem from "node:fs";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { stepEvent } from "../../../test/fixtures/step-event.js";
import type { EvaluationEvent, StepEvent } from "../../method/train/events.js";
import { pointRecord, readRecords, startRecord, versionRecord } from "./event-records.js";
import { eventScalars, type Point } from "./scalars.js";
import { openTensorboard } from "./tensorboard.js";
import type { TrackerNotice } from "./tracker.js";

const disk = vi.hoisted(() => ({ full: false }));
vi.mock("node:fs", async (importReal) => {
  const real = await importReal<typeof FileSystem>();
  return {
    ...real,
    writeSync(descriptor: number, bytes: Uint8Array, ...rest: number[]) {
      if (disk.full) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
      return real.writeSync(descriptor, bytes, ...rest);
    },
  };
});
afterEach(() => {
  disk.full = false;
});

const at = temporaryFolder();

const evaluationEvent = (step: number): EvaluationEvent => ({
  type: "evaluation",
  stage: 1,
  step,
  split: "dev",
  loss: 1 / step,
  measures: { accuracy: 0.5, macro_f1: 0.5 },
  best: true,
});
const point = (event: StepEvent | EvaluationEvent): Point => ({
  step: event.step,
  scalars: eventScalars(event),
});

/** Opens the file of run `ab12` at a time in seconds; each look at the clock takes one. */
function open(
  folder: string,
  seconds: number,
  journal: readonly (StepEvent | EvaluationEvent)[] = [],
  notices: TrackerNotice[] = [],
) {
  let time = seconds * 1000;
  const clock = () => {
    time += 1000;
    return time;
  };
  const run = {
    key: "ab12",
    settings: { method: "l3", seed: 3, dropout: undefined, seeds: ["a|b", "c"] },
    journal,
    resumed: journal.length > 0,
  };
  return openTensorboard(folder, run, clock, { emit: (notice) => notices.push(notice) });
}

const names = (folder: string) => readdirSync(folder).sort();
const recordsIn = (folder: string) =>
  names(folder).flatMap((name) => readRecords(readFileSync(join(folder, name))));
/** Steps and times of a folder's points. */
const pointsIn = (folder: string) =>
  recordsIn(folder)
    .filter(({ kind, step }) => kind === "summary" && step > 0)
    .map(({ step, wallTime }) => [step, wallTime]);

describe("openTensorboard", () => {
  it("begins a file with version, start and settings, and adds points as they come", async () => {
    const folder = at("new/below");
    const tracker = open(folder, 100);
    expect(names(folder)).toEqual(["events.out.tfevents.0000000101.l3masking.ab12"]);
    tracker.add(point(stepEvent(1)));
    const before = recordsIn(folder);
    expect(before.map(({ kind, step }) => [kind, step])).toEqual([
      ["other", 0],
      ["start", 0],
      ["summary", 0],
      ["summary", 1],
    ]);
    const text = Buffer.from(before[2].bytes).toString();
    expect(text).toContain(
      '| setting | value |\n| --- | --- |\n| method | l3 |\n| seed | 3 |\n| seeds | ["a\\|b","c"] |',
    );
    expect(text).not.toContain("dropout");
    tracker.add(point(evaluationEvent(1)));
    await tracker.finish("finished");
    expect(pointsIn(folder).map(([step]) => step)).toEqual([1, 1]);
  });

  it("goes on in one new file, with the steps that the journal still has and their times", async () => {
    const folder = at("resumed");
    const first = open(folder, 100);
    const events = [1, 2, 3].flatMap((step) => [stepEvent(step), evaluationEvent(step)]);
    for (const event of events) first.add(point(event));
    first.add({ step: 3, scalars: [{ tag: "test/loss", value: 1 }] });
    const times = pointsIn(folder);
    const kept = events.slice(0, 4);
    const second = open(folder, 900, kept);
    expect(names(folder)).toEqual([
      "events.out.tfevents.0000000101.l3masking.ab12",
      "events.out.tfevents.0000000901.l3masking.ab12",
    ]);
    expect(readFileSync(join(folder, names(folder)[0])).length).toBe(0);
    expect(pointsIn(folder)).toEqual(times.slice(0, 4));
    second.add(point(stepEvent(3)));
    expect(pointsIn(folder).map(([step]) => step)).toEqual([1, 1, 2, 2, 3]);
    // Once more at once, by a clock that went back: names stay in order.
    open(folder, 300, [...kept, stepEvent(3)]);
    expect(names(folder)).toEqual([
      "events.out.tfevents.0000000901.l3masking.ab12",
      "events.out.tfevents.0000000902.l3masking.ab12",
    ]);
    expect(pointsIn(folder).map(([step]) => step)).toEqual([1, 1, 2, 2, 3]);
  });

  it("makes what the old file lacks from the journal", () => {
    const folder = at("torn");
    const first = open(folder, 100);
    for (const step of [1, 2, 3]) first.add(point(stepEvent(step)));
    const [name] = names(folder);
    const times = pointsIn(folder);
    const size = readFileSync(join(folder, name)).length;
    truncateSync(join(folder, name), size - 5);
    open(
      folder,
      900,
      [1, 2, 3, 4].map((step) => stepEvent(step)),
    );
    expect(pointsIn(folder)).toEqual([times[0], times[1], [3, times[1][1]], [4, times[1][1]]]);
    const made = recordsIn(folder).at(-1);
    expect(made?.bytes).toEqual(Buffer.from(pointRecord(times[1][1], point(stepEvent(4)))));
  });

  it("makes everything from the journal where there was no file", () => {
    const folder = at("late");
    open(folder, 900, [stepEvent(1), stepEvent(2), evaluationEvent(2)]);
    expect(pointsIn(folder).map(([step]) => step)).toEqual([1, 2, 2]);
  });

  it("forgets an earlier run of the same settings that does not go on", () => {
    const folder = at("again");
    open(folder, 100).add(point(stepEvent(1)));
    open(folder, 200);
    expect(pointsIn(folder)).toEqual([]);
  });

  it("takes the later file where a kill left two, and leaves foreign files alone", () => {
    const folder = at("killed");
    const first = open(folder, 100);
    for (const step of [1, 2]) first.add(point(stepEvent(step)));
    const [old] = names(folder);
    const left = readFileSync(join(folder, old));
    open(folder, 200, [stepEvent(1)]).add(point(stepEvent(2)));
    writeFileSync(join(folder, old), left);
    const foreign = "events.out.tfevents.0000000050.l3masking.cd34";
    writeFileSync(join(folder, foreign), left);
    writeFileSync(join(folder, "ab12.partial"), "half");
    open(folder, 300, [stepEvent(1), stepEvent(2)]);
    const [other, emptied, last] = names(folder);
    expect([other, last]).toEqual([foreign, "events.out.tfevents.0000000301.l3masking.ab12"]);
    expect(readFileSync(join(folder, other)).equals(left)).toBe(true);
    expect(readFileSync(join(folder, emptied)).length).toBe(0);
    const points = readRecords(readFileSync(join(folder, last)));
    // Step 1 was copied from the first file to the second; step 2 was done again there.
    expect(points.filter(({ step }) => step > 0)).toEqual([
      expect.objectContaining({ step: 1, wallTime: 103 }),
      expect.objectContaining({ step: 2, wallTime: 203 }),
    ]);
  });

  it("goes on over a file that is none", () => {
    const folder = at("damaged");
    mkdirSync(folder);
    const name = "events.out.tfevents.0000000100.l3masking.ab12";
    writeFileSync(join(folder, name), "no event file");
    appendFileSync(join(folder, name), versionRecord(1));
    appendFileSync(join(folder, name), startRecord({ wallTime: 1, step: 0 }));
    open(folder, 200, [stepEvent(1)]);
    expect(pointsIn(folder).map(([step]) => step)).toEqual([1]);
  });

  it("tells once of values that cannot be written, and how many at the end", async () => {
    const notices: TrackerNotice[] = [];
    const folder = at("full");
    const tracker = open(folder, 100, [], notices);
    disk.full = true;
    for (const step of [1, 2]) tracker.add(point(stepEvent(step)));
    expect(notices.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^tensorboard: expected room to write .*ENOSPC.*training continues/),
    ]);
    disk.full = false;
    tracker.add(point(stepEvent(3)));
    await tracker.finish("finished");
    expect(notices.at(-1)?.text).toMatch(/^tensorboard: 18 values were not written to .*ab12$/);
    expect(notices.length).toBe(2);
    expect(pointsIn(folder).map(([step]) => step)).toEqual([3]);
  });

  it("refuses a folder that cannot be written before anything is trained", () => {
    mkdirSync(at("locked"));
    writeFileSync(at("locked/file"), "");
    expect(() => open(at("locked/file/below"), 100)).toThrow(/ENOTDIR|EEXIST/);
    // Root may write everywhere, and Windows has no such modes.
    if (process.getuid === undefined || process.getuid() === 0) return;
    chmodSync(at("locked"), 0o500);
    expect(() => open(at("locked/below"), 100)).toThrow(/permission/);
  });
});

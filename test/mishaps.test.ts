/** What may happen to the built command line while it works: Ctrl-C, a second command, a full or read-only disk, lost input. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readJson, temporaryFolder } from "./fixtures/folders.js";
import { tinyModel } from "./fixtures/host.js";
import { type Ended, filesBelow, start } from "./fixtures/killing.js";
import { soundFiles } from "./fixtures/sounds.js";

const at = temporaryFolder();
const cacheFolder = at("cache");
const MINUTES = 60_000;
const run = (words: readonly string[]) => start(words, { cacheFolder });

const data = (files: typeof soundFiles) => [
  ...["--train-file", files.trainFile, "--validation-file", files.validationFile],
  ...["--test-file", files.testFile],
];
const settings = (model: string, files = soundFiles) => [
  ...data(files),
  ...["--model", model, "--max-length", "32", "--threads", "1", "--batch-size", "12"],
  ...["--learning-rate", "3e-3", "--head-learning-rate", "1e-2", "--eval-steps", "3"],
];
const train = (folder: string, steps = "60") => [
  ...["train", ...settings(tinyModel("bert")), "--method", "stl", "--max-steps", steps],
  ...["--patience", "1000", "--output-dir", folder],
];

const lastLine = z.looseObject({ type: z.string(), code: z.string().optional() });
/** The last line of standard output: the result, or the error. */
const answer = ({ out }: Ended) => {
  const line: unknown = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  return lastLine
    .extend({ message: z.string().default(""), hint: z.string().nullish() })
    .parse(line);
};
const error = (ended: Ended) => {
  const found = answer(ended);
  expect(found.type, ended.out + ended.err).toBe("error");
  return found;
};

const except = ["metrics.json", "config.json"];
const expectSameAsWhole = (folder: string) =>
  expect(filesBelow(folder, except)).toEqual(filesBelow(at("whole"), except));

beforeAll(async () => {
  expect(await run(train(at("whole"))).ended).toMatchObject({ exitCode: 0, err: "" });
}, 5 * MINUTES);

describe("Ctrl-C", () => {
  it(
    "once saves and ends with 130; the run goes on to the same end",
    async () => {
      const { child, printed, ended } = run(train(at("once")));
      await printed('"step":5,');
      child.kill("SIGINT");
      const stopped = await ended;
      expect(stopped).toMatchObject({ exitCode: 130, signal: null });
      expect(error(stopped)).toMatchObject({ code: "interrupted" });
      expect(readdirSync(at("once"))).not.toContain("l3masking.lock");
      const goingOn = await run([...train(at("once")), "--resume"]).ended;
      expect(goingOn.exitCode, goingOn.out).toBe(0);
      expect(goingOn.out).toContain("resuming after step");
      expectSameAsWhole(at("once"));
    },
    5 * MINUTES,
  );

  it(
    "twice ends at once; the next command takes the folder over and says so",
    async () => {
      const { child, printed, ended } = run(train(at("twice"), "1000000"));
      await printed('"step":5,');
      child.kill("SIGINT");
      await printed("interrupt again");
      child.kill("SIGINT");
      const stopped = await ended;
      // It may have come to its safe point in between.
      if (stopped.signal === null) return expect(stopped.exitCode).toBe(130);
      expect(stopped.signal).toBe("SIGINT");
      const next = run([...train(at("twice"), "1000000"), "--resume"]);
      await next.printed('"type":"step"');
      next.child.kill("SIGKILL");
      const { out } = await next.ended;
      expect(out).toContain(`train (process ${child.pid} on ${hostname()} since`);
      expect(out).toContain("taking it over");
    },
    5 * MINUTES,
  );
});

describe("a second command", () => {
  it(
    "in the folder of one that works is refused, and changes nothing",
    async () => {
      const folder = at("shared");
      const { child, printed, ended } = run(train(folder, "1000000"));
      await printed('"step":4,');
      const seconds = [
        [...train(folder, "1000000"), "--resume"],
        train(folder, "1000000"),
        ["pretrain", "--tokenizer", tinyModel("bert"), "--text", soundFiles.trainFile].concat(
          ...["--max-steps", "3", "--output-dir", folder],
        ),
      ];
      for (const words of seconds) {
        const second = await run(words).ended;
        expect(second.exitCode).toBe(2);
        const { code, message } = error(second);
        expect(code).toBe("output-in-use");
        expect(message).toContain(`train (process ${child.pid} on ${hostname()} since 20`);
      }
      child.kill("SIGINT");
      expect((await ended).exitCode).toBe(130);
      const lines = readFileSync(join(folder, "journal.jsonl"), "utf8").trimEnd().split("\n");
      const events = lines.map((line) =>
        z.looseObject({ type: z.string() }).parse(JSON.parse(line)),
      );
      const steps = events.filter(({ type }) => type === "step").map((event) => event.step);
      expect(steps).toEqual(steps.map((_, index) => index + 1));
    },
    5 * MINUTES,
  );
});

describe("input that is removed while a run works", () => {
  const copies = (name: string) => {
    const folder = at(name);
    mkdirSync(folder);
    cpSync(join(soundFiles.trainFile, ".."), join(folder, "data"), { recursive: true });
    cpSync(tinyModel("bert"), join(folder, "model"), { recursive: true });
    const file = (split: string) => join(folder, "data", `${split}.jsonl`);
    const files = { trainFile: file("train"), validationFile: file("dev"), testFile: file("test") };
    return { folder, model: join(folder, "model"), files };
  };

  it(
    "is not missed by one that has read it",
    async () => {
      const { folder, model, files } = copies("removed");
      const words = [
        ...["train", ...settings(model, files), "--method", "stl", "--max-steps", "60"],
        ...["--patience", "1000", "--output-dir", at("removed-run")],
      ];
      const { printed, ended } = run(words);
      await printed('"type":"step"');
      rmSync(folder, { recursive: true });
      expect(await ended).toMatchObject({ exitCode: 0, err: "" });
      expectSameAsWhole(at("removed-run"));
      // To go on with a run it is needed again.
      rmSync(at("removed-run/metrics.json"));
      expect(error(await run([...words, "--resume"]).ended).code).toMatch(/-missing$/);
    },
    5 * MINUTES,
  );

  it(
    "fails the runs of a comparison that come later, and keeps the others",
    async () => {
      const { model, files } = copies("compared");
      const words = [
        ...["compare", ...settings(model, files), "--methods", "stl", "--seeds", "0-3"],
        ...["--max-steps", "3", "--bootstrap-samples", "100", "--output-dir", at("comparison")],
      ];
      const { printed, ended } = run(words);
      await printed('"state":"finished"');
      rmSync(files.trainFile);
      const { exitCode } = await ended;
      expect(exitCode).toBe(5);
      const state = z.object({ state: z.string(), error: z.object({ code: z.string() }) });
      const results = z
        .object({ partial: z.boolean(), runs: z.array(z.unknown()), unfinished: z.array(state) })
        .parse(readJson(at("comparison/results.json")));
      expect(results.partial).toBe(false);
      expect(results.runs.length).toBeGreaterThan(0);
      expect(results.unfinished.length).toBe(4 - results.runs.length);
      for (const { state, error } of results.unfinished) {
        expect([state, error.code]).toEqual(["failed", "file-missing"]);
      }
    },
    5 * MINUTES,
  );
});

/** Mounts a file system of a few MiB in memory; undefined where that is not allowed. */
function smallDisk(name: string, ...options: string[]): string | undefined {
  const folder = at(name);
  mkdirSync(folder);
  try {
    const flags = ["size=8m", ...options].join(",");
    execFileSync("mount", ["-t", "tmpfs", "-o", flags, "none", folder], { stdio: "pipe" });
  } catch (cause) {
    console.log(`no test on a disk of its own (${name}): mounting is not allowed here: ${cause}`);
    return undefined;
  }
  afterAll(() => {
    execFileSync("umount", ["--lazy", folder]);
  });
  return folder;
}

const full = smallDisk("full-disk");
const readOnly = smallDisk("read-only-disk", "ro");

describe.skipIf(full === undefined)("a disk that gets full", () => {
  const disk = full ?? "";

  it(
    "ends the run with a clear error and the last state whole",
    async () => {
      const folder = join(disk, "run");
      const { printed, ended } = run(train(folder));
      await printed('"type":"evaluation"');
      const filler = join(disk, "filler");
      expect(() => writeFileSync(filler, Buffer.alloc(16 * 2 ** 20))).toThrow("ENOSPC");
      const stopped = await ended;
      expect(stopped.exitCode, stopped.out).toBe(2);
      const { code, message, hint } = error(stopped);
      expect(code).toBe("disk-full");
      expect(message).toContain(folder);
      expect(hint).toContain("Free some space");
      expect(existsSync(join(folder, "l3masking.lock"))).toBe(false);

      rmSync(filler);
      const goingOn = await run([...train(folder), "--resume"]).ended;
      expect(goingOn.exitCode, goingOn.out).toBe(0);
      expectSameAsWhole(folder);
    },
    5 * MINUTES,
  );

  it(
    "keeps scores that were cached, and leaves no half file of scores",
    async () => {
      const output = join(disk, "scores.jsonl");
      const words = ["score", "--model", tinyModel("bert"), "--input", soundFiles.trainFile];
      const given = [...words, "--output", output, "--max-length", "32", "--threads", "1"];
      writeFileSync(output, "old\n");
      const filler = join(disk, "filler");
      expect(() => writeFileSync(filler, Buffer.alloc(16 * 2 ** 20))).toThrow("ENOSPC");
      const stopped = await run(given).ended;
      expect(stopped.exitCode, stopped.out).toBe(2);
      expect(error(stopped).code).toBe("disk-full");
      expect(readFileSync(output, "utf8")).toBe("old\n");
      rmSync(filler);
      expect((await run(given).ended).exitCode).toBe(0);
      expect(readFileSync(output, "utf8").trimEnd().split("\n").length).toBe(36);
    },
    5 * MINUTES,
  );
});

describe.skipIf(readOnly === undefined)("a read-only output folder", () => {
  it.each(["", "run"])(
    "is refused before any work (%s)",
    async (name) => {
      const folder = join(readOnly ?? "", name);
      const refused = await run(train(folder)).ended;
      expect(refused.exitCode, refused.out).toBe(2);
      const { code, message } = error(refused);
      expect(code).toBe("output-unwritable");
      expect(message).toContain(folder);
      expect(refused.out).not.toContain('"type":"step"');
    },
    5 * MINUTES,
  );
});

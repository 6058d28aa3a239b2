/** The built package from outside: the command line as a process, and the library by its name. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = join(root, "dist/apps/cli/main.js");
const tinyModel = join(root, "test/golden/models/bert");

let folder: string;
const at = (name: string) => join(folder, name);

interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Runs Node with something on standard input until it ends; `follow` sees standard error as it grows. */
function node(
  words: readonly string[],
  follow: (child: ChildProcess, err: string) => void = () => undefined,
  input = "",
): Promise<Ended> {
  const environment = { ...process.env, L3MASKING_CACHE: at("cache"), NO_COLOR: "1" };
  const child = spawn(process.execPath, words, { cwd: root, env: environment });
  child.stdin.end(input);
  let out = "";
  let err = "";
  child.stdout.on("data", (data: Buffer) => {
    out += data;
  });
  child.stderr.on("data", (data: Buffer) => {
    err += data;
    follow(child, err);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => resolve({ exitCode, signal, out, err }));
  });
}

const l3masking = (...words: readonly string[]) => node([main, ...words]);

/** Runs a module that knows the package by its name, and gives what it printed as JSON. */
async function library(source: string): Promise<unknown> {
  const { exitCode, out, err } = await node(["--input-type=module", "--eval", source]);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  return JSON.parse(out);
}

const lines = (text: string) => text.trimEnd().split("\n");

const predictionSchema = z.object({
  label: z.string(),
  probabilities: z.record(z.string(), z.number()),
});

/** A row of a file with labels, classified. */
const labelledSchema = z.object({
  text: z.string(),
  label: z.string(),
  predicted_label: z.string(),
  probabilities: z.record(z.string(), z.number()),
});

const weather = ["rain", "wind", "snow", "sun"];
const places = ["over the hills", "by the sea", "in the town", "on the road", "at the lake"];

/** Labelled texts of our own: what the weather does, and whether one likes it. */
const rows = places.flatMap((place, i) =>
  weather.map((kind, j) => ({
    text: `There is ${kind} ${place} on day ${i * weather.length + j}.`,
    label: kind === "sun" || kind === "snow" ? "good" : "bad",
  })),
);

const testRows = [...rows.slice(16), rows[0]];

const small = ["--max-length", "32", "--threads", "1"];

beforeAll(async () => {
  if (!existsSync(main)) throw new Error(`${main} is missing: run npm run build`);
  folder = mkdtempSync(join(tmpdir(), "l3masking-built-"));
  const jsonl = (part: readonly unknown[]) =>
    part.map((row) => `${JSON.stringify(row)}\n`).join("");
  writeFileSync(at("train.jsonl"), jsonl(rows.slice(0, 12)));
  writeFileSync(at("dev.jsonl"), jsonl(rows.slice(12, 16)));
  writeFileSync(at("test.jsonl"), jsonl(testRows));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the built command line", () => {
  it.skipIf(process.platform === "win32")("may be run by its name, as npx does", () => {
    expect(() => accessSync(main, constants.X_OK)).not.toThrow();
  });

  it("trains, then evaluates, predicts and scores", async () => {
    const train = await l3masking(
      ...["train", folder, "--model", tinyModel, "--output-dir", at("run")],
      ...["--max_steps", "3", "--batch-size", "4", ...small],
    );
    expect(train).toMatchObject({ exitCode: 0, signal: null });
    expect(train.out).toContain("1 of 5 test rows repeats a text of train.");
    expect(train.out).toContain(`evaluate --model ${at("run/model")} --input ${at("test.jsonl")}`);
    expect(train.err).toContain("training: 3 steps in");
    for (const name of ["config.json", "journal.jsonl", "metrics.json", "model/config.json"]) {
      expect(existsSync(join(at("run"), name)), name).toBe(true);
    }

    const model = ["--model", at("run/model"), "--input", at("test.jsonl"), "--threads", "1"];
    const [evaluate, predict, written, score, again] = await Promise.all([
      l3masking("evaluate", ...model, "--json"),
      l3masking("predict", ...model),
      l3masking("predict", ...model, "--output", at("predictions.jsonl")),
      l3masking(
        ...["score", "--model", tinyModel, "--input", at("test.jsonl"), "--output", at("s.jsonl")],
        ...["--estimator", "unmasked", ...small],
      ),
      l3masking("train", folder, "--model", tinyModel, "--output-dir", at("run")),
    ]);

    const metrics: unknown = JSON.parse(readFileSync(at("run/metrics.json"), "utf8"));
    const { test } = z.object({ test: z.object({ loss: z.number() }) }).parse(metrics);
    expect(JSON.parse(lines(evaluate.out).at(-1) ?? "")).toMatchObject({
      type: "result",
      result: { rows: 5, loss: expect.closeTo(test.loss, 5) },
    });

    expect(predict.exitCode).toBe(0);
    const predictions = lines(predict.out).map((line) => labelledSchema.parse(JSON.parse(line)));
    expect(predictions.map(({ text }) => text)).toEqual(testRows.map(({ text }) => text));
    expect(predictions.map(({ label }) => label)).toEqual(testRows.map(({ label }) => label));
    expect(predict.err).toContain('the input already has a column "label"');
    for (const { predicted_label: label, probabilities } of predictions) {
      expect(Object.keys(probabilities).sort()).toEqual(["bad", "good"]);
      expect(probabilities.bad + probabilities.good).toBeCloseTo(1, 5);
      expect(probabilities[label]).toBeGreaterThanOrEqual(0.5);
    }
    expect(written.out).toBe(`classified 5 texts: ${at("predictions.jsonl")}\n`);
    expect(readFileSync(at("predictions.jsonl"), "utf8")).toBe(predict.out);

    expect(score).toMatchObject({ exitCode: 0, out: `scored 5 texts: ${at("s.jsonl")}\n` });
    expect(lines(readFileSync(at("s.jsonl"), "utf8"))).toHaveLength(5);

    expect(again.exitCode).toBe(2);
    expect(again.err).toContain("error [output-exists]:");
  });

  it("predicts into a pipe as it goes, and ends quietly when the reader has gone", async () => {
    writeFileSync(at("many.txt"), "There is wind by the sea.\n".repeat(6000));
    const words = ["--model", at("run/model"), "--input", at("many.txt"), "--threads", "1"];
    const whole = await l3masking("predict", ...words, "--no-input-columns", "--json");
    expect(whole.exitCode).toBe(0);
    const found = lines(whole.out).map((line) =>
      z.looseObject({ type: z.string() }).parse(JSON.parse(line)),
    );
    const predicted = found.filter(({ type }) => type === "prediction");
    expect(predicted).toHaveLength(6000);
    expect(Object.keys(z.record(z.string(), z.unknown()).parse(predicted[0].row))).toEqual([
      "label",
      "probabilities",
    ]);
    expect(found.at(-1)).toEqual({ type: "result", result: { rows: 6000 } });

    const left = await node([main, "predict", ...words], (child) => child.stdout?.destroy());
    expect(left).toMatchObject({ exitCode: 0, signal: null });
    expect(left.err).not.toContain("error");
    expect(left.err).not.toContain("predicting: 6000 texts");
  });

  it.skipIf(!existsSync("/dev/full"))("ends no work where an output has no room", async () => {
    const shell = (script: string, ...words: readonly string[]) => {
      const child = spawn("/bin/sh", ["-c", script, "sh", process.execPath, main, ...words], {
        cwd: root,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let told = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (data: Buffer) => {
          told += data;
        });
      }
      return new Promise<{ exitCode: number | null; told: string }>((resolve) =>
        child.on("close", (exitCode) => resolve({ exitCode, told })),
      );
    };
    // Results that are lost are a failure, a log is not.
    const lost = await shell('"$@" >/dev/full', "check", at("train.jsonl"));
    expect(lost.exitCode).toBe(2);
    expect(lost.told).toContain(
      "error [disk-full]: expected room to write standard output, got ENOSPC",
    );
    const silent = await shell('"$@" 2>/dev/full', "check", at("train.jsonl"));
    expect(silent.exitCode).toBe(0);
    expect(silent.told).toContain("12");
    const folder = await shell('"$@" <.', "check", "-");
    expect(folder.exitCode).toBe(2);
    expect(folder.told).toContain("found a folder at standard input");
  });

  it("reads standard input and writes standard output for -", async () => {
    const words = ["predict", "--model", at("run/model"), "--threads", "1", "--output", "-"];
    const csv = "text,place\nThere is rain by the sea.,sea\n";
    const { exitCode, out } = await node([main, ...words, "--input", "-"], undefined, csv);
    expect(exitCode).toBe(0);
    const [row, ...others] = lines(out).map((line): unknown => JSON.parse(line));
    expect(row).toMatchObject({ place: "sea", label: expect.stringMatching(/good|bad/) });
    expect(others).toEqual([]);
    expect(existsSync(join(root, "-"))).toBe(false);
  });

  it("reads standard input as plain text", async () => {
    const words = ["perplexity", "--model", tinyModel, "--text", "-", ...small];
    const text = rows.map((row) => `${row.text}\n`).join("");
    const { exitCode, out } = await node([main, ...words], undefined, text);
    expect(exitCode).toBe(0);
    expect(out).toContain("perplexity");
  });

  it("pretrains a model that scores", async () => {
    writeFileSync(at("corpus.txt"), rows.map(({ text }) => `${text}\n`).join(""));
    const pretrain = await l3masking(
      ...["pretrain", "--tokenizer", tinyModel, "--text", at("corpus.txt")],
      ...["--output-dir", at("pretrained"), "--max-steps", "2", "--hidden-size", "8"],
      ...["--num-hidden-layers", "1", "--num-attention-heads", "2", "--max-positions", "64"],
      ...["--batch-tokens", "128", ...small],
    );
    expect(pretrain).toMatchObject({ exitCode: 0, signal: null });
    expect(pretrain.out).toContain(`: ${at("pretrained/model")}\n`);
    const score = await l3masking(
      ...["score", "--model", at("pretrained/model"), "--input", at("dev.jsonl")],
      ...["--output", at("own.jsonl"), ...small],
    );
    expect(score).toMatchObject({ exitCode: 0, out: `scored 4 texts: ${at("own.jsonl")}\n` });
  });

  it("checks files and the machine", async () => {
    const [check, doctor] = await Promise.all([
      l3masking("check", at("train.jsonl"), at("dev.jsonl"), at("test.jsonl")),
      l3masking("doctor"),
    ]);
    expect(check.exitCode).toBe(0);
    expect(check.out).toMatch(/train and test +1 /);
    expect(doctor.exitCode).toBe(0);
    expect(lines(doctor.out).every((line) => /^ok|^ +hint/.test(line))).toBe(true);
  });

  it("ends with the exit code of the error's family", async () => {
    writeFileSync(at("broken.jsonl"), '{"text": "a", "label": "b"}\nnot json\n');
    const [usage, data, checkpoint] = await Promise.all([
      l3masking("evaluate", "--model", folder),
      l3masking("check", at("broken.jsonl"), "--json"),
      l3masking("evaluate", "--model", folder, "--input", at("test.jsonl")),
    ]);
    expect(usage).toMatchObject({ exitCode: 2, out: "" });
    expect(data).toMatchObject({ exitCode: 3, err: "" });
    expect(JSON.parse(lines(data.out).at(-1) ?? "")).toMatchObject({
      type: "error",
      code: "data-format",
      message: expect.stringContaining("broken.jsonl"),
    });
    expect(checkpoint.exitCode).toBe(4);
    expect(checkpoint.err).toMatch(/^error \[checkpoint-missing\]: .*\nhint: /m);
    expect(checkpoint.err).not.toMatch(/\n {4}at /);
  });

  /** On Windows a signal from another process ends a process at once. */
  const catchable = process.platform !== "win32";

  /** A run that would take hours, given so many interrupts once it trains. */
  const interrupted = (output: string, interrupts: number) => {
    const words = ["train", folder, "--model", tinyModel, "--output-dir", at(output), "--method"];
    let sent = 0;
    return node([main, ...words, "stl", "--max-steps", "1000000", ...small], (child, err) => {
      const due = err.includes("stopping at") ? 2 : err.includes("training") ? 1 : 0;
      if (sent < Math.min(due, interrupts)) {
        sent += 1;
        child.kill("SIGINT");
      }
    });
  };

  it.runIf(catchable)("stops at a safe point after an interrupt", async () => {
    const { exitCode, signal, err } = await interrupted("stopped", 1);
    expect({ exitCode, signal }).toEqual({ exitCode: 130, signal: null });
    expect(err).toContain("stopping at the next safe point; interrupt again to stop immediately\n");
    expect(err).toContain("error [interrupted]:");
  });

  it.runIf(catchable)(
    "compares in several threads, stops all at an interrupt, and goes on to the same end",
    async () => {
      const words = (output: string, jobs: string) => [
        ...[main, "compare", folder, "--model", tinyModel, "--output-dir", at(output)],
        ...["--methods", "stl,l3", "--seeds", "0", "--max-steps", "40", "--eval-steps", "20"],
        ...["--batch-size", "4", "--max-length", "32", "--threads", "2", "--jobs", jobs],
        ...["--bootstrap-samples", "100"],
      ];
      let sent = false;
      const stopped = await node(words("compared", "2"), (child, err) => {
        if (sent || !err.includes("started")) return;
        sent = true;
        child.kill("SIGINT");
      });
      expect(stopped).toMatchObject({ exitCode: 130, signal: null, out: "" });
      expect(stopped.err).toContain("hint: Run the same command again");
      expect(existsSync(at("compared/results.json"))).toBe(false);

      const [rest, whole] = await Promise.all([
        node(words("compared", "2")),
        node(words("compared-whole", "2")),
      ]);
      expect([rest.exitCode, whole.exitCode]).toEqual([0, 0]);
      expect(rest.out).toContain("2 runs finished");
      const runs = (output: string) => readdirSync(at(`${output}/runs`)).sort();
      expect(runs("compared").length).toBe(2);
      expect(runs("compared")).toEqual(runs("compared-whole"));
      for (const run of runs("compared")) {
        for (const file of ["journal.jsonl", "predictions-test.jsonl", "model/model.safetensors"]) {
          const bytes = (output: string) => readFileSync(at(`${output}/runs/${run}/${file}`));
          expect(bytes("compared").equals(bytes("compared-whole")), `${run}/${file}`).toBe(true);
        }
      }
      expect(rest.out.split("\n\n")[0]).toBe(whole.out.split("\n\n")[0]);
    },
    180_000,
  );

  it.runIf(catchable)("stops at once after a second one, or had just stopped", async () => {
    const { exitCode, signal } = await interrupted("killed", 2);
    expect([signal, exitCode]).toSatisfy(
      ([by, code]: unknown[]) => by === "SIGINT" || (by === null && code === 130),
    );
  });
});

describe("the built library", () => {
  it("scores texts, and keeps errors what they are", async () => {
    const result = await library(`
      import { L3MaskingError, scoreTexts } from "l3masking";
      const model = ${JSON.stringify(tinyModel)};
      const events = [];
      const onEvent = ({ type }) => events.push(type);
      const [first] = await scoreTexts(["There is rain."], { model, maxLength: 32, threads: 1 }, { onEvent });
      const error = await scoreTexts(["a"], { model, maxLenght: 3 }).catch((caught) => caught);
      console.log(JSON.stringify({
        first, events: [...new Set(events)],
        error: [error instanceof L3MaskingError, error.code, error.hint],
      }));`);
    expect(result).toMatchObject({
      events: expect.arrayContaining(["progress"]),
      error: [true, "unknown-setting", "Did you mean maxLength?"],
    });
    const { tokens, logprob } = z
      .object({
        first: z.object({
          tokens: z.array(z.string()),
          logprob: z.array(z.number().max(0).nullable()),
        }),
      })
      .parse(result).first;
    expect(tokens).toHaveLength(logprob.length);
    // Only the special tokens at both ends have no score.
    expect(logprob.map((score) => score === null)).toEqual(
      logprob.map((_, i) => i === 0 || i === logprob.length - 1),
    );
  });

  it("keeps a classifier in memory, and lets the process end without disposing it", async () => {
    const run = await l3masking(
      ...["train", folder, "--model", tinyModel, "--output-dir", at("kept"), "--method", "stl"],
      ...["--max-steps", "1", ...small],
    );
    expect(run.exitCode).toBe(0);
    const result = await library(`
      import { Classifier } from "l3masking";
      const folder = ${JSON.stringify(at("kept/model"))};
      const forgotten = await Classifier.load(folder, { threads: 1 });
      const classifier = await Classifier.load(folder, { threads: 1 });
      const [one, other] = await Promise.all([classifier.predict(["sun", "rain"]), forgotten.predict(["sun", "rain"])]);
      const { labels } = classifier;
      await classifier.dispose();
      const after = await classifier.predict(["sun"]).catch(({ code }) => code);
      console.log(JSON.stringify({ labels, one, same: JSON.stringify(one) === JSON.stringify(other), after }));`);
    expect(result).toMatchObject({ labels: ["bad", "good"], same: true, after: "worker-failed" });
    const { one } = z.object({ one: z.array(predictionSchema) }).parse(result);
    expect(one).toHaveLength(2);
  });
});

/** The whole job as a user waits for it: fine-tuning on the sample task, from the start of the program to its end. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type BenchContext, type Benchmark, peerEnvironment, takeTurns } from "../benchmark.js";
import { type CommandRun, commandLine, runCommand, runNode } from "../command.js";
import { atLeast, atMost, ownFigure, ratioFigure, timesOf, WITHOUT_PEER } from "../figures.js";
import type { Figure } from "../results.js";
import { median } from "../statistics.js";

const EPOCHS = 2;
const BATCH_SIZE = 16;
const MAX_LENGTH = 128;
const LEARNING_RATE = 1e-4;
const WEIGHT_DECAY = 0.01;
const WARMUP_RATIO = 0.06;
/** Optimizer steps of a quick run. */
const QUICK_STEPS = 2;

const OURS = "l3masking train, stl";
const PEER = "transformers Trainer";
const DEFAULT = "l3masking train, everything by default";

/** What a side's last line says. */
const ourEnd = z.object({
  result: z.object({ metrics: z.object({ test: z.object({ accuracy: z.number() }) }) }),
});
const peerEnd = z.object({
  accuracy: z.number(),
  versions: z.record(z.string(), z.string()),
});

interface Job extends CommandRun {
  /** On test. */
  readonly accuracy: number;
}

export const jobBenchmark: Benchmark = {
  name: "job",
  title: "the whole job: `train` on the sample task, beside transformers' Trainer",
  usesPeer: true,
  async run(context) {
    const { quick, threads, python } = context;
    const sides = jobs(context);
    const done = new Map<string, Job[]>([OURS, PEER, DEFAULT].map((name) => [name, []]));
    /** With one thread the processor's time, where other work on the machine does not count. */
    const secondsOf = ({ seconds, processorSeconds }: Job) =>
      threads === 1 ? processorSeconds : seconds;
    const contender = (name: string, run: (turn: number) => Promise<Job>) => ({
      name,
      async run(turn: number) {
        const job = await run(turn);
        done.get(name)?.push(job);
        return secondsOf(job);
      },
    });
    let versions: Readonly<Record<string, string>> = {};
    const times = await takeTurns(
      context,
      [
        contender(OURS, sides.ours),
        ...(python === undefined
          ? []
          : [
              contender(PEER, async (turn) => {
                const { job, versions: found } = await sides.peer(python, turn);
                versions = found;
                return job;
              }),
            ]),
      ],
      { warmups: 0, turns: quick ? 1 : 2 },
    );
    // It takes several times as long, has no counterpart, and is run once.
    if (!quick) {
      context.say(`  ${DEFAULT}`);
      done.get(DEFAULT)?.push(await sides.byDefault());
    }

    const jobsOf = (name: string) => done.get(name) ?? [];
    const ours = jobsOf(OURS);
    const peers = jobsOf(PEER);
    const own = timesOf(times, OURS);
    const work = `stl on the sample task, ${EPOCHS} epochs in batches of ${BATCH_SIZE}`;
    const gigabytes = (list: readonly Job[]) => list.map(({ peakBytes }) => peakBytes / 1e9);
    const firstSteps = (list: readonly Job[]) => list.map((job) => job.secondsToLine ?? Number.NaN);
    const figures: Figure[] = [];
    if (python === undefined) {
      figures.push(ownFigure(work, own, "s", null));
      figures.push(ownFigure(`${work}: peak memory`, gigabytes(ours), "GB", null));
    } else {
      const theirs = { name: PEER, times: timesOf(times, PEER) };
      figures.push(ratioFigure(work, own, theirs, atLeast(2.5), null));
      const [a, b] = [median(gigabytes(ours)), median(gigabytes(peers))];
      const share = (100 * a) / b;
      figures.push({
        work: `${work}: peak memory`,
        ours: { value: a, unit: "GB" },
        against: { name: PEER, value: b, unit: "GB" },
        figure: { unit: "%", median: share, low: share, high: share },
        reach: atMost(50),
        limit: null,
      });
    }
    figures.push({
      ...ownFigure(`${work}: from start to first step`, firstSteps(ours), "s", atMost(2)),
      against:
        python === undefined ? null : { name: PEER, value: median(firstSteps(peers)), unit: "s" },
    });
    for (const job of jobsOf(DEFAULT)) {
      figures.push(ownFigure("everything by default, once", [secondsOf(job)], "s", null));
    }
    const accuracies = [...done].flatMap(([name, list]) =>
      list.length === 0 ? [] : `${name} ${list.map(({ accuracy }) => accuracy).join(", ")}`,
    );
    const notes = [
      `accuracy on the 200 texts of test, seeds 0, 1, ...: ${accuracies.join("; ")}`,
      "both sides: the same model, epochs, batch, lengths, schedule, AdamW, clipping; a random head; dev after each epoch, test at the end, the weights saved; imports and start included",
      "what differs: we clip encoder and head by themselves, save a state to go on from after each epoch, calibrate probabilities, and explain errors; Trainer pads each batch to its longest text, where we pack; order of texts, head and dropout come of other random numbers",
      `memory is that of all processes of a side together, looked at every 50 ms; ${threads === 1 ? "times but that to the first step are of the processor" : "times are of the clock"}`,
    ];
    if (python === undefined) notes.push(WITHOUT_PEER);
    return { figures, notes, series: [], versions: { ...versions } };
  },
};

function jobs({ root, folder, threads, quick }: BenchContext) {
  const data = join(root, "examples/sample-task");
  const model = join(root, "models/minilm");
  const environment = { L3MASKING_CACHE: join(folder, "job-cache") };
  const isLine = (line: string) => line.startsWith('{"type":"step"');
  const train = async (place: string, ...words: readonly string[]): Promise<Job> => {
    const line = commandLine(root, "train", data, "--model", model, ...words);
    const more = ["--threads", String(threads), "--json", "--output-dir", join(folder, place)];
    const run = await runNode([...line, ...more], { environment, isLine });
    const { result } = ourEnd.parse(JSON.parse(run.lastLine));
    return { ...run, accuracy: result.metrics.test.accuracy };
  };
  return {
    ours: (turn: number) =>
      train(
        `job-${turn}`,
        ...["--method", "stl", "--no-baseline", "--keep", "last", "--seed", String(turn)],
        ...["--num-train-epochs", String(EPOCHS), "--batch-size", String(BATCH_SIZE)],
        ...["--head-initialization", "random", "--max-length", String(MAX_LENGTH)],
        ...["--learning-rate", String(LEARNING_RATE), "--weight-decay", String(WEIGHT_DECAY)],
        ...["--head-learning-rate", String(LEARNING_RATE)],
        ...["--head-weight-decay", String(WEIGHT_DECAY)],
        ...["--warmup-ratio", String(WARMUP_RATIO)],
        ...(quick ? ["--max-steps", String(QUICK_STEPS)] : []),
      ),
    byDefault: () => train("job-default"),
    async peer(python: string, turn: number) {
      const path = join(folder, `job-${turn}.json`);
      const settings = {
        ...{ data, model, threads, seed: turn, output: join(folder, `job-peer-${turn}`) },
        ...{ epochs: EPOCHS, batchSize: BATCH_SIZE, maxLength: MAX_LENGTH },
        ...{ learningRate: LEARNING_RATE, weightDecay: WEIGHT_DECAY, warmupRatio: WARMUP_RATIO },
        maxSteps: quick ? QUICK_STEPS : -1,
      };
      writeFileSync(path, JSON.stringify(settings));
      const words = [join(root, "bench/peers/job.py"), path];
      const run = await runCommand(python, words, {
        environment: peerEnvironment(threads),
        isLine: (line) => line === "first step",
      });
      const { accuracy, versions } = peerEnd.parse(JSON.parse(run.lastLine));
      return { job: { ...run, accuracy }, versions };
    },
  };
}

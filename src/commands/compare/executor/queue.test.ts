import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readJson, temporaryFolder } from "../../../../test/fixtures/folders.js";
import {
  createTestHost,
  type TestHost,
  type TestHostOptions,
  tinyModel,
} from "../../../../test/fixtures/host.js";
import { type MemoryQueue, memoryQueue } from "../../../../test/fixtures/run-queue.js";
import { soundFiles } from "../../../../test/fixtures/sounds.js";
import { inventedTicket } from "../../../../test/fixtures/tickets.js";
import { train } from "../../../../test/fixtures/training.js";
import { L3MaskingError } from "../../../base/errors.js";
import type { TrainOptions } from "../../../run/settings/schemas.js";
import { PROTOCOL, WITHDRAWN } from "../../queue/message.js";
import { trainQueued } from "../../queue/queued-run.js";
import { filesBelow } from "../../queue/transfer.js";
import { findFailure } from "../run-ticket.js";
import type { Ticket } from "../ticket.js";
import type { TicketStatus } from "./executor.js";
import { trainThrough } from "./queue.js";

const at = temporaryFolder();

const small = (name: string) => inventedTicket(name, { ...soundFiles, model: tinyModel("bert") });

/** Statuses as they are told, each with the ticket's name. */
function recorder() {
  const told: string[] = [];
  const follow = ({ name }: Ticket, status: TicketStatus) => {
    const rest =
      status.state === "failed"
        ? ` ${status.error.code}`
        : status.state === "running"
          ? ` ${status.done}/${status.total}`
          : "";
    told.push(`${name} ${status.state}${rest}`);
  };
  return { told, follow };
}

/** Works until `done`, as a machine with a folder of its own. */
async function worker(name: string, queue: MemoryQueue, done: () => boolean, host: TestHost) {
  const place = {
    name,
    inputs: at(`${name}/inputs`),
    work: at(`${name}/work`),
    threads: 1,
    device: "cpu" as const,
  };
  while (!done()) {
    const worked = await queue.work((message, watch) =>
      trainQueued(message, { place, host, store: queue.store, ...watch }),
    );
    if (!worked) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Compared extends Pick<TestHostOptions, "train"> {
  readonly queue?: MemoryQueue;
  /** Of the comparison. */
  readonly cacheFolder?: string;
  /** Is the comparison to stop? */
  readonly cancelled?: () => boolean;
}

async function compared(
  folder: string,
  tickets: readonly Ticket[],
  { train, queue = memoryQueue(), cancelled, cacheFolder = at("no cache") }: Compared,
) {
  const host = { ...createTestHost({ cacheFolder }), ...(cancelled && { cancelled }) };
  const { told, follow } = recorder();
  let done = false;
  const working = worker(
    "alpha",
    queue,
    () => done,
    createTestHost({ cacheFolder: at("cache"), ...(train && { train }) }),
  );
  const leave = () => expect.unreachable("the runs end here");
  const context = { folder, settings: { jobs: 1, wait: false }, follow, leave, host };
  await trainThrough(queue, tickets, context).finally(() => {
    done = true;
  });
  await working;
  return { told, host, queue };
}

/** Leaves a run's files. */
async function finish({ outputDir = "" }: TrainOptions) {
  mkdirSync(join(outputDir, "model"), { recursive: true });
  writeFileSync(join(outputDir, "config.json"), JSON.stringify({ settings: {} }));
  writeFileSync(join(outputDir, "metrics.json"), "{}");
  writeFileSync(join(outputDir, "model/weights"), outputDir.slice(-1));
}

describe("runs through a queue", () => {
  it("leave what the same run leaves on one machine", async () => {
    const options: TrainOptions = {
      ...{
        ...soundFiles,
        model: tinyModel("bert"),
        method: "l3",
        seed: 1,
        threads: 1,
        device: "cpu" as const,
      },
      ...{ maxLength: 32, batchSize: 12, maxSteps: 4, evalSteps: 2, headInitialization: "random" },
    };
    const whole = { ...options, outputDir: at("here/runs/sounds-l3") };
    await train(whole, createTestHost({ cacheFolder: at("cache-here") }));
    const digest = z.string();
    const record = z.object({
      ...{ data_digest: digest, checkpoint_digest: digest, tokenizer_digest: digest },
    });
    const digests = record.parse(readJson(at("here/runs/sounds-l3/config.json")));
    const run = { ...inventedTicket("sounds-l3", options), ...digests };
    const { told, queue } = await compared(at("there"), [run], { cacheFolder: at("cache-here") });
    expect(told.slice(-2)).toEqual(["sounds-l3 running 4/4", "sounds-l3 finished"]);
    const [here, there] = [at("here/runs/sounds-l3"), at("there/runs/sounds-l3")];
    expect(filesBelow(there)).toEqual(filesBelow(here));
    expect(filesBelow(there)).toContain("model/model.safetensors");
    const text = (path: string) =>
      readFileSync(path, "latin1")
        .replaceAll(at("here"), at("there"))
        .replaceAll(/"(\w+_seconds|tokens_per_second)": [\d.]+/g, '"$1": 0');
    for (const name of filesBelow(here)) {
      expect(text(join(there, name)), name).toBe(text(join(here, name)));
    }
    // What was taken lies in the queue no more.
    expect([...queue.store.chunks.keys()].filter((key) => key.includes(":results:"))).toEqual([]);
    expect(queue.entries.size + queue.said.size).toBe(0);
    expect(filesBelow(at("alpha/work"))).toEqual([]);
    // The scores of the vanilla model travelled, and were not computed again.
    expect(existsSync(at("cache"))).toBe(false);
    expect(filesBelow(at("alpha/inputs")).filter((name) => name.endsWith(".scores")).length).toBe(
      1,
    );
  });

  it("tell how far they are, and their warnings", async () => {
    const { told, host } = await compared(at("told"), [small("a"), small("b")], {
      async train(settings, emit) {
        const counts = { done: 2, total: 4, unit: "steps" as const };
        emit({ type: "progress", task: "training", ...counts, detail: "loss 1" });
        emit({ type: "notice", level: "warning", text: "odd" });
        await new Promise((resolve) => setTimeout(resolve, 700));
        await finish(settings);
      },
    });
    expect(told).toContain("a running 2/4");
    expect(told.filter((line) => line.endsWith("finished"))).toEqual(["a finished", "b finished"]);
    expect(host.notices()).toContain("a: odd");
    expect(host.notices()).toContain(
      "no worker is at redis://in-memory yet; start some: l3masking worker --queue redis://in-memory",
    );
  });

  it("fail after three tries, and leave the others alone", async () => {
    const tried: string[] = [];
    const { told, host } = await compared(at("poisoned"), [small("bad"), small("good")], {
      async train(settings) {
        const bad = settings.outputDir?.endsWith("bad") === true;
        tried.push(bad ? "bad" : "good");
        if (!bad) return finish(settings);
        throw new L3MaskingError("training-diverged", "expected a finite loss", {
          hint: "Lower it.",
        });
      },
    });
    expect(tried.filter((name) => name === "bad").length).toBe(3);
    expect(told).toContain("good finished");
    expect(told).toContain("bad failed training-diverged");
    expect(findFailure(at("poisoned/runs/bad"))).toEqual({
      code: "training-diverged",
      message: "expected a finite loss (on a worker, try 3)",
      hint: "Lower it.",
      attempt: 1,
    });
    expect(host.notices("warning")).not.toContain("good");
  });

  it("are queued again where the server lost them", async () => {
    const queue = memoryQueue();
    let trained = 0;
    const { told } = await compared(at("lost"), [small("a")], {
      queue,
      async train(settings) {
        trained += 1;
        if (trained === 1) {
          // The server is started anew, with nothing in it.
          queue.entries.clear();
          queue.store.chunks.clear();
        }
        await finish(settings);
      },
    });
    expect([trained, told.at(-1)]).toEqual([2, "a finished"]);
  });

  it("are trained again where their results did not arrive whole", async () => {
    const queue = memoryQueue();
    let trained = 0;
    const put = queue.store.put;
    queue.store.put = async (key, bytes, seconds) => {
      if (trained !== 1 || !key.includes(":results:")) await put(key, bytes, seconds);
    };
    const { told, host } = await compared(at("damaged"), [small("a")], {
      queue,
      async train(settings) {
        trained += 1;
        await finish(settings);
      },
    });
    expect([trained, told.at(-1)]).toEqual([2, "a finished"]);
    expect(host.notices("warning")).toContain("a is trained again: expected config.json of");
  });

  it("are trained again where their worker stopped for an earlier command", async () => {
    const queue = memoryQueue();
    const { find } = queue;
    let trained = 0;
    queue.find = async (id) => {
      const found = await find(id);
      const late = found?.state === "finished" && trained === 1;
      return late ? { ...found, state: "failed", failure: WITHDRAWN } : found;
    };
    const { told } = await compared(at("withdrawn"), [small("a")], {
      queue,
      async train(settings) {
        trained += 1;
        await finish(settings);
      },
    });
    expect([trained, told.at(-1)]).toEqual([2, "a finished"]);
  });

  it("are taken back by a stop: under way or waiting", async () => {
    const queue = memoryQueue();
    let begun = false;
    const { told } = await compared(at("stopped"), [small("a"), small("b")], {
      queue,
      cancelled: () => begun,
      async train() {
        await new Promise((resolve) => setTimeout(resolve, 700));
        begun = true;
        while (queue.withdrawn.size < 2) await new Promise((resolve) => setTimeout(resolve, 5));
        throw new L3MaskingError("interrupted", "stopped");
      },
    });
    expect(told.filter((line) => !line.includes("running"))).toEqual(["a interrupted"]);
    expect(existsSync(at("stopped/runs"))).toBe(false);
  });

  it("name workers of another version", async () => {
    const queue = memoryQueue();
    await queue.say({
      role: "worker",
      name: "beta (process 2)",
      version: "0.0.1",
      protocol: PROTOCOL,
    });
    const { host } = await compared(at("named"), [small("a")], { queue, train: finish });
    expect(host.notices("warning")).toMatch(
      /the worker on beta \(process 2\) gets no runs: expected l3masking .* found l3masking 0\.0\.1/,
    );
  });
});

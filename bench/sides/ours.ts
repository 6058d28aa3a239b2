/** Our side: `node build/bench/sides/ours.js WORK` reads a work file and answers requests until its input ends. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import * as z from "zod";
import { cpu } from "../../src/engine/runtime/devices/cpu.js";
import { loadSource } from "../work/model.js";
import { readWork } from "../work/work-file.js";
import type { Answer } from "./conversation.js";
import { openLikelihood } from "./likelihood.js";
import { inNode } from "./node-profile.js";
import { openPrediction } from "./prediction.js";
import { openPreparation } from "./preparation.js";
import { openTraining } from "./training.js";
import type { Answering } from "./work-kind.js";

const requestSchema = z.looseObject({ do: z.string() });

/** The most memory this process has held, as Linux counts it. */
function peakBytes(): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return line === null ? Number.NaN : 1024 * Number(line[1]);
}

async function open(path: string): Promise<Answering> {
  const { threads, work } = readWork(path);
  const profileFolder = work.kind === "training" ? work.profileFolder : undefined;
  const runtime = await cpu.open({ threads, profileFolder });
  switch (work.kind) {
    case "training":
      return openTraining(work, await loadSource(work.model), inNode(runtime, profileFolder));
    case "likelihood":
      return openLikelihood(work, runtime);
    case "prediction":
      return openPrediction(work, runtime);
    case "preparation":
      return openPreparation(work, runtime);
  }
}

function write(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function answer(side: Answering, line: string): Promise<Answer> {
  const request = requestSchema.parse(JSON.parse(line));
  if (request.do === "memory") {
    return { seconds: 0, values: { peakBytes: peakBytes() }, list: [] };
  }
  return side(request);
}

const [path = ""] = process.argv.slice(2);
try {
  const side = await open(path);
  write({ versions: {} });
  for await (const line of createInterface({ input: process.stdin })) {
    write(await answer(side, line));
  }
  process.exit(0);
} catch (error) {
  write({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exit(1);
}

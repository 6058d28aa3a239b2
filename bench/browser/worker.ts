/** Our side in a worker of a page: the first message is the work, each further one a request; each is answered by one. */

import { browserDevices } from "../../src/engine/runtime/devices/browser/devices.js";
import { parseModelConfig } from "../../src/model/checkpoint/config.js";
import { filesInMemory } from "../../src/model/checkpoint/files.js";
import { readCheckpoint } from "../../src/model/checkpoint/read.js";
import { fetchModel } from "../../src/run/in-memory/fetched.js";
import { runsOf } from "../sides/profile.js";
import { openTraining } from "../sides/training.js";
import type { Answering, Asked } from "../sides/work-kind.js";
import type { LoadedSource } from "../work/model.js";
import type { ModelSource, TrainingWork } from "../work/work-file.js";

declare function postMessage(message: unknown): void;

/** The model's folder is an address here. */
export interface PageWork {
  readonly work: TrainingWork;
  readonly threads: number;
}

async function source({ config, maskedFolder }: ModelSource): Promise<LoadedSource> {
  if (maskedFolder !== null) {
    return readCheckpoint(filesInMemory(maskedFolder, await fetchModel(maskedFolder)));
  }
  return { spec: parseModelConfig(config, "the work"), values: new Map() };
}

/** The trace that a session wrote last. */
let trace = "";
console.log = (line: string) => {
  trace = line === "[" ? line : trace + line;
};

let side: Answering | undefined;

async function open({ work, threads }: PageWork): Promise<unknown> {
  const profileFolder = work.profileFolder;
  const runtime = await browserDevices.wasm.open({ threads, profileFolder });
  if (runtime.threads !== threads) {
    throw new RangeError(`expected ${threads} threads, got ${runtime.threads}`);
  }
  side = await openTraining(work, await source(work.model), {
    runtime,
    now: () => performance.now(),
    // The training session is disposed of last.
    runsOf: () => runsOf(JSON.parse(trace)),
  });
  return { versions: { "onnxruntime-web": runtime.name.replace(/^\S+ /, "") } };
}

addEventListener("message", async ({ data }: { readonly data: unknown }) => {
  try {
    const answer = side === undefined ? open(data as PageWork) : side(data as Asked);
    postMessage(await answer);
  } catch (error) {
    postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

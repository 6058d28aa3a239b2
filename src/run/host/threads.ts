/** How many threads compute, and how many runs share them. */
import type { NoticeEvent } from "./host.js";

export interface UsableThreads {
  readonly threads: number;
  /** Told where fewer are used than asked for. */
  readonly notice?: NoticeEvent;
}

/** The threads that were asked for, but no more than there are processors: further ones only cost memory and time. */
export function usableThreads(asked: number | undefined, processors: number): UsableThreads {
  if (asked === undefined || asked <= processors) return { threads: asked ?? processors };
  const notice = tooMany(`--threads ${asked}: using ${processors}`, processors);
  return { threads: processors, notice };
}

export interface UsableJobs {
  readonly jobs: number;
  /** Told where fewer are trained at once than asked for. */
  readonly notice?: NoticeEvent;
}

/** The runs at once that were asked for, but no more than there are processors: each has a thread at least, and a model in memory. */
export function usableJobs(asked: number, processors: number): UsableJobs {
  if (asked <= processors) return { jobs: asked };
  const runs = processors === 1 ? "1 run" : `${processors} runs`;
  return {
    jobs: processors,
    notice: tooMany(`--jobs ${asked}: training ${runs} at once`, processors),
  };
}

function tooMany(what: string, processors: number): NoticeEvent {
  const has = processors === 1 ? "1 processor" : `${processors} processors`;
  return { type: "notice", level: "warning", text: `${what}, since this process may use ${has}` };
}

/** How many threads compute. */
import type { NoticeEvent } from "./host.js";

export interface UsableThreads {
  readonly threads: number;
  /** Told where fewer are used than asked for. */
  readonly notice?: NoticeEvent;
}

/** The threads that were asked for, but no more than there are processors: further ones only cost memory and time. */
export function usableThreads(asked: number | undefined, processors: number): UsableThreads {
  if (asked === undefined || asked <= processors) return { threads: asked ?? processors };
  const has = processors === 1 ? "1 processor" : `${processors} processors`;
  const text = `--threads ${asked}: using ${processors}, since this process may use ${has}`;
  return { threads: processors, notice: { type: "notice", level: "warning", text } };
}

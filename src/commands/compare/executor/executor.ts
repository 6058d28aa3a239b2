/** Where the runs of a comparison are trained: the door that every executor stands behind, and their list. */
import type { L3MaskingError } from "../../../base/errors.js";
import type { PlacedTrainSettings } from "../../../run/folder/named-folder.js";
import type { Host } from "../../../run/host/host.js";
import { trainInThreads } from "./threads.js";

/** One run as plain, checked data, which can go to another thread or machine. What it leaves stands in its folder. */
export interface Ticket {
  /** Of its folder. */
  readonly name: string;
  readonly settings: PlacedTrainSettings;
}

/** Where a run stands: on its way with so many optimizer steps done, or how it ended. */
export type TicketStatus =
  | {
      readonly state: "running";
      readonly done: number;
      readonly total: number;
      /** The loss. */
      readonly detail?: string;
    }
  | { readonly state: "finished" | "interrupted" }
  | { readonly state: "failed"; readonly error: L3MaskingError };

/**
 * Trains the runs of all tickets, at most `jobs` at once, begun in their order, and tells `follow` where each stands. A run
 * that fails leaves the others alone. A stop on request stops those under way, and no further one is begun: of those nothing
 * is told. Resolves when none is under way any more.
 */
export type Executor = (
  tickets: readonly Ticket[],
  jobs: number,
  follow: (ticket: Ticket, status: TicketStatus) => void,
  host: Host,
) => Promise<void>;

export const executors = { threads: trainInThreads } as const satisfies Record<string, Executor>;

/** Runs on this machine, each in a thread of its own. */
import { L3MaskingError } from "../../../base/errors.js";
import type { Host, RunEvent } from "../../../run/host/host.js";
import type { Executor, Ticket, TicketStatus } from "./executor.js";

export const trainInThreads: Executor = async (tickets, jobs, follow, host) => {
  const queue = [...tickets];
  const work = async () => {
    for (let ticket = queue.shift(); ticket !== undefined; ticket = queue.shift()) {
      if (host.cancelled()) return;
      follow(ticket, await train(ticket, follow, host));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
};

/** How the run of a ticket ended. */
async function train(
  ticket: Ticket,
  follow: Parameters<Executor>[2],
  host: Host,
): Promise<TicketStatus> {
  const onEvent = (event: RunEvent) => {
    if (event.type === "notice" && event.level === "warning") {
      host.emit({ ...event, text: `${ticket.name}: ${event.text}` });
    }
    if (event.type === "progress" && event.task === "training") {
      const { done, total, detail } = event;
      follow(ticket, { state: "running", done, total, ...(detail !== undefined && { detail }) });
    }
  };
  follow(ticket, { state: "running", done: 0, total: 0 });
  try {
    await host.inThread("train", ticket.settings, onEvent);
    return { state: "finished" };
  } catch (thrown) {
    const error = knownError(thrown);
    return error.code === "interrupted" ? { state: "interrupted" } : { state: "failed", error };
  }
}

function knownError(thrown: unknown): L3MaskingError {
  if (thrown instanceof L3MaskingError) return thrown;
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new L3MaskingError("worker-failed", `the run failed unexpectedly: ${text}`, {
    cause: thrown,
  });
}

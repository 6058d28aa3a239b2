/** Runs on this machine, each in a thread of its own. */
import type { RunEvent } from "../../../run/host/host.js";
import { runTicket } from "../run-ticket.js";
import type { Ticket } from "../ticket.js";
import type { Executor, ExecutorContext } from "./executor.js";

export const trainInThreads: Executor = async (tickets, context) => {
  const queue = [...tickets].reverse();
  const work = async () => {
    for (let ticket = queue.pop(); ticket !== undefined; ticket = queue.pop()) {
      if (context.host.cancelled()) return;
      await train(ticket, context);
    }
  };
  await Promise.all(Array.from({ length: context.settings.jobs ?? 1 }, work));
};

async function train(ticket: Ticket, { folder, host, follow }: ExecutorContext): Promise<void> {
  const emit = (event: RunEvent) => {
    if (event.type === "notice" && event.level === "warning") {
      host.emit({ ...event, text: `${ticket.name}: ${event.text}` });
    }
    if (event.type === "progress" && event.task === "training") {
      const { done, total, detail } = event;
      follow(ticket, { state: "running", done, total, ...(detail !== undefined && { detail }) });
    }
  };
  follow(ticket, { state: "running", done: 0, total: 0 });
  follow(ticket, await runTicket(ticket, folder, { ...host, emit }));
}

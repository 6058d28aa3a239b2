import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../test/fixtures/folders.js";
import { createTestHost } from "../../../../test/fixtures/host.js";
import { inventedTicket } from "../../../../test/fixtures/tickets.js";
import { L3MaskingError } from "../../../base/errors.js";
import type { executorNames } from "../../../run/settings/compare.js";
import { compareSchema, resolveSettings } from "../../../run/settings/schemas.js";
import type { Ticket } from "../ticket.js";
import {
  type ExecutorContext,
  executors,
  requireOwnSettings,
  type TicketStatus,
} from "./executor.js";

const at = temporaryFolder();

/** Statuses as they are told, each with the ticket's name. */
function recorder() {
  const told: string[] = [];
  const follow = ({ name }: Ticket, status: TicketStatus) => {
    const ended = status.state === "failed" ? ` ${status.error.code}` : "";
    told.push(`${name} ${status.state}${ended}`);
  };
  return { told, follow };
}

/** What an executor works in that trains here. */
function context(
  folder: string,
  jobs: number,
): Pick<ExecutorContext, "folder" | "settings" | "leave"> {
  const leave = () => expect.unreachable("the runs end here");
  return { folder: at(folder), settings: { jobs, wait: false }, leave };
}

/** They train on other machines; what has to be there is started by the tests in `test/cluster`. */
const elsewhere = ["queue", "slurm"];
const here = Object.entries(executors).filter(([name]) => !elsewhere.includes(name));

describe.each(here)("executor %s", (_name, executor) => {
  const tickets = ["a", "b", "c", "d"].map((name) => inventedTicket(name));

  it("trains all, at most as many at once as it may, begun in their order", async () => {
    let underWay = 0;
    let most = 0;
    const host = createTestHost({
      async train() {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setTimeout(resolve, 5));
        underWay -= 1;
      },
    });
    const { told, follow } = recorder();
    await executor(tickets, { ...context("all", 3), follow, host });
    expect(most).toBe(3);
    expect(told.filter((line) => line.endsWith("running"))).toEqual(
      tickets.map(({ name }) => `${name} running`),
    );
    expect(told.filter((line) => line.endsWith("finished")).length).toBe(4);
  });

  it("tells how far a run is, and passes its warnings on with its name", async () => {
    const host = createTestHost({
      async train(_settings, emit) {
        const counts = { done: 2, total: 4, unit: "steps" as const };
        emit({ type: "progress", task: "training", ...counts, detail: "loss 1" });
        emit({ type: "notice", level: "warning", text: "odd" });
        emit({ type: "notice", level: "info", text: "left out" });
      },
    });
    const statuses: TicketStatus[] = [];
    const follow = (_ticket: Ticket, status: TicketStatus) => statuses.push(status);
    await executor([inventedTicket("a")], { ...context("one", 1), follow, host });
    expect(statuses).toEqual([
      { state: "running", done: 0, total: 0 },
      { state: "running", done: 2, total: 4, detail: "loss 1" },
      { state: "finished" },
    ]);
    expect(host.notices()).toBe("a: odd");
  });

  it("leaves the others alone where a run fails, and begins none after a stop", async () => {
    const diverged = new L3MaskingError("training-diverged", "expected a finite loss");
    const thrown = [diverged, new TypeError("x"), new L3MaskingError("interrupted", "stopped")];
    const host = createTestHost({
      stopAt: () => true,
      train(_settings, emit) {
        const error = thrown.shift();
        if (error instanceof L3MaskingError && error.code === "interrupted") {
          emit({ type: "notice", level: "warning", text: "stop" });
        }
        return Promise.reject(error);
      },
    });
    const { told, follow } = recorder();
    await executor(tickets, { ...context("some", 1), follow, host });
    expect(told.filter((line) => !line.endsWith("running"))).toEqual([
      "a failed training-diverged",
      "b failed worker-failed",
      "c interrupted",
    ]);
    expect(told).not.toContain("d running");
  });
});

it.each([
  { owner: "queue", settings: { queue: "redis://server:6379" } },
  { owner: "slurm", settings: { slurmOptions: "--time=30" } },
  { owner: "slurm", settings: { wait: true } },
] as const)("a setting of another executor than $owner is refused", ({ owner, settings }) => {
  const given = (executor: (typeof executorNames)[number]) =>
    requireOwnSettings(resolveSettings(compareSchema, { ...settings, executor }));
  expect(() => given(owner)).not.toThrow();
  expect(() => given("threads")).toThrow(
    expect.objectContaining({
      code: "invalid-setting",
      hint: expect.stringContaining(`Add --executor ${owner}, or leave`),
    }),
  );
});

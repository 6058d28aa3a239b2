import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeSlurm } from "../../../../../test/fixtures/fake-slurm.js";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { inventedTicket } from "../../../../../test/fixtures/tickets.js";
import { findFailure, runFolderOf } from "../../run-ticket.js";
import { settleRuns } from "./settle.js";
import { submitTickets } from "./submit.js";

const at = temporaryFolder();
const slurm = fakeSlurm(at);

const tickets = ["a", "b"].map((name) => inventedTicket(name));
const codes = (folder: string) =>
  tickets.map((ticket) => findFailure(runFolderOf(ticket, folder))?.code);

/** A comparison of two runs that was submitted; the first one is finished. */
async function submitted(folder: string): Promise<void> {
  const place = { node: "n", program: "p", folder, workingFolder: "/", cacheFolder: "/c" };
  const submission = { place, options: [], reportWords: [] };
  await submitTickets(tickets, submission, { cancelled: () => false });
  mkdirSync(runFolderOf(tickets[0], folder), { recursive: true });
  writeFileSync(join(runFolderOf(tickets[0], folder), "metrics.json"), "{}");
}

/** A clock that goes a minute with every look at it. */
function fastHost() {
  let milliseconds = 0;
  return {
    cancelled: () => false,
    now() {
      milliseconds += 60_000;
      return milliseconds;
    },
  };
}

describe.skipIf(process.platform === "win32")("before the report", () => {
  it("a run whose job left nothing is lost", async () => {
    const folder = at("lost");
    await submitted(folder);
    slurm.squeue("101_0|COMPLETED|None|n1\n101_1|NODE_FAIL|None|n2\n102|RUNNING|None|n1\n");
    await settleRuns(folder, fastHost(), async () => undefined);
    expect(codes(folder)).toEqual([undefined, "run-lost"]);
  });

  it("nothing is decided while jobs are under way, or without Slurm", async () => {
    const folder = at("waits");
    await submitted(folder);
    slurm.squeue("101_1|PENDING|BeginTime|\n");
    await settleRuns(folder, fastHost());
    process.env.PATH = at("nothing");
    await settleRuns(folder, fastHost());
    await settleRuns(at("never-submitted"), fastHost());
    expect(codes(folder)).toEqual([undefined, undefined]);
  });
});

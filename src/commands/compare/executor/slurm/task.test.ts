import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { createTestHost } from "../../../../../test/fixtures/host.js";
import { inventedTicket } from "../../../../../test/fixtures/tickets.js";
import { L3MaskingError } from "../../../../base/errors.js";
import { findFailure, runFolderOf } from "../../run-ticket.js";
import { runTask } from "./task.js";

const at = temporaryFolder();
const ticket = inventedTicket("a");
const stopped = new L3MaskingError("interrupted", "stopped");

/** A state of so many steps, as a stopped run leaves it. */
function saveState(folder: string, step: number): void {
  const state = join(runFolderOf(ticket, folder), "state", String(step + 1));
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, "state.json"), JSON.stringify({ step, tokens: 1 }));
}

describe("a run in a task of Slurm", () => {
  it("is given up when it was started again twice and has gained no step", async () => {
    const folder = at("stuck");
    let starts = 0;
    const host = createTestHost({
      train() {
        starts += 1;
        if (starts === 1) saveState(folder, 20);
        return Promise.reject(stopped);
      },
    });
    const start = () => runTask(ticket, folder, "17_0", host);
    for (let i = 0; i < 3; i++) expect(await start()).toEqual({ state: "interrupted" });
    expect(await start()).toMatchObject({ state: "failed", error: { code: "run-stuck" } });
    expect(starts).toBe(3);
    expect(findFailure(runFolderOf(ticket, folder))?.message).toContain(
      "gained no step since it had 20",
    );
    expect(readdirSync(join(folder, "slurm/starts"))).toEqual([]);
  });

  it("waits for its folder, and leaves nothing when it has ended", async () => {
    const folder = at("waits");
    let tries = 0;
    const host = createTestHost({
      async train() {
        tries += 1;
        if (tries === 1) throw new L3MaskingError("output-in-use", "held", { hint: "wait" });
      },
    });
    const waits: number[] = [];
    const wait = async (milliseconds: number) => void waits.push(milliseconds);
    expect(await runTask(ticket, folder, "17_0", host, wait)).toEqual({ state: "finished" });
    expect(waits).toEqual([5000]);
    expect(host.notices("warning")).toBe("waiting: held");
    expect(readdirSync(join(folder, "slurm"), { recursive: true }).sort()).toEqual(["starts"]);
  });

  it("stops while it waits", async () => {
    const host = createTestHost({
      stopAt: () => true,
      train: () => Promise.reject(new L3MaskingError("output-in-use", "held", { hint: "wait" })),
    });
    expect(await runTask(ticket, at("stops"), "17_0", host)).toEqual({ state: "interrupted" });
  });
});

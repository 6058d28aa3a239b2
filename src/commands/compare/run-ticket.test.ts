import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, type TestHostOptions } from "../../../test/fixtures/host.js";
import { inventedTicket } from "../../../test/fixtures/tickets.js";
import { L3MaskingError } from "../../base/errors.js";
import { runFolderOf, runTicket, ticketEnd } from "./run-ticket.js";

const at = temporaryFolder();

const ticket = inventedTicket();

const run = (folder: string, train: NonNullable<TestHostOptions["train"]>) =>
  runTicket(ticket, folder, createTestHost({ train }));

/** What a run leaves at the end. */
function finish(outputDir: string | undefined): void {
  mkdirSync(outputDir ?? "", { recursive: true });
  writeFileSync(join(outputDir ?? "", "metrics.json"), "{}");
}

describe("runTicket", () => {
  it("trains into the folder of the run, and a finished run no more", async () => {
    const folder = at("new");
    const given: unknown[] = [];
    const end = await run(folder, async ({ outputDir, resume }) => {
      given.push(outputDir, resume);
      finish(outputDir);
    });
    expect(given).toEqual([join(folder, "runs/run"), false]);
    expect(end).toEqual({ state: "finished" });
    const again = () => Promise.reject(new Error("it is finished"));
    expect(await run(folder, again)).toEqual({ state: "finished" });
    expect(ticketEnd(ticket, folder)).toEqual({ state: "finished" });
  });

  it("goes on with a run that was begun", async () => {
    const folder = at("begun");
    const path = runFolderOf(ticket, folder);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "config.json"), "{}");
    const resumed: boolean[] = [];
    await run(folder, async ({ resume }) => resumed.push(resume));
    expect(resumed).toEqual([true]);
  });

  it("records why a run failed, counts its attempts, and forgets them when it is finished", async () => {
    const folder = at("failing");
    const diverged = new L3MaskingError("training-diverged", "expected a finite loss", {
      hint: "Lower it.",
    });
    expect(await run(folder, () => Promise.reject(diverged))).toMatchObject({
      state: "failed",
      error: { code: "training-diverged" },
    });
    const file = join(runFolderOf(ticket, folder), "failure.json");
    const failure = { code: "training-diverged", message: "expected a finite loss" };
    expect(readJson(file)).toEqual({ ...failure, hint: "Lower it.", attempt: 1 });
    expect(ticketEnd(ticket, folder)).toMatchObject({ error: { ...failure, hint: "Lower it." } });

    await run(folder, () => Promise.reject(new TypeError("x is no function")));
    expect(readJson(file)).toMatchObject({ code: "worker-failed", hint: null, attempt: 2 });

    await run(folder, async ({ outputDir }) => finish(outputDir));
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ["interrupted", "interrupted"],
    ["output-in-use", "failed"],
  ] as const)("leaves nothing in the folder after %s", async (code, state) => {
    const folder = at(code);
    const end = await run(folder, () => Promise.reject(new L3MaskingError(code, "stopped")));
    expect(end.state).toBe(state);
    expect(existsSync(join(folder, "runs"))).toBe(false);
    expect(ticketEnd(ticket, folder)).toBeUndefined();
  });

  it("stops a run that reads other data than the ticket was written for, at its first step", async () => {
    const folder = at("other-data");
    const steps: number[] = [];
    const end = await run(folder, async ({ outputDir = "" }, emit) => {
      mkdirSync(outputDir, { recursive: true });
      const record = { settings: {}, data_digest: "other" };
      writeFileSync(join(outputDir, "config.json"), JSON.stringify(record));
      for (const done of [1, 2]) {
        emit({ type: "progress", task: "training", done, total: 2, unit: "steps" });
        steps.push(done);
      }
    });
    expect(end).toMatchObject({ state: "failed", error: { code: "runs-disagree" } });
    expect(steps).toEqual([]);
    expect(readdirSync(runFolderOf(ticket, folder)).sort()).toEqual([
      "config.json",
      "failure.json",
    ]);
  });

  it("refuses a damaged failure.json, and says what to do", () => {
    const path = runFolderOf(ticket, at("damaged"));
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "failure.json"), "{}");
    expect(() => ticketEnd(ticket, at("damaged"))).toThrow(
      expect.objectContaining({ code: "data-format", hint: expect.stringContaining("Delete") }),
    );
  });
});

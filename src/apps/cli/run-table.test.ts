import { describe, expect, it } from "vitest";
import type { RunStatusEvent } from "../../run/host/host.js";
import { createRunTable } from "./run-table.js";

/** A table on a recorded output, with a clock set by hand. */
function setUp(isTerminal: boolean, columns = 200) {
  let written = "";
  const clock = { seconds: 0 };
  const output = {
    write(text: string) {
      written += text;
    },
    isTerminal,
    columns,
  };
  const table = createRunTable(output, {}, () => 1000 * clock.seconds);
  const show = (index: number, state: RunStatusEvent["state"], done = 0, detail?: string) =>
    table.show({
      type: "run",
      index,
      count: 3,
      name: `run-${index}`,
      state,
      done,
      total: done === 0 ? 0 : 10,
      ...(detail !== undefined && { detail }),
    });
  const take = () => {
    const taken = written;
    written = "";
    return taken;
  };
  return { table, show, take, clock };
}

const CLEAR = "\r\u001b[2K";
const CLEAR_TWO = `${CLEAR}\u001b[1A${CLEAR}`;

describe("the runs on a terminal", () => {
  it("are a block that is drawn over, below the runs that ended", () => {
    const { show, take, clock } = setUp(true);
    show(0, "reused");
    show(1, "waiting");
    expect(take()).toBe("");
    show(2, "waiting");
    expect(take()).toBe("1 of 3 runs already finished\n");

    show(1, "running");
    expect(take()).toBe("runs  1 of 3 finished  1 running\n  run-1  preparing");
    clock.seconds = 10;
    show(1, "running", 5, "loss 0.700");
    // Half a run in ten seconds; one and a half are left.
    expect(take()).toBe(
      `${CLEAR_TWO}runs  1 of 3 finished  1 running  0:30 left\n  run-1  50 %  5/10 steps  loss 0.700`,
    );
    clock.seconds = 10.05;
    show(1, "running", 6);
    expect(take()).toBe("");

    clock.seconds = 20;
    show(1, "finished", 10);
    expect(take()).toBe(`${CLEAR_TWO}finished  run-1  10/10 steps in 0:20\n`);
    show(2, "running");
    expect(take()).toBe("runs  2 of 3 finished  1 running  0:20 left\n  run-2  preparing");
    show(2, "failed", 3, "training-diverged: no");
    expect(take()).toBe(`${CLEAR_TWO}failed  run-2  3/10 steps in 0:00  training-diverged: no\n`);
  });

  it("are cut to the width of the terminal, and taken away on demand", () => {
    const { table, show, take } = setUp(true, 12);
    for (const index of [0, 1, 2]) show(index, "waiting");
    show(0, "running");
    expect(take()).toBe("runs  0 of \n  run-0  pr");
    table.clear();
    expect(take()).toBe(CLEAR_TWO);
    table.clear();
    expect(take()).toBe("");
  });

  it("keep several runs under way apart", () => {
    const { show, take, clock } = setUp(true);
    for (const index of [0, 1, 2]) show(index, "waiting");
    show(0, "running");
    show(1, "running");
    take();
    clock.seconds = 4;
    show(1, "running", 5);
    expect(take()).toBe(
      `${CLEAR}\u001b[1A${CLEAR}\u001b[1A${CLEAR}runs  0 of 3 finished  2 running  0:20 left\n  run-0  preparing\n  run-1  50 %  5/10 steps`,
    );
  });
});

describe("the runs in a log", () => {
  it("are told of when they begin and end, and once a minute", () => {
    const { show, take, clock } = setUp(false);
    for (const index of [0, 1, 2]) show(index, "waiting");
    show(0, "running");
    expect(take()).toBe("started  run-0\n");
    clock.seconds = 1;
    show(0, "running", 1);
    expect(take()).toContain("runs  0 of 3 finished  1 running");
    clock.seconds = 60;
    show(0, "running", 5);
    expect(take()).toBe("");
    clock.seconds = 61;
    show(0, "running", 5);
    expect(take()).toBe("runs  0 of 3 finished  1 running  5:05 left\n");
    show(0, "interrupted", 5);
    expect(take()).toBe("interrupted  run-0  5/10 steps in 1:01\n");
    show(1, "running");
    take();
    clock.seconds = 64;
    show(1, "finished");
    expect(take()).toBe("finished  run-1  in 0:03\n");
    show(2, "failed", 0, "run-lost: gone");
    expect(take()).toBe("failed  run-2  run-lost: gone\n");
  });
});

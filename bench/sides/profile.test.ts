import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileProgram } from "../../src/engine/program.js";
import { cpu } from "../../src/engine/runtime/devices/cpu.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { profiledRuns } from "./node-profile.js";
import { groupOf, stepClock, timesByGroup, timesByPart } from "./profile.js";

const node = (name: string, kernel: string, milliseconds: number) => ({
  name,
  kernel,
  milliseconds,
});

describe("groupOf", () => {
  it.each([
    ["layer.3/feed-forward/layerNorm/LayerNormalization.12", "forward feed-forward: layerNorm"],
    ["gradient/layer.3/attention/attention/matmul/FusedMatMul.9", "backward attention: attention"],
    ["gradient/mlm-head/gemm/gemm/Gemm.9", "backward mlm-head: gemm"],
    ["sum/ReduceSum.4", "forward other: sum"],
  ])("%s", (name, group) => {
    expect(groupOf({ name, kernel: "K" })).toBe(`${group} (K)`);
  });
});

describe("timesByGroup", () => {
  it("takes the least of equal steps and the mean of different ones, over all passes", () => {
    const [a, b] = ["layer.0/x/add/Add.1", "layer.1/x/add/Add.2"];
    const runs = [
      [node(a, "Add", 5), node(b, "Add", 1)],
      [node(a, "Add", 2)],
      [node(a, "Add", 40)],
      [node(a, "Add", 40)],
      [node(a, "Add", 3), node(b, "Add", 9)],
      [node(a, "Add", 4)],
    ];
    // Step 0 ran twice: passes of 3 + 1 and 2; step 1 once, 40 + 40.
    const times = timesByGroup(runs, [0, 1, 0], 2);
    expect([...times]).toEqual([["forward x: add (Add)", (3 + 1 + 2 + 80) / 2]]);
  });
});

describe("timesByPart", () => {
  it("takes the least of equal steps and the mean of different ones", () => {
    const parts = [new Map([["AdamW", 5]]), new Map([["AdamW", 9]]), new Map([["AdamW", 3]])];
    expect([...timesByPart(parts, [0, 1, 0])]).toEqual([["AdamW", 6]]);
  });
});

describe("stepClock", () => {
  it("adds up the parts until they are taken", async () => {
    let time = 0;
    const clock = stepClock(() => time++);
    expect(clock.time("a", () => "result")).toBe("result");
    await clock.timeAsync("a", async () => undefined);
    expect([...clock.take()]).toEqual([["a", 2]]);
    expect([...clock.take()]).toEqual([]);
  });
});

describe("profiledRuns", () => {
  const at = temporaryFolder();

  it("sorts the nodes of a trace by run, whatever order it has", () => {
    mkdirSync(at("p"));
    const nodeEvent = (name: string, ts: number, dur: number) => ({
      cat: "Node",
      name: `${name}_kernel_time`,
      ts,
      dur,
      args: { op_name: "Gemm" },
    });
    const run = (ts: number, dur: number) => ({ cat: "Session", name: "model_run", ts, dur });
    const events = [
      nodeEvent("a", 110, 1000),
      { cat: "Session", name: "session_initialization", ts: 1, dur: 9 },
      run(5000, 3000),
      nodeEvent("a", 5010, 500),
      run(100, 2000),
    ];
    writeFileSync(at("p/training_2026.json"), JSON.stringify(events));
    expect(profiledRuns(at("p"), "training")).toEqual([
      [node("a", "Gemm", 1)],
      [node("a", "Gemm", 0.5)],
    ]);
    expect(() => profiledRuns(at("p"), "other")).toThrow("no profile of other");
  });

  it("reads what the runtime writes, with the scopes of our graphs", async () => {
    mkdirSync(at("real"));
    const runtime = await cpu.open({ threads: 1, profileFolder: at("real") });
    const program = await compileProgram(runtime, "product", (build) => {
      const x = build.input("x", "float32", [4, 4]);
      const y = build.scope("layer.0", () => build.scope("feed-forward", () => build.gemm(x, x)));
      return { y: build.softmax(y) };
    });
    for (let run = 0; run < 2; run++) await program.run({ x: new Float32Array(16) }, {});
    await program.dispose();
    const runs = profiledRuns(at("real"), "product");
    expect(runs.map((nodes) => nodes.map(groupOf))).toEqual(
      Array(2).fill(["forward feed-forward: gemm (Gemm)", "forward other: softmax (Softmax)"]),
    );
    for (const { milliseconds } of runs.flat()) expect(milliseconds).toBeGreaterThanOrEqual(0);
  });
});

import { expect, it } from "vitest";
import { interleave } from "./interleave.js";

it("lets the contenders take turns, one at a time, and leaves warm-ups out", async () => {
  const calls: string[] = [];
  let running = 0;
  const contender = (name: string, seconds: number) => ({
    name,
    async run(turn: number) {
      running += 1;
      expect(running).toBe(1);
      await Promise.resolve();
      running -= 1;
      calls.push(`${name} ${turn}`);
      return seconds + turn;
    },
  });
  const told: string[] = [];
  const times = await interleave(
    [contender("ours", 10), contender("peer", 20)],
    { warmups: 1, turns: 2 },
    (done, total, last) => told.push(`${done}/${total} ${last?.name ?? "start"}`),
  );
  expect(calls).toEqual(["ours -1", "peer -1", "ours 0", "peer 0", "ours 1", "peer 1"]);
  expect([...times]).toEqual([
    ["ours", [10, 11]],
    ["peer", [20, 21]],
  ]);
  expect(told).toHaveLength(7);
  expect(told[6]).toBe("6/6 peer");
});

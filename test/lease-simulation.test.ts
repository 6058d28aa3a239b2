/**
 * The lock of a folder under every kind of failure, in simulated time: two to five machines with clocks that drift, requests that
 * are late, lists that are old, processes that are stopped or killed. L3MASKING_SCHEDULES=10000 (npm run test:lease) runs
 * ten thousand schedules; here it is a few hundred. A seed makes a schedule: `runSchedule(17)` is the same every time.
 */
import { describe, expect, it } from "vitest";
import { type Break, runSchedule } from "./fixtures/lease-simulation.js";

const schedules = Number(process.env.L3MASKING_SCHEDULES ?? 200);
const MINUTES = 60_000;

describe("a lease", () => {
  it(
    `has one saver at a time and goes on after failures, in ${schedules} schedules`,
    async () => {
      const sums = { saves: 0, refused: 0, takenAway: 0, seconds: 0 };
      for (let seed = 0; seed < schedules; seed++) {
        const { faults, saves, refused, takenAway, seconds } = await runSchedule(seed);
        expect(faults, `schedule ${seed}`).toEqual([]);
        sums.saves += saves;
        sums.refused += refused;
        sums.takenAway += takenAway;
        sums.seconds += seconds;
      }
      // Without these it would have shown nothing.
      expect(sums.takenAway).toBeGreaterThan(schedules / 10);
      expect(sums.refused).toBeGreaterThan(schedules / 10);
      console.log(
        `${schedules} schedules, ${Math.round(sums.seconds / 3600)} simulated hours: ${sums.saves} saves, ${sums.refused} refused, ${sums.takenAway} leases taken away`,
      );
    },
    (2 + schedules / 200) * MINUTES,
  );

  it("does the same again for the same seed", async () => {
    expect(await runSchedule(5)).toEqual(await runSchedule(5));
  });
});

/** Locks with a fault, and what must be seen of it. */
const broken: Record<string, { how: Break; seen: RegExp }> = {
  "saves beside the lease": { how: { save: "unchecked" }, seen: /saved over/ },
  "looks whether it holds the lease, and then saves": {
    how: { save: "checked" },
    seen: /saved over/,
  },
  "is taken away after 30 seconds, as what is seen may be older": {
    how: { times: { silence: 30_000 } },
    seen: /of the living was lost/,
  },
  "is not touched": { how: { times: { touch: 1e9 } }, seen: /of the living was lost/ },
  "believes the pid of another machine": {
    how: { anyPid: true },
    seen: /of the living was lost/,
  },
  "replaces a lock that is not empty": {
    how: {
      files: (files) => ({
        ...files,
        async rename(from, to) {
          if (to.endsWith(".lock")) await files.remove(to);
          await files.rename(from, to);
        },
      }),
    },
    seen: /of the living was lost/,
  },
  "leaves something in a lease that it takes away": {
    how: {
      files: (files) => ({
        ...files,
        async remove(path) {
          if (!path.endsWith("holder.json")) await files.remove(path);
        },
      }),
    },
    seen: /no progress/,
  },
};

describe("the simulation sees a lock that", () => {
  it.each(Object.entries(broken))(
    "%s",
    async (_name, { how, seen }) => {
      for (let seed = 0; seed < 300; seed++) {
        const { faults } = await runSchedule(seed, how);
        if (faults.length === 0) continue;
        expect(faults[0]).toMatch(seen);
        return;
      }
      expect.unreachable("no schedule shows the fault");
    },
    5 * MINUTES,
  );
});

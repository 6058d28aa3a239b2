import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
          exclude: [
            "test/browser/**",
            "test/cluster/**",
            "test/data/**",
            "test/devices/**",
            "test/shown/**",
            "test/studio/**",
          ],
          testTimeout: 60_000,
          // Hooks train too, and a busy machine flushes files slowly.
          hookTimeout: 60_000,
        },
      },
      {
        // Needs the data folder beside the checkout, or minutes; skips with a printed reason without it.
        test: {
          name: "data",
          include: ["test/data/**/*.test.ts", "test/kill.test.ts", "test/lease-simulation.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          env: { L3MASKING_KILLS: "100", L3MASKING_SCHEDULES: "10000" },
        },
      },
      {
        // Starts Slurm and Redis and kills their machines; skips with a printed reason where they are not installed.
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          // Both would want the whole machine.
          fileParallelism: false,
        },
      },
      {
        // Every device that is present. Debian's Chromium brings a software Vulkan driver, which stands in for a GPU.
        test: {
          name: "devices",
          include: [
            "test/devices/**/*.test.ts",
            "src/engine/runtime/devices/devices.test.ts",
            "src/engine/graph/ops.test.ts",
          ],
          // A software adapter compiles for a minute on a busy machine, and trains 150 steps in two.
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          env: { VK_ADD_DRIVER_FILES: "/usr/lib/chromium/vk_swiftshader_icd.json" },
        },
      },
      {
        // Drives Debian's Chromium; skips with a printed reason where it is not installed.
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        // Drives Debian's Chromium through the studio; skips with a printed reason where it is not installed.
        test: {
          name: "studio",
          include: ["test/studio/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        // Runs what the pages show, the quickstart among it: minutes.
        test: { name: "shown", include: ["test/shown/**/*.test.ts"], testTimeout: 1_200_000 },
      },
    ],
  },
});

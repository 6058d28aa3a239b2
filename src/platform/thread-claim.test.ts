import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { claimForThread, shareClaims } from "./thread-claim.js";

const built = new URL("../../dist/platform/thread-claim.js", import.meta.url);

/** A thread that claims when it is told to, and says whether it could. */
function claimingThread() {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const module = import(${JSON.stringify(built.href)});
     parentPort.on("message", async (word) => {
       if (word === "end") return parentPort.close();
       const { claimForThread } = await module;
       parentPort.postMessage(claimForThread("webgpu"));
     });`,
    { eval: true },
  );
  return {
    async claim(): Promise<unknown> {
      worker.postMessage("claim");
      return (await once(worker, "message"))[0];
    },
    async end(): Promise<void> {
      worker.postMessage("end");
      await once(worker, "exit");
    },
  };
}

describe("claimForThread", () => {
  it("lets one thread have it, as often as that asks, until it ends", async () => {
    shareClaims();
    const [first, second] = [claimingThread(), claimingThread()];
    expect(await first.claim()).toBe(true);
    expect(await first.claim()).toBe(true);
    expect(await second.claim()).toBe(false);
    expect(claimForThread("webgpu")).toBe(false);
    await first.end();
    expect(await second.claim()).toBe(true);
    await second.end();
    expect(claimForThread("webgpu")).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { atMost, pause } from "./pause.js";

describe("atMost", () => {
  it("waits for work that ends in time, and throws what it throws", async () => {
    let done = false;
    const work = pause(5).then(() => {
      done = true;
    });
    await atMost(10_000, work);
    expect(done).toBe(true);
    await expect(atMost(10_000, Promise.reject(new RangeError("x")))).rejects.toThrow("x");
  });

  it("waits no longer than it is told", async () => {
    const start = performance.now();
    await atMost(10, new Promise(() => undefined));
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { L3MaskingError } from "../base/errors.js";
import type { RunEvent } from "../run/host/host.js";
import { openConnection, startAhead } from "./client.js";

/** A worker whose answer to a request is the given code, with `request` and `post` at hand. */
function workerThat(code: string): URL {
  const source = `
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", async (request) => {
      const post = (answer) => request.port.postMessage(answer);
      if (request === "close") {
        parentPort.close();
      } else {
        ${code}
      }
    });`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

const ANSWER = 'post({ type: "result", result: [request.command, request.given] });';

const UNTIL_STOPPED = `
  const flag = new Int32Array(request.stop);
  const started = { type: "notice", level: "info", text: "started" };
  post({ type: "event", event: started });
  const timer = setInterval(() => {
    if (Atomics.load(flag, 0) === 0) return;
    clearInterval(timer);
    if (Atomics.load(flag, 0) === 2) return post({ type: "result", result: "ended" });
    const error = { name: "L3MaskingError", code: "interrupted", message: "stopped" };
    post({ type: "error", error });
  }, 1);`;

describe("openConnection", () => {
  it("gives what the worker answers, call by call", async () => {
    const connection = openConnection(workerThat(ANSWER));
    expect(await connection.call("doctor", { a: 1 })).toEqual(["doctor", { a: 1 }]);
    expect(await connection.call("classify", ["x"])).toEqual(["classify", ["x"]]);
    await connection.close();
  });

  it("passes events on in order, before the answer", async () => {
    const connection = openConnection(
      workerThat(`
        for (let i = 0; i < 3; i++) post({ type: "event", event: { type: "notice", level: "info", text: String(i) } });
        post({ type: "result", result: [] });`),
    );
    const events: RunEvent[] = [];
    await connection.call("doctor", {}, { onEvent: (event) => events.push(event) });
    expect(events.map((event) => event.type === "notice" && event.text)).toEqual(["0", "1", "2"]);
    await connection.close();
  });

  it("passes output on piece by piece, and lets the worker go on when a piece was taken", async () => {
    const connection = openConnection(
      workerThat(`
        const words = [];
        for (const text of ["a", "b", "c"]) {
          const word = new Promise((resolve) => request.port.once("message", resolve));
          post({ type: "output", text });
          words.push(await word);
        }
        post({ type: "result", result: [request.takesOutput, ...words] });`),
    );
    const taken: string[] = [];
    let under = 0;
    const onOutput = async (text: string) => {
      under += 1;
      expect(under).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      taken.push(text);
      under -= 1;
      return text !== "b";
    };
    expect(await connection.call("predict", {}, { onOutput })).toEqual([true, true, false, true]);
    expect(taken).toEqual(["a", "b", "c"]);
    // What nobody takes nobody wants more of.
    expect(await connection.call("predict", {})).toEqual([false, false, false, false]);
    const thrown = connection.call(
      "predict",
      {},
      { onOutput: () => Promise.reject(new RangeError("full")) },
    );
    await expect(thrown).rejects.toThrow("full");
    await connection.close();
  });

  it("asks the call to stop when the signal is aborted", async () => {
    const connection = openConnection(workerThat(UNTIL_STOPPED));
    const stop = new AbortController();
    const call = connection.call(
      "doctor",
      {},
      { signal: stop.signal, onEvent: () => stop.abort() },
    );
    await expect(call).rejects.toThrow(
      expect.objectContaining({ code: "interrupted", message: "stopped" }),
    );
    await expect(call).rejects.toBeInstanceOf(L3MaskingError);
    await connection.close();
  });

  it.each(["before the call", "while it is under way"])("asks it to end, %s", async (when) => {
    const connection = openConnection(workerThat(UNTIL_STOPPED));
    const end = new AbortController();
    if (when === "before the call") end.abort();
    const call = connection.call("doctor", {}, { end: end.signal, onEvent: () => end.abort() });
    await expect(call).resolves.toBe("ended");
    await connection.close();
  });

  it("does not begin a call whose signal was aborted", async () => {
    const connection = openConnection(workerThat(ANSWER));
    await expect(
      connection.call("doctor", {}, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({
      code: "interrupted",
      message: "the call was aborted before it started",
    });
    await connection.close();
  });

  it("gives up a call whose watcher throws", async () => {
    const connection = openConnection(workerThat(UNTIL_STOPPED));
    const call = connection.call(
      "doctor",
      {},
      {
        onEvent() {
          throw new RangeError("the watcher's own");
        },
      },
    );
    await expect(call).rejects.toThrow("the watcher's own");
    await connection.close();
  });

  it("refuses options that cannot be sent", async () => {
    const connection = openConnection(workerThat(ANSWER));
    await expect(connection.call("train", { model: () => "m" })).rejects.toMatchObject({
      code: "invalid-setting",
      message: expect.stringContaining("expected plain data as options of train"),
    });
    await connection.close();
  });

  it("hears the last answer of a worker that ends at once", async () => {
    for (let i = 0; i < 5; i++) {
      const connection = openConnection(workerThat(`${ANSWER} parentPort.close();`));
      expect(await connection.call("doctor", i)).toEqual(["doctor", i]);
      await connection.close();
    }
  });

  it.each([
    ["process.exit(3);", "it exited without an answer"],
    ['throw new Error("a fault");', "a fault"],
  ])("tells that the worker ended: %s", async (code, reason) => {
    const connection = openConnection(workerThat(code));
    const failure = {
      code: "worker-failed",
      message: `the worker thread failed in doctor: ${reason}`,
    };
    await expect(connection.call("doctor", {})).rejects.toMatchObject(failure);
    await expect(connection.call("doctor", {})).rejects.toMatchObject(failure);
    await connection.close();
  });

  it("tells that the worker could not start", async () => {
    const connection = openConnection(new URL("file:///no/such/worker.js"));
    await expect(connection.call("doctor", {})).rejects.toMatchObject({
      code: "worker-failed",
      hint: expect.stringContaining("l3masking doctor"),
    });
  });

  it("can be closed twice", async () => {
    const connection = openConnection(workerThat(ANSWER));
    await Promise.all([connection.close(), connection.close()]);
    await connection.close();
    await expect(connection.call("doctor", {})).rejects.toMatchObject({ code: "worker-failed" });
  });
});

describe("startAhead", () => {
  it("starts the worker of the next connection, and tells it what it will be called for", async () => {
    const file = workerThat(`
      const { workerData, threadId } = await import("node:worker_threads");
      post({ type: "result", result: [workerData, threadId] });`);
    startAhead("train", file);
    startAhead("train", file);
    const other = openConnection(workerThat(ANSWER));
    const first = openConnection(file);
    const second = openConnection(file);
    const [expected, started] = await first
      .call("doctor", {})
      .then(z.tuple([z.string(), z.int()]).parse);
    expect(expected).toBe("train");
    const [none, later] = await second
      .call("doctor", {})
      .then(z.tuple([z.undefined(), z.int()]).parse);
    expect(none).toBeUndefined();
    expect(later).toBeGreaterThan(started);
    expect(await other.call("doctor", 1)).toEqual(["doctor", 1]);
    await Promise.all([first, second, other].map((connection) => connection.close()));
  });

  it("tells the next call that the worker failed", async () => {
    const file = new URL(
      `data:text/javascript,${encodeURIComponent('throw new Error("a fault");')}`,
    );
    startAhead("train", file);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const connection = openConnection(file);
    await expect(connection.call("doctor", {})).rejects.toMatchObject({
      code: "worker-failed",
      message: "the worker thread failed in doctor: a fault",
    });
    await connection.close();
  });
});

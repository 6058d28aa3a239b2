import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { interrupts } from "./signals.js";

function listening(hasTerminal: boolean) {
  const source = new EventEmitter();
  const onInterrupt = interrupts(source, hasTerminal);
  let stops = 0;
  const listen = () =>
    onInterrupt(() => {
      stops += 1;
    });
  return { source, listen, stops: () => stops };
}

describe("interrupts", () => {
  it.each(["SIGINT", "SIGTERM"])(
    "stops at the first %s, and leaves the next to the system",
    (signal) => {
      const { source, listen, stops } = listening(true);
      listen();
      source.emit(signal);
      expect(stops()).toBe(1);
      for (const name of ["SIGINT", "SIGTERM"]) expect(source.listenerCount(name)).toBe(0);
    },
  );

  it("stops when the terminal goes, however often that is told", () => {
    const { source, listen, stops } = listening(true);
    listen();
    source.emit("SIGHUP");
    source.emit("SIGHUP");
    expect(stops()).toBe(1);
    expect(source.listenerCount("SIGHUP")).toBe(1);
    // Ctrl-C then ends it at once only if it comes twice.
    source.emit("SIGINT");
    expect(source.listenerCount("SIGINT")).toBe(0);
  });

  it("stops a command that was being loaded when the terminal went", () => {
    const { source, listen, stops } = listening(true);
    source.emit("SIGHUP");
    listen();
    expect(stops()).toBe(1);
  });

  it("stops nothing after the end, and never without a terminal", () => {
    const { source, listen, stops } = listening(true);
    listen()();
    source.emit("SIGINT");
    source.emit("SIGHUP");
    expect(stops()).toBe(0);
    const detached = listening(false);
    detached.listen();
    detached.source.emit("SIGHUP");
    expect(detached.stops()).toBe(0);
    expect(detached.source.listenerCount("SIGHUP")).toBe(1);
  });
});

import { describe, expect, it } from "vitest";
import { inventedTicket } from "../../../test/fixtures/tickets.js";
import { L3MaskingError } from "../../base/errors.js";
import { failedTry, failureOf, queueName, runId, runMessage, runMessageSchema } from "./message.js";

const ticket = inventedTicket("run", { trainFile: "t.csv" });
const sent = (sha: string) => ({
  trainFile: [
    { path: "t.csv", at: "t.csv", files: [{ name: "t.csv", size: 1, sha256: sha.repeat(64) }] },
  ],
});

describe("a run in the queue", () => {
  it("travels as JSON", () => {
    const message = runMessage(ticket, sent("a"), "comparison/runs/run");
    expect(runMessageSchema.parse(JSON.parse(JSON.stringify(message)))).toEqual(message);
    const foreign = { ...message, protocol: 2 };
    expect(runMessageSchema.safeParse(foreign).success).toBe(false);
  });

  it("is called alike wherever its files lie, and otherwise for other files and another digest", () => {
    const elsewhere = { trainFile: [{ ...sent("a").trainFile[0], path: "/other/t.csv" }] };
    expect(runId(ticket, elsewhere)).toBe(runId(ticket, sent("a")));
    expect(runId(ticket, sent("b"))).not.toBe(runId(ticket, sent("a")));
    expect(runId({ ...ticket, digest: "e" }, sent("a"))).not.toBe(runId(ticket, sent("a")));
  });

  it("is in the queue of its version alone", () => {
    expect(queueName("0.1.0")).not.toBe(queueName("0.2.0"));
    // BullMQ joins names by it.
    expect(queueName("0.1.0")).not.toContain(":");
  });
});

describe("a failed try", () => {
  it("keeps code, message and hint, and says where", () => {
    const error = new L3MaskingError("training-diverged", "expected a finite loss", {
      hint: "Lower it.",
    });
    expect(failureOf(failedTry("alpha (process 7)", error).message, 3)).toMatchObject({
      code: "training-diverged",
      message: "expected a finite loss (on alpha (process 7), try 3)",
      hint: "Lower it.",
    });
  });

  it("is a lost worker where the queue gave up", () => {
    expect(failureOf("job stalled more than allowable limit", 3)).toMatchObject({
      code: "worker-failed",
      message: expect.stringContaining("3 workers in a row ended"),
    });
    expect(failureOf('{"code":"no-such-code"}', 1).code).toBe("worker-failed");
  });
});

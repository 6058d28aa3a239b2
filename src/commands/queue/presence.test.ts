import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { PROTOCOL } from "./message.js";
import { type Present, presentOnes, requireFittingComparison, unfitWorkers } from "./presence.js";

const present = (role: Present["role"], name: string, version: string, protocol = PROTOCOL) => ({
  ...{ role, name, version, protocol },
});
const check = async (...ones: Present[]) => requireFittingComparison(ones, "1.0.0");

describe("who is at a queue", () => {
  it("is read from what each said, whatever others say", () => {
    const said = [present("worker", "a", "1.0.0"), { ...present("worker", "b", "2.0.0"), more: 1 }];
    const texts = [...said.map((one) => JSON.stringify(one)), "{", '{"role":"cook"}', "3"];
    expect(presentOnes(texts)).toEqual([said[0], present("worker", "b", "2.0.0")]);
  });
});

describe("a worker of another version", () => {
  const workers = [
    present("worker", "alpha (process 1)", "1.0.0"),
    present("worker", "beta (process 2)", "0.9.0"),
    present("worker", "gamma (process 3)", "1.0.0", PROTOCOL + 1),
    present("comparison", "delta (process 4)", "0.9.0"),
  ];

  it("is named by the comparison", () => {
    expect(unfitWorkers(workers, "1.0.0")).toEqual([
      `the worker on beta (process 2) gets no runs: expected l3masking 1.0.0 (protocol ${PROTOCOL}) there, as here, found l3masking 0.9.0 (protocol ${PROTOCOL})`,
      `the worker on gamma (process 3) gets no runs: expected l3masking 1.0.0 (protocol ${PROTOCOL}) there, as here, found l3masking 1.0.0 (protocol ${PROTOCOL + 1})`,
    ]);
  });

  it("does not begin where all comparisons are of another version", async () => {
    expect(await failure(check(present("comparison", "delta (process 4)", "2.0.0")))).toMatchObject(
      {
        code: "queue-version",
        message: expect.stringMatching(
          /expected l3masking 2\.0\.0.*delta \(process 4\).*this is l3masking 1\.0\.0/,
        ),
        hint: "Install the same version here: npm install l3masking@2.0.0",
      },
    );
  });

  it("begins where there is none yet, or one of its own", async () => {
    await check(...workers.slice(0, 3));
    await check(workers[3], present("comparison", "own", "1.0.0"));
  });
});

import { describe, expect, it } from "vitest";
import { check, run } from "../../../test/fixtures/command-line.js";
import { L3MaskingError } from "../../base/errors.js";
import type { Watch } from "../../thread/client.js";

describe("runCommandLine", () => {
  it("prints help and version without calling a command", async () => {
    const answered = { exitCode: 0, err: "", called: false, started: [] };
    expect(await run("--version")).toEqual({ ...answered, out: "1.2.3\n" });
    const help = await run("--help");
    expect(help).toMatchObject(answered);
    for (const name of ["train", "score", "predict", "evaluate", "check", "pretrain", "doctor"]) {
      expect(help.out).toMatch(new RegExp(`^ {2}${name} `, "m"));
    }
  });

  it.each(["help train", "train --help", "train -h", "train data --seed 1 --help"])(
    "%s",
    async (line) => {
      const { out, ...ended } = await run(line);
      expect(ended).toEqual({ exitCode: 0, err: "", called: false, started: [] });
      const masking = out.split("\nMasking:\n")[1]?.split("\n\n")[0];
      expect(masking).toContain("  --mlm-probability <number>");
      expect(out.replaceAll(/\s+/g, " ")).toContain(
        "Maximum length of a text, special tokens included; longer texts are truncated, and counted (default 128)",
      );
      expect(out.replaceAll(/\s+/g, " ")).toContain(
        "changes by less than this (nats; default 0.001)",
      );
      expect(out).toContain(
        `\n  --head-learning-rate <number>\n${" ".repeat(32)}Peak learning rate`,
      );
      expect(out).toMatch(/^ {2}l3masking train .* \\\n {6}--/m);
      const lines = out.split("\n");
      expect(lines.filter((shown) => shown.length > 80)).toEqual([]);
      expect(out).toContain("Examples:\n  l3masking train ");
    },
  );

  it("starts the worker of a command that has one before it reads the flags", async () => {
    expect((await run("train --no-such-flag")).started).toEqual(["train"]);
    expect((await run("completion bash")).started).toEqual([]);
    expect((await run("trian")).started).toEqual([]);
  });

  it("without a command prints help as an error", async () => {
    const { exitCode, out, err } = await run("");
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
    expect(err).toContain("Usage: l3masking");
  });

  it.each([
    ["data-label", 3],
    ["checkpoint-pickle", 4],
    ["training-diverged", 5],
    ["interrupted", 130],
    ["runtime-failed", 1],
  ] as const)("an error %s gives exit code %d", async (code, exitCode) => {
    const doctor = () => Promise.reject(new L3MaskingError(code, "message"));
    expect(await run("doctor", { answers: { doctor } })).toMatchObject({
      exitCode,
      out: "",
      err: `error [${code}]: message\n`,
    });
  });

  it("shows an error that is not ours as worker-failed", async () => {
    const doctor = () => Promise.reject(new TypeError("x is undefined"));
    const { exitCode, err } = await run("doctor", { answers: { doctor } });
    expect(exitCode).toBe(1);
    expect(err).toContain(
      "error [worker-failed]: the command failed unexpectedly: TypeError: x is undefined",
    );
  });

  it.each([
    ["completion bsh", "Did you mean bash?"],
    ["completion", "Name the shell"],
    ["completion bash zsh", "See --help."],
  ])("refuses %s", async (line, hint) => {
    const { exitCode, err } = await run(line);
    expect(exitCode).toBe(2);
    expect(err).toContain(hint);
  });

  it("ends well when a server is interrupted, and with 130 when other work is", async () => {
    const onListen = (interrupt: () => void) => interrupt();
    const serve = async () => ({ replies: { 200: 3, 400: 1 } });
    const served = await run("serve runs/a/model", { serve, onListen });
    expect(served).toMatchObject({
      exitCode: 0,
      out: "answered: 3 with status 200, 1 with status 400\n",
    });
    const answers = { check: async () => check };
    expect((await run("check a.csv", { answers, onListen })).exitCode).toBe(130);
  });

  it("doctor fails when a finding is not well", async () => {
    const bad = { subject: "runtime", ok: false, finding: "absent" };
    const { exitCode, out } = await run("doctor", { answers: { doctor: async () => [bad] } });
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: "FAIL  runtime  absent\n" });
  });

  it("writes JSON lines with --json, errors of usage too", async () => {
    const doctor = async (_given: unknown, watch?: Watch) => {
      watch?.onEvent?.({ type: "notice", level: "info", text: "looking" });
      return [{ subject: "node", ok: true, finding: "20" }];
    };
    const { out, err } = await run("doctor --json", { answers: { doctor } });
    expect(err).toBe("");
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: "notice", level: "info", text: "looking" },
      { type: "result", result: [{ subject: "node", ok: true, finding: "20" }] },
    ]);
    const failed = await run("doctor --jsn --json");
    expect(JSON.parse(failed.out)).toEqual({
      type: "error",
      code: "unknown-setting",
      message: "there is no flag --jsn",
      hint: "Did you mean --json?",
    });
    expect(failed.err).toBe("");
  });

  it("asks the command to stop at an interrupt, says so, and ends with 130", async () => {
    let interrupt = (): void => expect.unreachable();
    const doctor = async (_given: unknown, watch?: Watch) => {
      expect(watch?.signal?.aborted).toBe(false);
      interrupt();
      expect(watch?.signal?.aborted).toBe(true);
      throw new L3MaskingError("interrupted", "stopped after step 3");
    };
    const onListen = (listener: () => void) => {
      interrupt = listener;
    };
    const { exitCode, err } = await run("doctor", { answers: { doctor }, onListen });
    expect(exitCode).toBe(130);
    expect(err).toBe(
      "stopping at the next safe point; interrupt again to stop immediately\nerror [interrupted]: stopped after step 3\n",
    );
  });

  it("ends with 130 too when the command could finish after the interrupt", async () => {
    let interrupt = (): void => expect.unreachable();
    const doctor = async () => {
      interrupt();
      return [{ subject: "node", ok: true, finding: "20" }];
    };
    const onListen = (listener: () => void) => {
      interrupt = listener;
    };
    const { exitCode, out } = await run("doctor", { answers: { doctor }, onListen });
    expect({ exitCode, out }).toEqual({ exitCode: 130, out: "ok    node  20\n" });
  });
});

import { describe, expect, it } from "vitest";
import { environmentWithout, runProgram } from "./programs.js";

const node = (script: string, environment?: NodeJS.ProcessEnv) =>
  runProgram(process.execPath, ["-e", script], environment);

describe("another program", () => {
  it("is told with what it printed and its exit code", async () => {
    const end = await node('console.log("out"); console.error("err"); process.exitCode = 3;');
    expect(end).toEqual({ exitCode: 3, stdout: "out\n", stderr: "err\n" });
  });

  it("gets its words as they are, and the environment that it is given", async () => {
    const words = ["-e", "console.log(process.argv[1], process.env.KEPT, process.env.LEFT_OUT)"];
    process.env.KEPT = "a";
    process.env.LEFT_OUT = "b";
    const environment = environmentWithout((name) => name === "LEFT_OUT");
    const end = await runProgram(process.execPath, [...words, "$HOME; x"], environment);
    expect(end?.stdout).toBe("$HOME; x a undefined\n");
  });

  it("that is not there is undefined; one that a signal ends has no exit code", async () => {
    expect(await runProgram("no-such-program-as-this", [])).toBeUndefined();
    expect(await node('process.kill(process.pid, "SIGKILL")')).toMatchObject({
      exitCode: process.platform === "win32" ? 1 : null,
    });
  });
});

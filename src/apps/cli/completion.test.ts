import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { commandDescriptions } from "./commands.js";
import { completionScript, shells } from "./completion.js";

const bash = spawnSync("bash", ["-c", "type compgen"]).status === 0;

/** What bash offers for the last of the words. */
function offered(...words: string[]): string[] {
  const line = words.map((word) => JSON.stringify(word)).join(" ");
  const script = `${completionScript("bash", commandDescriptions)}
COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _l3masking; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

describe.runIf(bash)("completion in bash", () => {
  it("offers commands", () => {
    expect(offered("l3masking", "pre")).toEqual(["predict", "pretrain"]);
  });

  it("offers the flags of the command, and no others", () => {
    expect(offered("l3masking", "train", "--max").sort()).toEqual([
      "--max-grad-norm",
      "--max-length",
      "--max-steps",
    ]);
    expect(offered("l3masking", "report", "--max")).toEqual([]);
    expect(offered("l3masking", "train", "--conf")).toEqual(["--config"]);
  });

  it("offers the values of a choice, joined to the flag too", () => {
    expect(offered("l3masking", "train", "--method", "")).toEqual(["stl", "rtm", "l3"]);
    expect(offered("l3masking", "train", "--method", "r")).toEqual(["rtm"]);
    expect(offered("l3masking", "train", "--method", "=", "s")).toEqual(["stl"]);
    expect(offered("l3masking", "train", "--method", "=")).toEqual(["stl", "rtm", "l3"]);
  });

  it("leaves files to the shell", () => {
    expect(offered("l3masking", "train", "--model", "mod")).toEqual([]);
  });
});

describe("completionScript", () => {
  it("knows the shells that the help names", () => {
    const { operands } = commandDescriptions.find(({ name }) => name === "completion") ?? {};
    expect(operands?.description).toBe(shells.join(", "));
  });

  it("tells zsh to take completions of bash", () => {
    expect(completionScript("zsh", commandDescriptions)).toBe(
      `autoload -U +X bashcompinit && bashcompinit\n${completionScript("bash", commandDescriptions)}`,
    );
  });

  it("quotes descriptions for fish", () => {
    const script = completionScript("fish", [{ name: "x", summary: "a 'b' \\c" }]);
    expect(script.split("\n")[0]).toBe(
      "complete -c l3masking -n __fish_use_subcommand -f -a x -d 'a \\'b\\' \\\\c'",
    );
    expect(completionScript("fish", commandDescriptions)).toContain(
      "-n '__fish_seen_subcommand_from train' -l method -x -a 'stl rtm l3' -d 'stl: ",
    );
  });
});

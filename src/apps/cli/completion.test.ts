import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { methods } from "../../method/methods.js";
import { commandList } from "./commands.js";
import { completionScript, shells } from "./completion.js";

const bash = spawnSync("bash", ["-c", "type compgen"]).status === 0;

/** What bash offers for the last of the words. */
async function offered(...words: string[]): Promise<string[]> {
  const line = words.map((word) => JSON.stringify(word)).join(" ");
  const script = `${await completionScript("bash", commandList)}
COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _l3masking; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

describe.runIf(bash)("completion in bash", () => {
  it("offers commands", async () => {
    expect(await offered("l3masking", "pre")).toEqual(["predict", "pretrain"]);
  });

  it("offers the flags of the command, and no others", async () => {
    expect((await offered("l3masking", "train", "--max")).sort()).toEqual([
      "--max-grad-norm",
      "--max-length",
      "--max-steps",
    ]);
    expect(await offered("l3masking", "report", "--max")).toEqual([]);
    expect(await offered("l3masking", "train", "--conf")).toEqual(["--config"]);
  });

  it("offers the values of a choice, joined to the flag too", async () => {
    expect(await offered("l3masking", "train", "--method", "")).toEqual([
      "auto",
      ...methods.map(({ name }) => name),
    ]);
    expect(await offered("l3masking", "train", "--method", "r")).toEqual(["rtm"]);
    expect(await offered("l3masking", "train", "--method", "=", "s")).toEqual(
      methods.map(({ name }) => name).filter((name) => name.startsWith("s")),
    );
    expect(await offered("l3masking", "train", "--method", "=")).toEqual([
      "auto",
      ...methods.map(({ name }) => name),
    ]);
  });

  it("leaves files to the shell", async () => {
    expect(await offered("l3masking", "train", "--model", "mod")).toEqual([]);
  });
});

describe("completionScript", () => {
  it("knows the shells that the help names", async () => {
    const completion = commandList.find(({ name }) => name === "completion");
    expect(completion?.help.operands?.description).toBe(shells.join(", "));
  });

  it("tells zsh to take completions of bash", async () => {
    expect(await completionScript("zsh", commandList)).toBe(
      `autoload -U +X bashcompinit && bashcompinit\n${await completionScript("bash", commandList)}`,
    );
  });

  it("quotes descriptions for fish", async () => {
    const help = { summary: "a 'b' \\c", examples: [] };
    const script = await completionScript("fish", [{ name: "x", help }]);
    expect(script.split("\n")[0]).toBe(
      "complete -c l3masking -n __fish_use_subcommand -f -a x -d 'a \\'b\\' \\\\c'",
    );
    expect(await completionScript("fish", commandList)).toContain(
      `-n '__fish_seen_subcommand_from train' -l method -x -a '${["auto", ...methods.map(({ name }) => name)].join(" ")}' -d 'auto: `,
    );
  });
});

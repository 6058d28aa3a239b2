import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shellWord, shellWords } from "./shell-words.js";

/** What a shell makes of the words. */
function byShell(line: string): string[] {
  const { stdout } = spawnSync("sh", ["-c", `printf '%s\\0' ${line}`], { encoding: "utf8" });
  return stdout.split("\0").slice(0, -1);
}

const lines = [
  "--partition=low --time=2:00:00",
  "  --comment='two words'  -c 4 ",
  `--a="x 'y' \\" z"'and more' --b=it\\'s`,
  "''",
];

describe.skipIf(process.platform === "win32")("words of a shell", () => {
  it.each(lines)("%s", (line) => {
    expect(shellWords(line, "slurm-options")).toEqual(byShell(line));
  });

  it.each(["plain", "two words", "it's", "", '$HOME `x` \\ "y"', "100%"])("quoted: %s", (word) => {
    expect(byShell(shellWord(word))).toEqual([word]);
    expect(shellWords(shellWord(word), "slurm-options")).toEqual([word]);
  });
});

describe("an open quote", () => {
  it.each(["--comment='two words", '"', "a\\"])("is refused: %s", (line) => {
    expect(() => shellWords(line, "slurm-options")).toThrow("expected closed quotes");
  });

  it("no words of nothing", () => {
    expect(shellWords("  ", "slurm-options")).toEqual([]);
  });
});

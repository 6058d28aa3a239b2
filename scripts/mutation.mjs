/**
 * Changes single places of the sources by chance and runs the tests nearest to each: what no test notices is a gap.
 *
 *     node scripts/mutation.mjs src/data src/text --count 30 --seed 1     30 places in each folder
 *     node scripts/mutation.mjs src/text/wordpiece.ts --count 9999        all places of a file
 *
 * The sources are changed in a copy of the last commit, which is removed at the end; the checkout stays as it is.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process, { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutantsOf } from "./mutation/mutants.mjs";
import { nearestTests } from "./mutation/nearest-tests.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals: places } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: {
    count: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    /** For the tests of one mutant. */
    seconds: { type: "string", default: "120" },
  },
});

const copy = mkdtempSync(join(realpathSync(tmpdir()), "l3masking-mutation-"));
const git = (...words) => spawnSync("git", words, { cwd: root, encoding: "utf8" });
process.on("exit", () => {
  git("worktree", "remove", "--force", copy);
  rmSync(copy, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => exit(130));
git("worktree", "add", "--force", "--detach", copy, "HEAD");
symlinkSync(realpathSync(join(root, "node_modules")), join(copy, "node_modules"), "junction");

const listed = git("ls-files", "src/*.ts", "test/*.ts").stdout.trim().split("\n");
const sources = new Map(listed.map((file) => [file, readFileSync(join(copy, file), "utf8")]));
const testsOf = nearestTests(sources);

/** The process group of the tests under way. */
let group;
const endTests = () => {
  if (group !== undefined) process.kill(-group, "SIGKILL");
  group = undefined;
};
process.on("exit", endTests);

/** "" where the tests pass, else the first that fails, or "timeout". */
async function failing(tests) {
  const words = ["run", "--project", "unit", "--maxWorkers=1", "--bail=1", "--reporter=tap-flat"];
  const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...words, ...tests], {
    cwd: copy,
    // Its workers are in its group, and end with it.
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  group = child.pid;
  let printed = "";
  child.stdout.on("data", (piece) => {
    printed += piece;
  });
  const ended = new Promise((resolve) => {
    child.once("close", (code) => resolve(code === 0 ? "" : "failed"));
  });
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve("timeout"), Number(values.seconds) * 1000);
  });
  const result = await Promise.race([ended, late]);
  clearTimeout(timer);
  if (result === "timeout") endTests();
  group = undefined;
  return result === "failed" ? (/^not ok \d+ - (.*?) #/m.exec(printed)?.[1] ?? result) : result;
}

/** What came of a mutant: "survived", the test that failed, or "timeout". */
async function tried({ file, start, was, by }) {
  const source = sources.get(file);
  writeFileSync(join(copy, file), source.slice(0, start) + by + source.slice(start + was.length));
  try {
    for (const tests of testsOf(file)) {
      const result = await failing(tests);
      if (result !== "") return result;
    }
    return "survived";
  } finally {
    writeFileSync(join(copy, file), source);
  }
}

/** A sample without repeats that follows from the seed alone. */
function sampled(items, count, seed) {
  const left = [...items];
  const taken = [];
  // Neighbouring seeds begin far apart.
  let state = Math.imul(seed, 2654435769) >>> 0;
  while (left.length > 0 && taken.length < count) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    taken.push(...left.splice(Math.floor((state / 2 ** 32) * left.length), 1));
  }
  return taken;
}

const short = (text) => text.replace(/\s+/g, " ").slice(0, 80);
for (const place of places) {
  const all = [...sources]
    .filter(([file]) => file === place || file.startsWith(`${place}/`))
    .filter(([file]) => !/\.(test|cases)\.ts$/.test(file))
    .flatMap(([file, source]) => mutantsOf(file, source));
  const tally = { killed: 0, survived: 0, timeout: 0 };
  const sample = sampled(all, Number(values.count), Number(values.seed));
  for (const mutant of sample) {
    const result = await tried(mutant);
    tally[result in tally ? result : "killed"]++;
    const change = `${short(mutant.was)} -> ${short(mutant.by)}`;
    console.log(`${mutant.file}:${mutant.line}\t${change}\t${result}`);
  }
  const { killed, survived, timeout } = tally;
  console.log(
    `${place}: ${sample.length} of ${all.length} tried: ${killed} killed, ${survived} survived, ${timeout} did not end`,
  );
}
exit();

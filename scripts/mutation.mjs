/**
 * Changes single places of the sources by chance and runs the tests nearest to each: what no test notices is a gap.
 *
 *     node scripts/mutation.mjs src/data src/text --count 30 --seed 1     30 places in each folder
 *     node scripts/mutation.mjs src/text/wordpiece.ts --count 9999        all places of a file
 *
 * The sources are changed in a copy of the last commit, which is removed at the end; the checkout stays as it is.
 */
import { fork, spawnSync } from "node:child_process";
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

/** What runs the tests: a process that leads a group of its own, with its workers in it. */
let runner;
/** The file that was changed last. */
let before;
function endRunner() {
  if (runner?.connected) process.kill(-runner.pid, "SIGKILL");
  runner = undefined;
}
process.on("exit", endRunner);

/** Takes the next message of the runner, or "ended". */
let answered;
const nextMessage = () =>
  new Promise((resolve) => {
    answered = resolve;
  });

async function startRunner() {
  runner = fork(join(root, "scripts/mutation/runner.mjs"), {
    cwd: copy,
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const started = runner;
  runner.on("message", (message) => answered(message));
  runner.on("exit", () => {
    if (started === runner) answered("ended");
  });
  if ((await nextMessage()) !== "ready") throw new Error("vitest does not start");
}

/** "" where the tests pass, else the first that fails, or "timeout". */
async function failing(changed, tests) {
  if (runner === undefined) await startRunner();
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, Number(values.seconds) * 1000, "timeout");
  });
  const answer = nextMessage();
  // The file before this one is as it was again.
  runner.send({ changed: [before ?? changed, changed], tests });
  before = changed;
  const result = await Promise.race([answer, late]);
  clearTimeout(timer);
  if (result === "timeout" || result === "ended") endRunner();
  return result;
}

/** Of test files that failed: whether they do so where nothing is changed. */
const failsAnyway = new Map();

/** What came of a mutant: "survived", the test that failed, or "timeout". */
async function tried(mutant) {
  const { file, start, was, by } = mutant;
  const source = sources.get(file);
  const path = join(copy, file);
  writeFileSync(path, source.slice(0, start) + by + source.slice(start + was.length));
  let result = "";
  for (const group of testsOf(file)) {
    const tests = group.filter((test) => !failsAnyway.get(test));
    if (tests.length > 0) result = await failing(file, tests);
    if (result !== "") break;
  }
  writeFileSync(path, source);
  const [test] = result.split(" > ");
  if (!sources.has(test)) return result === "" ? "survived" : result;
  if (!failsAnyway.has(test)) failsAnyway.set(test, (await failing(file, [test])) !== "");
  return failsAnyway.get(test) ? tried(mutant) : result;
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

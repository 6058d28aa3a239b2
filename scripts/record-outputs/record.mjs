/** Runs the commands one after the other and writes the recording. */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { commands, helpCommands } from "./commands.mjs";
import { normalise, normalisePaths } from "./normalise.mjs";
import { contentOf, filesBelow, sha256, writeCommand } from "./recording.mjs";

/** Files of a golden model that belong to the model. */
const modelFiles =
  /^(config|tokenizer.*|special_tokens_map|vocab)\.json$|^(model\.safetensors|.*\.txt)$/;

/**
 * Records the commands whose name begins as one of `only`; all where it is empty. `program` is the file that Node runs,
 * `model` and `texts` are folders, `show` takes lines of progress.
 */
export async function record(folder, { program, model, texts, only, show }) {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`${folder} is not empty`);
  const work = realpathSync(mkdtempSync(join(tmpdir(), "record-outputs-")));
  try {
    prepare(work, { model, texts });
    const main = resolve(program);
    const start = (words) => startProgram(main, work, words);
    const names = namesOf(main, work);
    const help = { name: "help", words: ["--help"] };
    const all = [help, ...helpCommands((await start(help.words).ended).stdout), ...commands];
    const isChosen = ({ name }) =>
      only.length === 0 || only.some((beginning) => name.startsWith(beginning));
    const seen = new Map();
    changedFiles(work, seen);
    for (const { name, words, kill, unordered } of all.filter(isChosen)) {
      const began = performance.now();
      if (kill !== undefined) await killWhenPrinted(start([...kill.words, "--json"]), kill.printed);
      const ended = await start(words).ended;
      if (unordered) ended.stderr = ended.stderr.split("\n").sort().join("\n");
      const written = changedFiles(work, seen);
      writeCommand(folder, { name, words, ...describe(ended, written, names) });
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      show(`${name}: exit code ${ended.exitCode}, ${written.length} files, ${seconds} s`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function prepare(work, { model, texts }) {
  for (const file of filesBelow(model).filter((name) => modelFiles.test(name))) {
    cpSync(join(model, file), join(work, "model", file));
  }
  cpSync(texts, join(work, "data"), { recursive: true });
  const rows = readFileSync(join(texts, "train.jsonl"), "utf8").trim().split("\n");
  const plain = rows.map((row) => JSON.parse(row).text).join("\n");
  writeFileSync(join(work, "plain.txt"), `${plain}\n`);
  writeFileSync(join(work, "settings.yaml"), "method: rtm\nseed: 3\ngamma: 2\n");
}

/** What of the machine and the release is replaced. */
function namesOf(main, work) {
  const names = [
    [work, "<work>"],
    [process.version, "<node>"],
  ];
  for (let root = dirname(main); root !== dirname(root); root = dirname(root)) {
    const manifest = join(root, "package.json");
    if (!existsSync(manifest)) continue;
    return [
      ...names,
      [root, "<program>"],
      [JSON.parse(readFileSync(manifest, "utf8")).version, "<version>"],
    ];
  }
  return names;
}

function startProgram(main, work, words) {
  const { L3MASKING_CACHE: _, ...environment } = process.env;
  const child = spawn(process.execPath, [main, ...words], {
    cwd: work,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...environment,
      ...{ L3MASKING_CACHE: "cache", HF_HUB_OFFLINE: "1", HF_HOME: join(work, "hub") },
      ...{ NO_COLOR: "1", COLUMNS: "80", TZ: "UTC", LC_ALL: "C" },
    },
  });
  const printed = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => {
      printed[stream] += text;
    });
  }
  const ended = new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (exitCode, signal) => done({ exitCode, signal, ...printed }));
  });
  return { child, ended, printed };
}

async function killWhenPrinted({ child, ended, printed }, text) {
  child.stdout.on("data", () => {
    if (printed.stdout.includes(text)) child.kill("SIGKILL");
  });
  const { signal, exitCode } = await ended;
  if (signal === "SIGKILL") return;
  throw new Error(`the command ended (${exitCode}) before it was killed:\n${printed.stderr}`);
}

/** Paths and bytes of files that are new or other than in `seen`, which is brought up to date. */
function changedFiles(work, seen) {
  const changed = [];
  for (const path of filesBelow(work)) {
    const bytes = readFileSync(join(work, path));
    const digest = sha256(bytes);
    if (seen.get(path) !== digest) changed.push({ path, bytes });
    seen.set(path, digest);
  }
  return changed;
}

function describe({ exitCode, stdout, stderr }, written, names) {
  const texts = { stdout: normalise(stdout, names), stderr: normalise(stderr, names) };
  const digests = {};
  const contents = written
    .map(({ path, bytes }) => ({ path, ...contentOf(path, bytes) }))
    .sort((a, b) => compareStrings(keyOf(a), keyOf(b)));
  const paths = normalisePaths(contents.map(({ path }) => path));
  contents.forEach(({ text, digests: parts }, i) => {
    const path = paths[i];
    if (text !== undefined) texts[`files/${path}`] = normalise(text, names);
    if (Object.keys(parts).length > 0) digests[path] = parts;
  });
  return { exitCode, texts, digests };
}

/** Files whose paths are the same but for a digest stand in an order of their contents. */
function keyOf({ path, digests }) {
  return `${normalisePaths([path])[0]} ${JSON.stringify(digests)}`;
}

const compareStrings = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

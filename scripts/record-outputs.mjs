/**
 * Records what the program puts out for a fixed set of commands, and compares two recordings: before a change of the
 * layout, and after it.
 *
 *     node scripts/record-outputs.mjs record FOLDER [--program MAIN.js] [--model FOLDER] [--only NAME...]
 *     node scripts/record-outputs.mjs compare BEFORE AFTER [--full]
 *
 * `record` runs the commands of `record-outputs/commands.mjs` in an empty folder and stores of each its exit code, what it
 * printed and what it wrote: texts as texts, weights and other binary files as SHA-256. Times, rates, dates, versions, free
 * memory and paths of the machine are replaced (`record-outputs/normalise.mjs`), so two recordings of one program are the same.
 * MAIN.js is dist/apps/cli/main.js where absent; the model is a tiny one of `test/golden`; NAME is the beginning of a name.
 *
 * `compare` lists what differs in three groups and exits with 1 if the first has any:
 * NUMBERS, what is computed; SPELLINGS, renamed keys and files; WORDS, everything that is only read.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compareRecordings, differencesText } from "./record-outputs/compare.mjs";
import { record } from "./record-outputs/record.mjs";
import { readRecording } from "./record-outputs/recording.mjs";

const USAGE = `usage: node scripts/record-outputs.mjs record FOLDER [--program MAIN.js] [--model FOLDER] [--only NAME...]
       node scripts/record-outputs.mjs compare BEFORE AFTER [--full]`;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    program: { type: "string", default: here("../dist/apps/cli/main.js") },
    model: { type: "string", default: here("../test/golden/models/roberta") },
    only: { type: "string", multiple: true, default: [] },
    full: { type: "boolean", default: false },
  },
});
const [verb, ...folders] = positionals;

if (verb === "record" && folders.length === 1) {
  for (const path of [values.program, values.model]) {
    if (!existsSync(path)) throw new Error(`${path} is missing (npm run build makes the program)`);
  }
  const inputs = { model: values.model, texts: here("../test/fixtures/sounds") };
  await record(folders[0], { ...values, ...inputs, show: (line) => console.error(line) });
} else if (verb === "compare" && folders.length === 2) {
  const differences = compareRecordings(...folders.map(readRecording));
  console.log(differencesText(differences, values.full ? Number.POSITIVE_INFINITY : 12));
  process.exitCode = differences.some(({ group }) => group === "NUMBERS") ? 1 : 0;
} else {
  console.error(USAGE);
  process.exitCode = 2;
}

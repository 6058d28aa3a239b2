/**
 * Runs what the `console` blocks of the pages show, and compares what it prints with what stands there.
 *
 *     node scripts/shown-outputs.mjs                  all pages; exit code 1 where one shows something else
 *     node scripts/shown-outputs.mjs --write README.md
 *
 * A block holds commands, each after "$ ", and below each what it writes to standard output. The blocks of a page run one after
 * another in a folder with the examples and models of the repository. Numbers are compared by their place alone: times differ
 * between runs, and the last digits of a float between processors, which can turn a text's label. Needs `npm run build`.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  options: { write: { type: "boolean", default: false } },
  allowPositionals: true,
});
const all = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** Programs as a page calls them -> as they are run here; undefined for what is done before. */
const programs = [
  ["npm ci", undefined],
  ["npm run quickstart", `node ${join(root, "scripts/quickstart.mjs")}`],
  ["node examples/", `node ${join(root, "examples/")}`],
  ["npx l3masking", `node ${join(root, "dist/apps/cli/main.js")}`],
];

function outputOf(command, folder) {
  const [shown, run] = programs.find(([name]) => command.startsWith(name)) ?? [];
  if (shown === undefined) throw new Error(`cannot run: ${command}`);
  if (run === undefined) return "";
  const { status, stdout, stderr } = spawnSync(`${run}${command.slice(shown.length)}`, {
    cwd: folder,
    shell: true,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", L3MASKING_CACHE: join(folder, ".cache") },
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}\n${stderr}`);
  return stdout;
}

/** A block as it would be shown now. */
function rerun(block, folder) {
  const commands = block.split("\n").filter((line) => line.startsWith("$ "));
  return commands.map((line) => `${line}\n${outputOf(line.slice(2), folder)}`).join("");
}

const withoutNumbers = (text) => text.replaceAll(/ *\d+([.:]\d+)*/g, " 0");

let different = 0;
for (const page of positionals.length > 0 ? positionals : all) {
  const text = readFileSync(join(root, page), "utf8");
  if (!text.includes("\n```console\n")) continue;
  const folder = mkdtempSync(join(tmpdir(), "l3masking-shown-"));
  for (const part of ["examples", "models"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  const shown = text.replaceAll(/(?<=^```console\n).*?(?=^```$)/gms, (block) => {
    const now = rerun(block, folder);
    if (withoutNumbers(now) !== withoutNumbers(block)) {
      different += 1;
      console.log(`${page} shows\n${block}\nbut it is\n${now}`);
    }
    return now;
  });
  rmSync(folder, { recursive: true });
  if (values.write) writeFileSync(join(root, page), shown);
}
process.exitCode = different > 0 && !values.write ? 1 : 0;

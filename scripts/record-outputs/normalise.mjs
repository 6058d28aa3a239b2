/** Texts without what differs from run to run: times, rates, dates, versions, free memory, paths of the machine, process ids. */

/** Fields of JSON whose number is a time, a rate or the machine's, in any spelling of their names. */
const measured = /("(?:[\w/]*(?:[sS]econds|[pP]er_?[sS]econd|runtime)|available)": ?)-?[\d.e+-]+/g;

/** Digests of settings, not of weights or data; a renamed setting changes them. */
const ofSettings = /("(?:run_?)?(?:identity|digest|command)(?:_?[Dd]igest)?": ?)"[0-9a-f]{16,}"/g;

const months =
  "January|February|March|April|May|June|July|August|September|October|November|December";

const replacements = [
  [measured, "$1<measured>"],
  [ofSettings, '$1"<digest>"'],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<date>"],
  [new RegExp(`\\b\\d{1,2} (?:${months}) \\d{4}\\b`, "g"), "<date>"],
  [/[\d.]+[kM]? [\w ]{1,20}\/s\b/g, "<rate>"],
  [/\b\d+:\d\d(?::\d\d)?\b/g, "<duration>"],
  [/\b[\d.]+ (?:s|min|h)\b(?: [\d.]+ (?:s|min)\b)*/g, "<duration>"],
  [/\b[\d.]+ [kMGT]i?B(?= (?:free|available|of memory))/g, "<memory>"],
  [/\b(?:pid|process) \d+ on \S+/g, "<process>"],
  // Runs of a comparison have names that end in a digest of their settings.
  [/(-seed\d+)-[0-9a-f]{8}\b/g, "$1-{digest}"],
  // The column of tokens per second in pages, which comes after those of times.
  [/(<duration><\/td><td>(?:–|<duration>)<\/td><td>)\d[\d\s]*/g, "$1<rate>"],
];

/** Lines of progress come when a time has passed. */
const progressLine = /^\S.* {2}\d+ % {2}[\d.kM]+\/[\d.kM]+ |^[a-z -]+: [\d.kM]+ \w+ in \d+:\d\d/;

const isProgress = (line) => progressLine.test(line) || line.startsWith('{"type":"progress"');

/** `names` are [what, in its place], such as the folder of the machine that the commands run in. */
export function normalise(text, names) {
  let normal = text.replaceAll("\r\n", "\n");
  for (const [name, instead] of names) normal = normal.replaceAll(name, instead);
  normal = normal
    .split("\n")
    .filter((line) => !isProgress(line))
    .join("\n");
  for (const [pattern, instead] of replacements) normal = normal.replaceAll(pattern, instead);
  return normal;
}

/** Paths without digests, times and process ids; of several that become the same, later ones are numbered. */
export function normalisePaths(paths) {
  const taken = new Map();
  return paths.map((path) => {
    const normal = path
      .replaceAll(/\b[0-9a-f]{16,}\b/g, "{digest}")
      .replaceAll(/(-seed\d+)-[0-9a-f]{8}\b/g, "$1-{digest}")
      .replaceAll(/(tfevents)\.[^/]*/g, "$1.{process}");
    const count = (taken.get(normal) ?? 0) + 1;
    taken.set(normal, count);
    return count === 1 ? normal : `${normal}{${count}}`;
  });
}

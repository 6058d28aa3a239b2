/**
 * JSON, lines of JSON and tables as columns: under each path, such as `step/gradient_norms.encoder`, all its values in the
 * order of the text. Paths are in snake_case however the keys are spelled; `spelling` has them as they were.
 */

export const snakeCase = (key) => key.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();

/** The columns of a text that holds values; undefined of one that does not. */
export function columnsOf(path, text) {
  if (path.endsWith(".csv") || path.endsWith(".tsv")) return tableColumns(text, path.at(-3));
  const values = parseValues(text);
  if (values === undefined) return undefined;
  const columns = new Map();
  for (const value of values) addValue(columns, "", value);
  return columns;
}

/** A JSON text, or lines of which each is JSON. */
function parseValues(text) {
  if (!/^[[{]/.test(text)) return undefined;
  // Replaced values have become bare words.
  const sound = text.replaceAll(/(: ?)(<\w+>)(?=[,}\s])/g, '$1"$2"');
  try {
    return [JSON.parse(sound)];
  } catch {
    try {
      return sound
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    } catch {
      return undefined;
    }
  }
}

function addValue(columns, spelling, value) {
  if (Array.isArray(value)) {
    addTo(columns, `${spelling}.length`, value.length);
    for (const element of value) addValue(columns, `${spelling}[]`, element);
  } else if (typeof value === "object" && value !== null) {
    const inside = typeof value.type === "string" ? `${spelling}${value.type}/` : `${spelling}.`;
    for (const [key, element] of Object.entries(value)) addValue(columns, inside + key, element);
  } else addTo(columns, spelling, value);
}

function addTo(columns, spelling, value) {
  const path = snakeCase(spelling);
  const column = columns.get(path) ?? { spelling, values: [] };
  column.values.push(value);
  columns.set(path, column);
}

function tableColumns(text, separatorLetter) {
  const separator = separatorLetter === "t" ? "\t" : ",";
  const [header, ...rows] = text
    .trimEnd()
    .split("\n")
    .map((line) => cellsOf(line, separator));
  const columns = new Map();
  for (const row of rows) {
    for (const [i, cell] of row.entries()) addTo(columns, header[i] ?? `${i}`, cellValue(cell));
  }
  return columns;
}

/** Cells of a line; line breaks in quotes do not occur in what is recorded. */
function cellsOf(line, separator) {
  const cells = [""];
  let quoted = false;
  for (const letter of line) {
    if (letter === '"') quoted = !quoted;
    else if (letter === separator && !quoted) cells.push("");
    else cells[cells.length - 1] += letter;
  }
  return cells;
}

const cellValue = (cell) => (cell !== "" && Number.isFinite(Number(cell)) ? Number(cell) : cell);

/** The text that is read of a page: without styles, scripts and marks. */
export function readText(path, text) {
  if (!/\.(html|svg)$/.test(path)) return text;
  return text
    .replaceAll(/<(style|script)\b[\s\S]*?<\/\1>/g, "")
    .replaceAll(/<[^>]*>/g, "\n")
    .replaceAll(/\n\s*/g, "\n");
}

/** Numbers with a fraction or an exponent, as they stand in prose: whole ones are part of too many words. */
export function figuresOf(text) {
  const figures = text.match(/-?\b\d+(?:\.\d+(?:e[+-]?\d+)?|e[+-]?\d+)\b/g) ?? [];
  return figures.map(Number);
}

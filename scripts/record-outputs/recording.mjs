/**
 * A recording on disk: a folder for each command with `command.json` (words, exit code, digests of binary files) and, as
 * texts, `stdout`, `stderr` and the files written, below `files`.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative, sep } from "node:path";

const textEndings = [".json", ".jsonl", ".txt", ".csv", ".tsv", ".md", ".html", ".svg", ".yaml"];

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** What is kept of a file: `text`, and `digests` by name of part. */
export function contentOf(path, bytes) {
  if (textEndings.includes(extname(path))) return { text: bytes.toString("utf8"), digests: {} };
  if (path.endsWith(".safetensors")) return tensorsOf(bytes);
  if (path.includes("tfevents")) return { text: scalarsOf(bytes), digests: {} };
  // A line of JSON before the bytes, as files of scores have it.
  const end = bytes[0] === 0x7b ? bytes.indexOf(0x0a) + 1 : 0;
  const text = end > 0 ? bytes.toString("utf8", 0, end) : undefined;
  return { text, digests: { bytes: sha256(bytes.subarray(end)) } };
}

/** Header and tensors of a safetensors file. */
function tensorsOf(bytes) {
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata = {}, ...tensors } = JSON.parse(bytes.toString("utf8", 8, end));
  const digests = { bytes: sha256(bytes) };
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(tensors)) {
    const [from, to] = offsets.map((offset) => end + offset);
    digests[`${name} ${dtype} [${shape}]`] = sha256(bytes.subarray(from, to));
  }
  return { text: `${JSON.stringify(metadata)}\n`, digests };
}

/** A scalar of TensorBoard's event file: a tag (field 1, with its length) and a float32 (field 2, the byte 0x15 before it). */
const scalar = /\n[\s\S](?<tag>\w+\/\w+)\W(?<value>[\s\S]{4})/g;

/** The scalars of an event file, an event a line, without the wall time that each begins with (nine bytes). */
function scalarsOf(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const event = bytes.toString("latin1", at + 12 + 9, at + 12 + length);
    const scalars = [...event.matchAll(scalar)].map(({ groups: { tag, value } }) => [
      tag,
      Buffer.from(value, "latin1").readFloatLE(),
    ]);
    text += `${JSON.stringify(Object.fromEntries(scalars))}\n`;
    at += 16 + length;
  }
  return text;
}

/** Paths of all files below a folder, with `/`, sorted. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
    .sort();
}

/** `texts` by path: stdout, stderr, files/... */
export function writeCommand(folder, { name, texts, ...command }) {
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, name, path)), { recursive: true });
    writeFileSync(join(folder, name, path), text);
  };
  write("command.json", `${JSON.stringify(command, null, 2)}\n`);
  for (const [path, text] of Object.entries(texts)) write(path, text);
}

/** The commands of a recording by name. */
export function readRecording(folder) {
  if (!existsSync(folder)) throw new Error(`there is no recording at ${folder}`);
  const names = readdirSync(folder).filter((name) =>
    existsSync(join(folder, name, "command.json")),
  );
  return new Map(names.map((name) => [name, readCommand(join(folder, name))]));
}

function readCommand(folder) {
  const command = JSON.parse(readFileSync(join(folder, "command.json"), "utf8"));
  const paths = filesBelow(folder).filter((path) => path !== "command.json");
  const texts = Object.fromEntries(
    paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]),
  );
  return { ...command, texts };
}

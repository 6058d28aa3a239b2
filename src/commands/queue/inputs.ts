/** What a run reads: found on the machine that asks for it, and put in place on the one that trains it. */

import { L3MaskingError } from "../../base/errors.js";
import type { DeviceName } from "../../engine/runtime/devices/names.js";
import { scoreFiles } from "../../method/likelihood/cache.js";
import type { ScoreScope } from "../../method/likelihood/cache-record.js";
import { maskingOf, needsScores } from "../../method/methods.js";
import { readShardNames } from "../../model/checkpoint/load.js";
import { isIndex, weightFileNames } from "../../model/checkpoint/read.js";
import { entryAt, exists, makeFolder } from "../../platform/files/files.js";
import { basename, isAbsolute, join, relative, resolve } from "../../platform/paths.js";
import type { Host } from "../../run/host/host.js";
import { settingsOf, trainSchema } from "../../run/settings/schemas.js";
import { SHIPPED_MODEL } from "../../run/settings/shipped-model.js";
import { scoreScopes } from "../../run/sources/model.js";
import { locateModel } from "../../run/sources/model-source.js";
import { tokenizerFileNames } from "../../text/tokenizer-json.js";
import type { Ticket } from "../compare/ticket.js";
import { INPUTS, type Inputs, type SentPath } from "./message.js";
import {
  type ChunkStore,
  describeFile,
  folderDigest,
  holdsFiles,
  receiveFolder,
  type SentFile,
  sendFile,
} from "./transfer.js";

/** Settings of `train` that name what is read, and those that name where is written. */
const reading = settingsOf("train").filter(({ reads }) => reads === true);
const writing = settingsOf("train").filter(({ writes }) => writes !== undefined);

/** A path with the files that it stands for on this machine. */
interface FoundPath extends SentPath {
  /** In the order of `files`. */
  readonly places: readonly string[];
}

/** Finds what runs read; each file is looked at once, however many runs read it. */
export interface InputFinder {
  find(ticket: Ticket): Promise<Inputs>;
  /** Sends what was found since the last time. */
  send(store: ChunkStore, seconds: number): Promise<void>;
  /** Sends what the store no longer has of all that was found, and keeps the rest for so long. */
  sendAgain(store: ChunkStore, seconds: number): Promise<void>;
}

/** Throws what `locateModel` throws, and `file-missing`. */
export function openInputFinder(host: Host): InputFinder {
  const found = new Map<string, FoundPath>();
  let fresh: FoundPath[] = [];
  const remembered = async (
    key: readonly unknown[],
    find: () => FoundPath | Promise<FoundPath>,
  ) => {
    const text = JSON.stringify(key);
    let known = found.get(text);
    if (known === undefined) {
      known = await find();
      found.set(text, known);
      fresh.push(known);
    }
    const { places: _, ...sent } = known;
    return sent;
  };
  const findPath = (setting: string, path: string): Promise<SentPath> =>
    remembered([setting, path], () =>
      setting === "model" ? findModel(path, host) : findFile(path),
    );
  return {
    async find(ticket) {
      const { settings } = ticket;
      const inputs: Inputs = {};
      for (const { name } of reading) {
        const paths = pathsOf(settings, name);
        if (paths.length === 0) continue;
        inputs[name] = [];
        for (const path of paths) inputs[name].push(await findPath(name, path));
      }
      const scopes = scopesOf(ticket);
      const folder = settings.cacheDir ?? host.cacheFolder;
      const scores = await remembered([SCORES, folder, scopes], () => findScores(folder, scopes));
      if (scores.files.length > 0) inputs[SCORES] = [scores];
      return inputs;
    },
    async send(store, seconds) {
      await sendAll(fresh, store, seconds);
      fresh = [];
    },
    sendAgain: (store, seconds) => sendAll([...found.values()], store, seconds),
  };
}

/** The setting of the folder that the vanilla model's scores are in. */
const SCORES = "cacheDir";

async function sendAll(
  paths: readonly FoundPath[],
  store: ChunkStore,
  seconds: number,
): Promise<void> {
  for (const { files, places } of paths) {
    for (const [index, file] of files.entries()) {
      await sendFile(places[index], file, INPUTS, store, seconds);
    }
  }
}

/** What a setting names, but for the model that every installation has. */
function pathsOf(settings: Readonly<Record<string, unknown>>, name: string): string[] {
  return [settings[name]]
    .flat()
    .filter((path) => typeof path === "string")
    .filter((path) => name !== "model" || path !== SHIPPED_MODEL);
}

function findFile(path: string): FoundPath {
  if (entryAt(path)?.kind !== "file") {
    throw new L3MaskingError("file-missing", `expected a file to send to workers at ${path}`, {
      hint: "Check the path; relative paths start at the current folder.",
    });
  }
  const at = basename(path);
  return { path, at, files: [describeFile(path, at)], places: [path] };
}

/** The files of a model that training reads, in a folder that is called like it. */
async function findModel(path: string, host: Host): Promise<FoundPath> {
  const { folder } = await locateModel(path, "model", host);
  const weights = weightFileNames.find((name) => exists(join(folder, name)));
  const shards =
    weights !== undefined && isIndex(weights) ? await readShardNames(folder, weights) : [];
  const names = [...tokenizerFileNames, ...(weights === undefined ? [] : [weights]), ...shards];
  const present = [...new Set(names)].filter((name) => exists(join(folder, name)));
  const at = basename(resolve(path));
  const places = present.map((name) => join(folder, name));
  const files = present.map((name, index) => describeFile(places[index], `${at}/${name}`));
  return { path, at, files, places };
}

/** The scores that a run needs, if any. */
function scopesOf({ settings, checkpoint_digest, tokenizer_digest }: Ticket): ScoreScope[] {
  if (!needsScores(settings.method)) return [];
  if (checkpoint_digest === undefined || tokenizer_digest === undefined) return [];
  const of = maskingOf(settings.method)?.needs === "entropies" ? "any token" : "the token";
  return scoreScopes({ checkpoint_digest, tokenizer_digest }, settings, of);
}

/** Scores of the run's texts, which the command has just computed where they were missing, and of others. */
function findScores(folder: string, scopes: readonly ScoreScope[]): FoundPath {
  const names = [...new Set(scoreFiles(folder, scopes))];
  const places = names.map((name) => join(folder, name));
  const files = names.map((name, index) => describeFile(places[index], `scores/${name}`));
  return { path: folder, at: "scores", files, places };
}

/** A ticket for this machine. */
export interface LocalTicket {
  readonly ticket: Ticket;
  /** Paths of this machine, and what the ticket has in their place. */
  readonly paths: ReadonlyMap<string, string>;
}

export interface LocalPlace {
  /** Holds a folder for each set of files that was received. */
  readonly inputs: string;
  /** For likelihoods; the usual one where absent. */
  readonly cacheDir?: string | undefined;
  readonly threads: number;
  readonly device: "auto" | DeviceName;
}

/**
 * Puts what a ticket reads into its place on this machine, unless it is there, and gives the ticket with this machine's paths. Nothing else that the
 * ticket names is read or written: a path without files is `data-format`.
 *
 * Throws `download-mismatch`, and what `receiveFolder` throws.
 */
export async function localTicket(
  ticket: Ticket,
  inputs: Inputs,
  place: LocalPlace,
  store: ChunkStore,
): Promise<LocalTicket> {
  const paths = new Map<string, string>();
  const settings: Record<string, unknown> = {
    ...ticket.settings,
    threads: place.threads,
    device: place.device,
  };
  for (const { name } of writing) delete settings[name];
  const [scores] = inputs[SCORES] ?? [];
  const cacheDir =
    scores === undefined
      ? place.cacheDir
      : join(await received(scores.files, place.inputs, store), scores.at);
  if (cacheDir !== undefined) settings.cacheDir = cacheDir;
  for (const { name } of reading) {
    const wanted = pathsOf(ticket.settings, name);
    const local: string[] = [];
    for (const path of wanted) {
      const sent = (inputs[name] ?? []).find((one) => one.path === path);
      if (sent === undefined) throw notSent(ticket, name, path);
      const found = join(await received(sent.files, place.inputs, store), sent.at);
      // Absolute where the other machine's is, as only of such a path its last part is shown.
      const shown = isAbsolute(path) ? resolve(found) : relative(".", found);
      paths.set(shown, path);
      local.push(shown);
    }
    if (wanted.length > 0) settings[name] = Array.isArray(settings[name]) ? local : local[0];
  }
  return { ticket: { ...ticket, settings: trainSchema.parse(settings) }, paths };
}

/** Sets of files that were read again and found whole by this process. */
const verified = new Set<string>();

/** The folder of a set of files. */
async function received(
  files: readonly SentFile[],
  folder: string,
  store: ChunkStore,
): Promise<string> {
  const place = join(folder, folderDigest(files));
  if (verified.has(place) && exists(place)) return place;
  if (!holdsFiles(place, files)) {
    makeFolder(folder);
    await receiveFolder(place, files, INPUTS, store);
  }
  verified.add(place);
  return place;
}

function notSent({ name }: Ticket, setting: string, path: string): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    `expected the files of ${setting} ${path} with the run ${name} in the queue, got none`,
    { hint: "Let compare queue the run, with the same version of l3masking." },
  );
}

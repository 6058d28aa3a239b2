/** What determines the result of a training run: digests, and the settings whose records say that they count. */
import { L3MaskingError } from "../../base/errors.js";
import { sha256 } from "../../base/sha256.js";
import { isLinear, readsEmbeddings } from "../../method/methods.js";
import type { RunRecord } from "../../results/records/run-record.js";
import { settingsOf } from "../settings/schemas.js";
import { isAsked, type Setting } from "../settings/setting.js";

/** Raised when the same settings give a different result than before. */
const RUN_FORMAT = 1;

/** Digests of a run's inputs, as config.json has them, which identify the files, wherever those are; and what `auto` chooses from. */
const recordedNames = [
  "candidates",
  "checkpoint_digest",
  "tokenizer_digest",
  "data_digest",
  "unlabelled_digest",
  "general_digest",
  "strategy_digest",
] as const;

/**
 * Settings that decide the run of a linear classifier without an encoder. Nothing depends on the model and the seed, but the runs of a
 * comparison, one for each, are told apart by them.
 */
const ofLinear: ReadonlySet<string> = new Set(["method", "model", "seed", "splitSeed", "folds"]);

/** The same where it reads embeddings. */
const ofEmbeddings: ReadonlySet<string> = new Set([...ofLinear, "maxLength"]);

type Settings = Readonly<Record<string, unknown>>;

/**
 * The settings and digests that decide a run's result, by the settings' records. A setting without a record counts. `pretrain` has no
 * methods, so there a setting of some methods always matters.
 */
export function runIdentity(record: RunRecord, command: "train" | "pretrain" = "train"): Settings {
  const { settings } = record;
  const looksAt = ({ methods, when = {} }: Setting) =>
    (command === "pretrain" ||
      methods === undefined ||
      methods.includes(String(settings.method))) &&
    Object.entries(when).every(([name, asked]) => isAsked(settings[name], asked));
  const method = String(settings.method);
  const linear = readsEmbeddings(method) ? ofEmbeddings : ofLinear;
  const counts = ({ name, identity }: Setting) =>
    command === "train" && isLinear(method) ? linear.has(name) : identity === "counts";
  const idle = new Set(
    settingsOf(command)
      .filter((setting) => !counts(setting) || !looksAt(setting))
      .map(({ name }) => name),
  );
  const effective = Object.entries(settings).filter(
    ([name, value]) => value !== undefined && !idle.has(name),
  );
  const digests = recordedNames.flatMap((name) =>
    record[name] === undefined ? [] : [[name, record[name]] as const],
  );
  const parts: (readonly [string, unknown])[] = [["format", RUN_FORMAT], ...effective, ...digests];
  return Object.fromEntries(parts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** SHA-256 (hex) of `runIdentity`: equal for runs that give equal results. */
export function runDigest(record: RunRecord, command: "train" | "pretrain" = "train"): string {
  return sha256([JSON.stringify(runIdentity(record, command))]);
}

/**
 * Checks that the run in a folder may be resumed as `now`. Throws `invalid-setting` naming the first difference
 * that would change the result.
 */
export function requireSameRun(
  folder: string,
  started: RunRecord,
  now: RunRecord,
  command: "train" | "pretrain" = "train",
): void {
  const [before, after] = [runIdentity(started, command), runIdentity(now, command)];
  const [given, givenNow] = [
    { ...started, ...started.settings },
    { ...now, ...now.settings },
  ];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[name]) === JSON.stringify(after[name])) continue;
    // A setting may count only because of another one, which is then the difference to report.
    const [was, is] = [JSON.stringify(given[name]), JSON.stringify(givenNow[name])];
    if (was === is) continue;
    throw new L3MaskingError(
      "invalid-setting",
      `expected ${name} to be ${was ?? "absent"}, as when the run in ${folder} was started, got ${is ?? "nothing"}`,
      { hint: "Resume with the settings of the run, or start a new one in another folder." },
    );
  }
}

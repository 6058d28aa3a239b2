/**
 * A ticket: one run of a comparison as plain, checked data, which can go to another thread, process or machine. What the run leaves
 * stands in its folder: metrics.json once it is finished, failure.json while its last attempt failed.
 *
 * `l3masking compare --output-dir DIR --ticket FILE` trains one in a process of its own: FILE holds a ticket as JSON, or one in each
 * line, and then `FILE#3` is the third. It ends with 0 where the run is finished, 5 where it failed, 130 after a stop on request.
 */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { findText } from "../../platform/files/files.js";
import { parseRecord } from "../../results/records/parse.js";
import { trainSchema } from "../../run/settings/schemas.js";

export const ticketSchema = z.strictObject({
  format: z.literal("l3masking-ticket"),
  version: z.literal(1),
  /** Of the run's folder below `runs`; no path, whoever wrote it. */
  name: z.string().regex(/^(?!\.+$)[^/\\]+$/, "expected the name of a folder"),
  /** SHA-256 (hex) of what decides the run's result. */
  digest: z.string(),
  data_digest: z.string(),
  /** Absent where no encoder is read, like the next. */
  checkpoint_digest: z.string().exactOptional(),
  tokenizer_digest: z.string().exactOptional(),
  /** Of the texts for the auxiliary task alone, if the run reads any. */
  unlabelled_digest: z.string().exactOptional(),
  /** Of general texts, if the run's texts are held against some. */
  general_digest: z.string().exactOptional(),
  /** Of the module of the user's own strategy, if the run masks by it. */
  strategy_digest: z.string().exactOptional(),
  /** Of `train`, without the folder: that is below the one of the comparison. */
  settings: trainSchema,
});

export type Ticket = z.infer<typeof ticketSchema>;

/** The digests of what a ticket's run reads. */
export const inputDigests = [
  "data_digest",
  "checkpoint_digest",
  "tokenizer_digest",
  "unlabelled_digest",
  "general_digest",
  "strategy_digest",
] as const;

/** A ticket in one line, without its end. */
export function ticketLine(ticket: Ticket): string {
  return JSON.stringify(ticket);
}

/** The ticket of a line. `path` is where it is from. Throws `data-format`. */
export function parseTicket(line: string, path: string): Ticket {
  const hint = "Take the file as the program wrote it, with the same version of l3masking.";
  return parseRecord(ticketSchema, line, { path, writer: "compare", hint });
}

/** The ticket of a file, or of a line of it (`FILE#3`). Throws `file-missing` and `data-format`. */
export function readTicket(place: string): Ticket {
  const [, path = place, number] = /^(.*)#(\d+)$/s.exec(place) ?? [];
  const text = findText(path);
  if (text === undefined) {
    throw new L3MaskingError("file-missing", `expected a ticket in ${path}, found no file`, {
      hint: "Name a file of tickets after --ticket, as compare writes it: tickets.jsonl.",
    });
  }
  const line = number === undefined ? text : text.split("\n")[Number(number) - 1];
  return parseTicket(line ?? "", place);
}

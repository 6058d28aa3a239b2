/** What `compare` and its workers say to each other through the queue, checked on both sides, and the keys that it lies under. */
import { z } from "zod";
import { type ErrorCode, errorCodes, L3MaskingError } from "../../base/errors.js";
import { sha256 } from "../../base/sha256.js";
import { packageVersion } from "../../base/version.js";
import { type Ticket, ticketSchema } from "../compare/ticket.js";
import { sentFileSchema } from "./transfer.js";

/** Raised when a message changes. Workers of another one, or of another version of the package, get no runs. */
export const PROTOCOL = 1;

/** All keys begin so. */
export const PREFIX = "l3masking";

/** The queue of this version: no other takes from it. */
export function queueName(version: string): string {
  return `runs-${PROTOCOL}-${version}`;
}

/** Space of the files that runs read; equal ones are sent once. */
export const INPUTS = `${PREFIX}:inputs`;

/** Space of what one attempt of a run left. */
export function resultsSpace(attempt: string): string {
  return `${PREFIX}:results:${attempt}`;
}

/** What a failed run says that a worker stopped as it was withdrawn. */
export const WITHDRAWN = "withdrawn";

/** Exists when nobody wants a run any more that is under way. */
export function withdrawnKey(id: string): string {
  return `${PREFIX}:withdrawn:${id}`;
}

/** Files and folders that a setting names. */
const sentPathSchema = z.strictObject({
  /** As the ticket has it. */
  path: z.string(),
  /** The file or the folder among the files that are received together. */
  at: sentFileSchema.shape.name,
  files: z.array(sentFileSchema).min(1),
});

export type SentPath = z.infer<typeof sentPathSchema>;

/** By the name of the setting. */
export const inputsSchema = z.record(z.string(), z.array(sentPathSchema).min(1));

export type Inputs = z.infer<typeof inputsSchema>;

/** A run to train. */
export const runMessageSchema = z.strictObject({
  protocol: z.literal(PROTOCOL),
  version: z.string(),
  ticket: ticketSchema,
  inputs: inputsSchema,
  /** Where the run will be, for what it writes of itself. */
  folder: z.string(),
});

export type RunMessage = z.infer<typeof runMessageSchema>;

/** How far a run is, and where. */
export const runProgressSchema = z.strictObject({
  worker: z.string(),
  done: z.number(),
  total: z.number(),
  detail: z.string().exactOptional(),
});

export type RunProgress = z.infer<typeof runProgressSchema>;

/** A finished run: its folder. */
export const runResultSchema = z.strictObject({
  worker: z.string(),
  space: z.string().startsWith(`${PREFIX}:results:`),
  files: z.array(sentFileSchema).min(1),
  warnings: z.array(z.string()),
});

export type RunResult = z.infer<typeof runResultSchema>;

const runFailureSchema = z.strictObject({
  worker: z.string(),
  code: z.custom<ErrorCode>((code) => typeof code === "string" && Object.hasOwn(errorCodes, code)),
  message: z.string(),
  hint: z.string().exactOptional(),
});

/** A failed try as BullMQ takes it: of an error it keeps the message alone. */
export function failedTry(worker: string, { code, message, hint }: L3MaskingError): Error {
  const failure: z.infer<typeof runFailureSchema> = {
    ...{ worker, code, message },
    ...(hint !== undefined && { hint }),
  };
  return new Error(JSON.stringify(failure));
}

/** What that message says; any other text is what the queue itself says of a run whose workers ended one after the other. */
export function failureOf(text: string, tries: number): L3MaskingError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const { success, data } = runFailureSchema.safeParse(parsed);
  if (!success) {
    return new L3MaskingError(
      "worker-failed",
      `${tries} workers in a row ended or went silent while they trained the run: ${text}`,
      {
        hint: "See what the workers printed last; if memory ran out, give each fewer runs at once with --jobs, or lower --batch-size.",
      },
    );
  }
  const { worker, code, message, hint } = data;
  const said = tries > 1 ? `, try ${tries}` : "";
  return new L3MaskingError(
    code,
    `${message} (on ${worker}${said})`,
    hint === undefined ? {} : { hint },
  );
}

/** A run's name in the queue: equal for runs that read the same and give the same, so that no run is queued twice. */
export function runId({ name, digest }: Ticket, inputs: Inputs): string {
  const read = Object.entries(inputs).map(([setting, paths]) => [
    setting,
    paths.map(({ files }) => files),
  ]);
  return sha256([JSON.stringify([name, digest, read])]).slice(0, 32);
}

/** A run as a message. */
export function runMessage(ticket: Ticket, inputs: Inputs, folder: string): RunMessage {
  return { protocol: PROTOCOL, version: packageVersion, ticket, inputs, folder };
}

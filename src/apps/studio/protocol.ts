/**
 * What the page and the local server say to each other. Every request but those for the page itself carries the token as
 * `Authorization: Bearer TOKEN`.
 *
 *     GET  /api/facts            WorkplaceFacts
 *     POST /api/call             {"id", "command", "settings"}; the reply is lines of JSON, each an Answer, the last one with result or error
 *     POST /api/ask              {"id", "what"}: asks that call to stop, or to end training with the best that it has (`Asked`)
 *     GET, PUT, DELETE /api/file?path=PATH
 *     GET  /api/list?path=PATH   FolderEntry[]
 *     GET  /api/zip?path=PATH
 *
 * A failed request has status 4xx or 5xx and {"error": PortableError}.
 */
import { z } from "zod";
import { type ErrorCode, errorCodes } from "../../base/errors.js";
import { journalEvent } from "../../method/train/events.js";
import type { FolderEntry } from "../../platform/files/folder-contents.js";
import { ofLabelMeasures } from "../../results/metrics/label-measures.js";
import { methodName } from "../../results/records/run-record.js";
import { progressTasks, progressUnits, type RunEvent } from "../../run/host/host.js";
import type { Answer, PortableError } from "../../thread/messages.js";
import { studioCommands, type WorkplaceFacts } from "./workplace.js";

export const callRequest = z.strictObject({
  id: z.string().min(1).max(100),
  command: z.enum(studioCommands),
  settings: z.unknown(),
});

export type CallRequest = z.infer<typeof callRequest>;

export const askRequest = z.strictObject({ id: z.string(), what: z.enum(["stop", "end"]) });

/** A line of the reply to a call. */
export type CallLine = Exclude<Answer<unknown>, { readonly type: "output" }>;

const codes = Object.keys(errorCodes).filter((code): code is ErrorCode => code in errorCodes);
const portableError: z.ZodType<PortableError> = z.object({
  name: z.string(),
  message: z.string(),
  stack: z.string().optional(),
  code: z.enum(codes).exactOptional(),
  hint: z.string().optional(),
  get cause() {
    return portableError.exactOptional();
  },
});

/** What the commands of the studio tell. */
const event: z.ZodType<RunEvent> = z.union([
  z.object({
    type: z.literal("progress"),
    task: z.enum(progressTasks),
    done: z.number(),
    total: z.number(),
    unit: z.enum(progressUnits),
    detail: z.string().exactOptional(),
  }),
  journalEvent,
  z.object({ type: z.literal("notice"), level: z.enum(["info", "warning"]), text: z.string() }),
  z.object({
    type: z.literal("measured"),
    method: methodName,
    on: z.enum(["held-out", "dev"]),
    texts: z.number(),
    measures: z.object(ofLabelMeasures(() => z.number())),
  }),
]);

export const answerLine: z.ZodType<CallLine> = z.union([
  z.object({ type: z.literal("event"), event }),
  z.object({ type: z.literal("result"), result: z.unknown() }),
  z.object({ type: z.literal("error"), error: portableError }),
]);

export const failedReply = z.object({ error: portableError });

export const folderReply: z.ZodType<readonly FolderEntry[]> = z.array(
  z.object({ name: z.string(), kind: z.enum(["file", "folder"]), size: z.number() }),
);

const device = z.object({ name: z.string(), title: z.string() });

export const workplaceFacts: z.ZodType<WorkplaceFacts> = z.object({
  version: z.string(),
  place: z.string(),
  devices: z.array(device),
  model: z.object({ name: z.string(), toFetch: z.number() }),
  otherRuns: z.string().exactOptional(),
  given: z
    .object({
      trainFile: z.string(),
      validationFile: z.string().exactOptional(),
      testFile: z.string().exactOptional(),
    })
    .exactOptional(),
});

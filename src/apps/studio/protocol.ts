/**
 * What the page and the local server say to each other. Every request but those for the page itself carries the token as
 * `Authorization: Bearer TOKEN`.
 *
 *     GET  /api/facts            WorkplaceFacts
 *     POST /api/call             {"id", "command", "settings"}; the reply is lines of JSON, each an Answer, the last one with result or error
 *     POST /api/stop             {"id"}: asks that call to stop
 *     GET, PUT, DELETE /api/file?path=PATH
 *     GET  /api/list?path=PATH   FolderEntry[]
 *     GET  /api/zip?path=PATH
 *
 * A failed request has status 4xx or 5xx and {"error": PortableError}.
 */
import { z } from "zod";
import type { Answer } from "../../thread/messages.js";
import { studioCommands } from "./workplace.js";

export const callRequest = z.strictObject({
  id: z.string().min(1).max(100),
  command: z.enum(studioCommands),
  settings: z.unknown(),
});

export type CallRequest = z.infer<typeof callRequest>;

export const stopRequest = z.strictObject({ id: z.string() });

/** A line of the reply to a call. */
export type CallLine = Exclude<Answer<unknown>, { readonly type: "output" }>;

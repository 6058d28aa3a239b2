/** The workplace behind the local server, reached by its protocol (../protocol.ts). */
import type { z } from "zod";
import { L3MaskingError, messageOf } from "../../../base/errors.js";
import type { CommandResult } from "../../../commands/table.js";
import { type Asked, revivedError } from "../../../thread/messages.js";
import { answerLine, failedReply, folderReply, workplaceFacts } from "../protocol.js";
import type { StudioCommand, Workplace } from "../workplace.js";

export function remoteWorkplace(token: string): Workplace {
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers: { Authorization: `Bearer ${token}` } });
    } catch (cause) {
      throw lost(cause);
    }
    if (response.ok) return response;
    const { error } = replied(failedReply, await response.text());
    throw revivedError(error);
  }
  const post = (path: string, body: unknown) =>
    send(path, { method: "POST", body: JSON.stringify(body) });
  const at = (what: string, path: string) => `/api/${what}?path=${encodeURIComponent(path)}`;

  return {
    async facts() {
      return replied(workplaceFacts, await (await send("/api/facts")).text());
    },
    async call<Name extends StudioCommand>(
      command: Name,
      settings: unknown,
      { onEvent, signal, end }: Parameters<Workplace["call"]>[2] = {},
    ) {
      const id = crypto.randomUUID();
      const ask = (what: Asked) => void post("/api/ask", { id, what }).catch(() => undefined);
      const [askToStop, askToEnd] = [() => ask("stop"), () => ask("end")];
      signal?.addEventListener("abort", askToStop, { once: true });
      end?.addEventListener("abort", askToEnd, { once: true });
      try {
        const response = await post("/api/call", { id, command, settings });
        // The server knows of the call from its reply on.
        if (signal?.aborted) askToStop();
        if (end?.aborted) askToEnd();
        for await (const line of linesOf(response)) {
          const answer = replied(answerLine, line);
          if (answer.type === "event") onEvent?.(answer.event);
          else if (answer.type === "error") throw revivedError(answer.error);
          // What a command gives back is its own affair, and the same code's on both sides.
          else return answer.result as CommandResult<Name>;
        }
      } finally {
        signal?.removeEventListener("abort", askToStop);
        end?.removeEventListener("abort", askToEnd);
      }
      throw lost();
    },
    read: async (path) => new Uint8Array(await (await send(at("file", path))).arrayBuffer()),
    async write(path, content) {
      await send(at("file", path), { method: "PUT", body: content });
    },
    async list(folder) {
      return replied(folderReply, await (await send(at("list", folder))).text());
    },
    async remove(path) {
      await send(at("file", path), { method: "DELETE" });
    },
    zip: async (folder) => (await send(at("zip", folder))).blob(),
  };
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (reader !== undefined) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw lost(cause);
    });
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Throws `workplace-lost` for what the protocol does not have. */
function replied<Value>(schema: z.ZodType<Value>, text: string): Value {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new L3MaskingError(
      "workplace-lost",
      `expected a reply of the studio's program, got another: ${messageOf(cause)}`,
      { hint: "Reload the page: the program may be of another version by now.", cause },
    );
  }
}

function lost(cause?: unknown): L3MaskingError {
  return new L3MaskingError("workplace-lost", "the studio's program no longer answers", {
    hint: "Start l3masking studio again and open the address that it prints. Corrections are kept.",
    cause,
  });
}

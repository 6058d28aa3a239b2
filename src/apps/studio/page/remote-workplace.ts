/** The workplace behind the local server, reached by its protocol (../protocol.ts). */
import { L3MaskingError } from "../../../base/errors.js";
import type { CommandResult } from "../../../commands/table.js";
import { type PortableError, revivedError } from "../../../thread/messages.js";
import type { CallLine } from "../protocol.js";
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
    const { error }: { readonly error: PortableError } = await response.json();
    throw revivedError(error);
  }
  const post = (path: string, body: unknown) =>
    send(path, { method: "POST", body: JSON.stringify(body) });
  const at = (what: string, path: string) => `/api/${what}?path=${encodeURIComponent(path)}`;

  return {
    facts: async () => (await send("/api/facts")).json(),
    async call<Name extends StudioCommand>(
      command: Name,
      settings: unknown,
      { onEvent, signal }: Parameters<Workplace["call"]>[2] = {},
    ) {
      const id = crypto.randomUUID();
      const stop = () => void post("/api/stop", { id }).catch(() => undefined);
      signal?.addEventListener("abort", stop, { once: true });
      try {
        const response = await post("/api/call", { id, command, settings });
        for await (const line of linesOf(response)) {
          // The server writes what the protocol says.
          const answer: CallLine = JSON.parse(line);
          if (answer.type === "event") onEvent?.(answer.event);
          else if (answer.type === "error") throw revivedError(answer.error);
          else return answer.result as CommandResult<Name>;
        }
      } finally {
        signal?.removeEventListener("abort", stop);
      }
      throw lost();
    },
    read: async (path) => new Uint8Array(await (await send(at("file", path))).arrayBuffer()),
    async write(path, content) {
      await send(at("file", path), { method: "PUT", body: content });
    },
    list: async (folder) => (await send(at("list", folder))).json(),
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

function lost(cause?: unknown): L3MaskingError {
  return new L3MaskingError("workplace-lost", "the studio's program no longer answers", {
    hint: "Start l3masking studio again and open the address that it prints. Corrections are kept.",
    cause,
  });
}

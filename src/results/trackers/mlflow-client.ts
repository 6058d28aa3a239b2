/** Requests to an MLflow tracking server (REST API 2.0), each bounded in time and tried again where that makes sense. */
import { z } from "zod";
import {
  busyAnswer,
  type Cut,
  cutOf,
  type DownloadPatience,
  mayTryAgain,
  pauseBeforeNext,
  watchConnection,
} from "../../model/hub/attempts.js";
import type { MlflowServer } from "../../platform/mlflow-environment.js";

export type MlflowReply = { readonly ok: true; readonly body: unknown } | MlflowFailure;

export interface MlflowFailure {
  readonly ok: false;
  readonly reason: string;
  /** MLflow's error_code, where it gave one. */
  readonly code?: string | undefined;
  /** The server understood and refused: the same request will not do better later. */
  readonly lasting: boolean;
}

export interface MlflowClient {
  get(path: string, query: Readonly<Record<string, string>>): Promise<MlflowReply>;
  post(path: string, body: unknown): Promise<MlflowReply>;
}

/** How patient a request is. A training step may block the thread for long, so silence is counted in looks, not by a clock. */
export const requestPatience: DownloadPatience = {
  attempts: 3,
  pauseMilliseconds: 500,
  stallMilliseconds: 10_000,
  longestPauseMilliseconds: 10_000,
};

/** A client of a server. `givenUp` is looked at all the time; once true, what is under way ends soon. */
export function createMlflowClient(
  { address, authorization }: MlflowServer,
  givenUp: () => boolean,
  patience = requestPatience,
): MlflowClient {
  const headers = {
    "content-type": "application/json",
    ...(authorization !== undefined && { authorization }),
  };
  const send = async (path: string, init: RequestInit): Promise<MlflowReply> => {
    const url = `${address}/api/2.0/mlflow/${path}`;
    for (let fruitless = 1; ; fruitless++) {
      const answer = await attempt(url, { ...init, headers }, givenUp, patience);
      if ("ok" in answer) return answer;
      if (givenUp() || !mayTryAgain(answer, fruitless, patience)) {
        return { ok: false, reason: answer.reason, lasting: false };
      }
      await pauseBeforeNext(answer, fruitless, patience, givenUp);
    }
  };
  return {
    get: (path, query) => send(`${path}?${new URLSearchParams(query)}`, { method: "GET" }),
    post: (path, body) => send(path, { method: "POST", body: JSON.stringify(body) }),
  };
}

async function attempt(
  url: string,
  init: RequestInit,
  givenUp: () => boolean,
  { stallMilliseconds }: DownloadPatience,
): Promise<MlflowReply | Cut> {
  const connection = watchConnection(givenUp, stallMilliseconds);
  try {
    // A redirect would take the secret elsewhere and turn POST into GET.
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      signal: connection.signal,
    });
    const text = await response.text();
    return busyAnswer(response) ?? replyOf(response.status, text);
  } catch (error) {
    return cutOf(error, connection, false);
  } finally {
    connection.close();
  }
}

const errorSchema = z.object({ error_code: z.string(), message: z.string().default("") });

function replyOf(status: number, text: string): MlflowReply {
  const body = parsed(text);
  if (status === 200 && body !== undefined) return { ok: true, body };
  const error = errorSchema.safeParse(body).data;
  const what = error === undefined ? "" : ` (${error.error_code}: ${error.message})`;
  const reason = status === 200 ? "an answer that is not JSON" : `HTTP status ${status}${what}`;
  return { ok: false, reason, code: error?.error_code, lasting: true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

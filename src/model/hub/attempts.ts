/** Requests that may be repeated: how often, after which pause, and when a server or a silent connection is given up. */
import { systemCode } from "../../platform/files/failures.js";
import { pause } from "../../platform/pause.js";

/** How patient a download is; tests have less time. */
export interface DownloadPatience {
  /** Attempts in a row that bring no byte before it is given up. */
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one. */
  readonly pauseMilliseconds: number;
  /** A connection that brings nothing for so long counts as cut. */
  readonly stallMilliseconds: number;
  /** The longest pause that a server may ask for (Retry-After); one that asks for more is given up at once. */
  readonly longestPauseMilliseconds: number;
}

export const defaultPatience: DownloadPatience = {
  attempts: 4,
  pauseMilliseconds: 1_000,
  stallMilliseconds: 60_000,
  longestPauseMilliseconds: 60_000,
};

/** An attempt that may be repeated: the connection broke, or the server asks for patience. */
export interface Cut {
  readonly reason: string;
  readonly cause?: unknown;
  /** HTTP status, where the server answered. */
  readonly status?: number;
  /** The pause that the server asks for. */
  readonly pauseMilliseconds?: number;
  /** No network or no such host, where nothing came yet: trying again is of no use. */
  readonly unreachable?: boolean;
}

/** How often a stop and a stall are looked for. */
const LOOK_MILLISECONDS = 100;

/** Does it make sense to try again after a cut that followed `fruitless` attempts without a byte, itself included? */
export function mayTryAgain(cut: Cut, fruitless: number, patience: DownloadPatience): boolean {
  const { pauseMilliseconds: asked = 0, unreachable = false } = cut;
  return (
    !unreachable && fruitless < patience.attempts && asked <= patience.longestPauseMilliseconds
  );
}

/** Waits as long as the server asked, or twice as long each time. A stop ends it early. */
export async function pauseBeforeNext(
  cut: Cut,
  fruitless: number,
  patience: DownloadPatience,
  cancelled: () => boolean,
): Promise<void> {
  let left = cut.pauseMilliseconds ?? patience.pauseMilliseconds * 2 ** fruitless;
  while (left > 0 && !cancelled()) {
    await pause(Math.min(left, LOOK_MILLISECONDS));
    left -= LOOK_MILLISECONDS;
  }
}

/** A connection that is given up when nothing comes any more, or after a stop. */
export interface WatchedConnection {
  readonly signal: AbortSignal;
  /** Something came. */
  alive(): void;
  close(): void;
}

export function watchConnection(
  cancelled: () => boolean,
  stallMilliseconds: number,
): WatchedConnection {
  const connection = new AbortController();
  let quietLooks = 0;
  const look = setInterval(() => {
    quietLooks += 1;
    if (cancelled() || quietLooks * LOOK_MILLISECONDS >= stallMilliseconds) connection.abort();
  }, LOOK_MILLISECONDS);
  return {
    signal: connection.signal,
    alive() {
      quietLooks = 0;
    },
    close() {
      clearInterval(look);
      connection.abort();
    },
  };
}

/** Errors that tell of an absent network or host, not of a cut. */
const unreachableCodes: readonly string[] = [
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
];

/** A failed fetch as a cut. `begun`: has anything come before? Then an absent network may come back. */
export function cutOf(error: unknown, { signal }: WatchedConnection, begun: boolean): Cut {
  if (signal.aborted) return { reason: "no more data arrived", cause: error };
  const code = connectionCode(error);
  if (!begun && code !== undefined && unreachableCodes.includes(code)) {
    return { reason: `no connection (${code})`, cause: error, unreachable: true };
  }
  return {
    reason: `the connection was cut${code === undefined ? "" : ` (${code})`}`,
    cause: error,
  };
}

/** The answer of a server that is busy (429) or in trouble (5xx) as a cut; undefined for any other. */
export function busyAnswer({ status, headers }: Response): Cut | undefined {
  if (status !== 429 && status < 500) return undefined;
  const pauseMilliseconds = askedPause(headers);
  return {
    reason: `HTTP status ${status}`,
    status,
    ...(pauseMilliseconds !== undefined && { pauseMilliseconds }),
  };
}

/**
 * Retry-After in seconds (RFC 9110, 10.2.3; its other form, a date, is left aside), else the seconds until the window of
 * a rate limit ends (`RateLimit: "name";r=0;t=SECONDS`, a draft of the IETF that the hub follows).
 */
function askedPause(headers: Headers): number | undefined {
  const after = /^\d+$/.exec(headers.get("retry-after") ?? "")?.[0];
  const reset = /;\s*t=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1];
  const seconds = after ?? reset;
  return seconds === undefined ? undefined : 1000 * Number(seconds);
}

/** The code of what is at the bottom of a failed fetch. */
function connectionCode(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = systemCode(at);
    if (code !== undefined) return code;
  }
  return undefined;
}

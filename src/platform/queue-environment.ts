/** Where the queue of runs is: its address, and the secrets that only the environment may hold. */
import { L3MaskingError } from "../base/errors.js";
import { addressFault } from "../base/queue-address.js";
import { systemCode } from "./files/failures.js";
import { readText } from "./files/files.js";

/** As the environment has it; looked at only when it is needed. */
export interface QueueEnvironment {
  readonly username?: string;
  readonly password?: string;
  /** File with the certificates (PEM) that vouch for the server's own, besides those that Node trusts. */
  readonly authorityFile?: string;
}

/** A Redis or Valkey server. */
export interface QueueServer {
  /** Without secrets, so that it can be shown. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  /** Is the connection encrypted, and by whose word is the server the right one? */
  readonly tls?: { readonly authorities?: string };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** L3MASKING_QUEUE_USERNAME, L3MASKING_QUEUE_PASSWORD, L3MASKING_QUEUE_CA. An empty value counts as none. */
export function queueEnvironment(environment: Environment): QueueEnvironment {
  const value = (name: string) => {
    const text = environment[`L3MASKING_QUEUE_${name}`];
    return text === "" ? undefined : text;
  };
  const username = value("USERNAME");
  const password = value("PASSWORD");
  const authorityFile = value("CA");
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(authorityFile !== undefined && { authorityFile }),
  };
}

const USUAL_PORT = 6379;

/** The server at an address. Throws `invalid-setting` for what is no address, and `file-missing` for certificates that cannot be read. */
export function queueServer(text: string, environment: QueueEnvironment): QueueServer {
  const fault = addressFault(text);
  if (fault !== undefined) {
    throw new L3MaskingError("invalid-setting", `setting queue: ${fault}`, {
      hint: "Correct --queue, for example redis://127.0.0.1:6379.",
    });
  }
  const url = new URL(text);
  const { username, password, authorityFile } = environment;
  return {
    address: text.replace(/\/+$/, ""),
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? USUAL_PORT : Number(url.port),
    database: Number(url.pathname.slice(1)),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(url.protocol === "rediss:" && {
      tls: authorityFile === undefined ? {} : { authorities: readAuthorities(authorityFile) },
    }),
  };
}

function readAuthorities(path: string): string {
  try {
    return readText(path);
  } catch (cause) {
    throw new L3MaskingError(
      "file-missing",
      `expected certificates (PEM) in ${path}, which L3MASKING_QUEUE_CA names, got ${systemCode(cause) ?? "none"}`,
      { hint: "Correct L3MASKING_QUEUE_CA.", cause },
    );
  }
}

/** Where MLflow is, by the environment variables that its own client reads. */
import { L3MaskingError } from "../base/errors.js";
import { headerToken } from "./header-token.js";

/** As the environment has it; looked at only when it is needed. */
export interface MlflowEnvironment {
  readonly trackingUri?: string;
  readonly experimentName: string;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
}

/** A tracking server. */
export interface MlflowServer {
  /** Without a slash at the end and without secrets, so that it can be shown. */
  readonly address: string;
  readonly experimentName: string;
  /** The header that says who asks. */
  readonly authorization?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * MLFLOW_TRACKING_URI, MLFLOW_EXPERIMENT_NAME ("Default" where absent), MLFLOW_TRACKING_USERNAME,
 * MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN. An empty value counts as none.
 */
export function mlflowEnvironment(environment: Environment): MlflowEnvironment {
  const value = (name: string) => {
    const text = environment[`MLFLOW_${name}`]?.trim();
    return text === "" ? undefined : text;
  };
  const trackingUri = value("TRACKING_URI");
  const username = value("TRACKING_USERNAME");
  const password = value("TRACKING_PASSWORD");
  const token = value("TRACKING_TOKEN");
  return {
    ...(trackingUri !== undefined && { trackingUri }),
    experimentName: value("EXPERIMENT_NAME") ?? "Default",
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(token !== undefined && { token }),
  };
}

/**
 * The server of an environment. A user name with its password goes before a token, as in MLflow's own client; either may also
 * stand in the address. Throws `invalid-setting` where there is no address of a server, or a token that no header may have.
 */
export function mlflowServer(environment: MlflowEnvironment): MlflowServer {
  const { trackingUri, experimentName, token } = environment;
  const url = trackingUri === undefined ? undefined : webAddress(trackingUri);
  if (url === undefined) {
    // What is no web address may still hold a password, so it is not quoted.
    const got = trackingUri === undefined ? "nothing" : "something else";
    throw new L3MaskingError(
      "invalid-setting",
      `expected the http or https address of a tracking server in MLFLOW_TRACKING_URI, got ${got}`,
      {
        hint: "Start one with `mlflow server` and set MLFLOW_TRACKING_URI, for example to http://127.0.0.1:5000; or remove mlflow from --report-to.",
      },
    );
  }
  const username = environment.username ?? decoded(url.username);
  const password = environment.password ?? decoded(url.password);
  const authorization =
    username !== "" && password !== ""
      ? `Basic ${base64(`${username}:${password}`)}`
      : token && `Bearer ${headerToken(token, "MLFLOW_TRACKING_TOKEN")}`;
  return {
    address: `${url.origin}${url.pathname}`.replace(/\/+$/, ""),
    experimentName,
    ...(authorization !== undefined && { authorization }),
  };
}

function webAddress(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return ["http:", "https:"].includes(url.protocol) ? url : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Of the UTF-8 bytes. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

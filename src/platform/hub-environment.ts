/** Where the hub is and where its files are kept, by the environment variables that Hugging Face's own tools read. */
import { join } from "node:path";

export interface HubSettings {
  /** Folder of the cache that all tools share; holds `models--ORG--NAME`. */
  readonly cacheFolder: string;
  /** The hub or a mirror of it, without a slash at the end and without secrets, so that it can be shown. */
  readonly endpoint: string;
  /** What is wrong with the endpoint that the environment names; `endpoint` is then the usual one. */
  readonly endpointFault?: string;
  /** What asks for no network at all, such as HF_HUB_OFFLINE=1; absent where it is allowed. */
  readonly offlineBy?: string;
  /** The user's secret for private and gated repositories. */
  readonly token?: string;
  /** Holds the token where the environment has none; absent where it is not to be read. */
  readonly tokenFile?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings of an environment; `home` is the user's folder. The first of each line that is set counts:
 *
 *     cacheFolder   HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub
 *     endpoint      HF_ENDPOINT, https://huggingface.co
 *     offlineBy     HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE (1, ON, YES or TRUE)
 *     token         HF_TOKEN, HUGGING_FACE_HUB_TOKEN
 *     tokenFile     HF_TOKEN_PATH, HF_HOME/token; none with HF_HUB_DISABLE_IMPLICIT_TOKEN
 *
 * An empty value counts as none. In paths `~` at the beginning and `$NAME` are resolved.
 */
export function hubSettings(environment: Environment, home: string): HubSettings {
  const value = (name: string) => {
    const text = environment[name]?.trim();
    return text === "" ? undefined : text;
  };
  const path = (name: string) => {
    const text = value(name);
    return text === undefined ? undefined : expandedPath(text, environment, home);
  };
  const hubHome =
    path("HF_HOME") ?? join(path("XDG_CACHE_HOME") ?? join(home, ".cache"), "huggingface");
  const offlineBy = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find(
    (name) => value(name) !== undefined,
  );
  const token = value("HF_TOKEN") ?? value("HUGGING_FACE_HUB_TOKEN");
  return {
    cacheFolder: path("HF_HUB_CACHE") ?? path("HUGGINGFACE_HUB_CACHE") ?? join(hubHome, "hub"),
    ...endpointOf(value("HF_ENDPOINT") ?? usualEndpoint),
    ...(offlineBy !== undefined &&
      isOn(value(offlineBy)) && { offlineBy: `${offlineBy}=${value(offlineBy)}` }),
    ...(token !== undefined && { token }),
    ...(!isOn(value("HF_HUB_DISABLE_IMPLICIT_TOKEN")) && {
      tokenFile: path("HF_TOKEN_PATH") ?? join(hubHome, "token"),
    }),
  };
}

const usualEndpoint = "https://huggingface.co";

function endpointOf(text: string): Pick<HubSettings, "endpoint" | "endpointFault"> {
  const found = foundInstead(text);
  if (found === undefined) return { endpoint: text.replace(/\/+$/, "") };
  const endpointFault = `expected the http or https address of the hub in HF_ENDPOINT, got ${found}`;
  return { endpoint: usualEndpoint, endpointFault };
}

/** What a text is that is not the address of a hub; it is quoted only where it cannot hold a secret. */
function foundInstead(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    return /[@?#]/.test(text) ? "something else" : JSON.stringify(text);
  }
  if (url.username !== "" || url.password !== "") return "an address with a user name or password";
  return url.search !== "" || url.hash !== "" ? "an address with a query" : undefined;
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && ["1", "ON", "YES", "TRUE"].includes(value.toUpperCase());
}

function expandedPath(text: string, environment: Environment, home: string): string {
  const named = text.replaceAll(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (whole, braced: string | undefined, bare: string | undefined) =>
      environment[braced ?? bare ?? ""] ?? whole,
  );
  return named.replace(/^~(?=$|[/\\])/, () => home);
}

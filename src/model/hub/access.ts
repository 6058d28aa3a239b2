/** What requests to the hub need of the environment, checked before the first one. */
import { L3MaskingError } from "../../base/errors.js";
import { headerToken } from "../../platform/header-token.js";
import type { HubSettings } from "../../platform/hub-environment.js";
import { readToken } from "./cache.js";

export interface HubAccess {
  readonly endpoint: string;
  readonly token?: string;
}

/** Throws `invalid-setting` for an endpoint that is no web address, and for a token that no header may have. */
export function hubAccess({
  endpoint,
  endpointFault,
  token,
  tokenFile,
}: Pick<HubSettings, "endpoint" | "endpointFault" | "token" | "tokenFile">): HubAccess {
  if (endpointFault !== undefined) {
    throw new L3MaskingError("invalid-setting", endpointFault, {
      hint: "Set HF_ENDPOINT to an address such as https://huggingface.co, or unset it.",
    });
  }
  if (token !== undefined) return { endpoint, token: headerToken(token, "HF_TOKEN") };
  const stored = readToken(tokenFile);
  return stored === undefined
    ? { endpoint }
    : { endpoint, token: headerToken(stored, tokenFile ?? "HF_TOKEN_PATH") };
}

/** The shipped model, which a page fetches once and then has among its files. */
import { writeFolder } from "../../platform/files/durable-folder.js";
import { exists } from "../../platform/files/files.js";
import { packagePath } from "../../platform/package-path.js";
import type { Host } from "../../run/host/host.js";
import { fetchModel } from "../../run/in-memory/fetched.js";
import { SHIPPED_MODEL, shippedModelPath } from "../../run/settings/shipped-model.js";

const folder = packagePath(shippedModelPath);

/** Fetches the model from an address for a call that reads it, unless it is there. Throws what `fetchModel` and `writeFolder` throw. */
export async function fetchShippedModel(
  address: string,
  settings: object,
  host: Pick<Host, "emit" | "cancelled">,
): Promise<void> {
  const reads = "model" in settings && settings.model === SHIPPED_MODEL;
  if (!reads || exists(folder)) return;
  const stop = new AbortController();
  const files = await fetchModel(address, {
    signal: stop.signal,
    onEvent(event) {
      host.emit(event);
      if (host.cancelled()) stop.abort();
    },
  });
  const written = Array.from(files, ([name, bytes]) => ({ name, pieces: [bytes] }));
  writeFolder(folder, written, { replace: false });
}

/** Bytes that `fetchShippedModel` would fetch, as far as the server says. */
export async function shippedModelToFetch(address: string): Promise<number> {
  if (exists(folder)) return 0;
  const weights = `${address.replace(/\/?$/, "/")}model.safetensors`;
  const response = await fetch(weights, { method: "HEAD" }).catch(() => undefined);
  return Number(response?.headers.get("content-length") ?? 0);
}

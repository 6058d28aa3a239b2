/** Where a page from a static host has its work done, in place of `../workplace-of-page.ts`: in a worker of its own. */
import { L3MaskingError } from "../../../../base/errors.js";
import { shippedModelPath } from "../../../../run/settings/shipped-model.js";
import { browserWorkplace } from "../../browser-workplace.js";
import type { Workplace } from "../../workplace.js";
import { isolatePage } from "./isolation.js";

/** Throws `storage-missing` for a page from plain http, and what `browserWorkplace` throws. */
export async function workplaceOfPage(): Promise<Workplace> {
  if (!isSecureContext) {
    throw new L3MaskingError(
      "storage-missing",
      `expected a page from https or localhost, got ${location.origin}: browsers keep no files for others`,
      { hint: "Serve the folder by https." },
    );
  }
  await isolatePage();
  const worker = new Worker(new URL("../../../../thread/browser/worker.js", import.meta.url), {
    type: "module",
  });
  return browserWorkplace({ worker, model: new URL(shippedModelPath, location.href).href });
}

/** A check that is stopped on request. */
import { L3MaskingError } from "../../base/errors.js";
import type { Host } from "../host/host.js";

/** Throws `interrupted` after a stop on request. */
export function stopIfAsked(host: Pick<Host, "cancelled">): void {
  if (!host.cancelled()) return;
  throw new L3MaskingError("interrupted", "stopped while the data were checked", {
    hint: "Run the same command again; nothing was written.",
  });
}

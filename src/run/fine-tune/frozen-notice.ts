/** What is said of frozen layers that are computed more than once. */
import { hasAuxiliaryTask } from "../../method/methods.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding } from "../../text/encoding.js";
import { windowsOf } from "../../text/long-texts.js";
import type { NoticeEvent } from "../host/host.js";
import { formatBytes } from "../memory/memory-check.js";
import {
  type FreezeSettings,
  frozenStatesBytes,
  MOST_BYTES,
  readsFrozenStates,
} from "./frozen-states.js";

/** Why frozen layers are computed in every step; undefined where once is enough, or where none are frozen. */
export function frozenLayersAgain(
  settings: FreezeSettings,
  spec: ModelSpec,
  texts: readonly Encoding[],
): NoticeEvent | undefined {
  const { method, freezeLayers = 0 } = settings;
  if (freezeLayers === 0) return undefined;
  const lengths = texts.flatMap(windowsOf).map(({ ids }) => ids.length);
  const bytes = frozenStatesBytes(settings, spec, lengths);
  const isTooLarge = readsFrozenStates(settings, lengths.length) && bytes > MOST_BYTES;
  if (!isTooLarge && !hasAuxiliaryTask(method)) return undefined;
  const why = isTooLarge
    ? `their output for these texts takes ${formatBytes(bytes)}, more than the ${formatBytes(MOST_BYTES)} that are kept`
    : `${method} draws masks anew in every epoch`;
  const layers = freezeLayers === 1 ? "layer is" : "layers are";
  const text = `${freezeLayers} frozen ${layers} computed in every step: ${why}`;
  return { type: "notice", level: "info", text };
}

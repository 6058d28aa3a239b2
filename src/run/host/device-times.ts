/** How long a training step of the shipped model took on each device of a machine: what `--device auto` goes by. */
import { z } from "zod";
import { type DeviceName, deviceNames } from "../../engine/runtime/devices/names.js";
import { writeDurably } from "../../platform/files/durable.js";
import { findText, makeFolders } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";

const deviceTimes = z.object({
  /** Name and version of the runtime, and the processor, that were timed. */
  runtime: z.string(),
  processor: z.string(),
  /** The day, as ISO 8601. */
  measured: z.string(),
  /** Seconds of a step, of the devices that were there. */
  seconds: z.partialRecord(z.enum(deviceNames), z.number().positive()),
});

export type DeviceTimes = z.infer<typeof deviceTimes>;

const FILE = "device-times.json";

export function writeDeviceTimes(cacheFolder: string, times: DeviceTimes): string {
  const path = join(cacheFolder, FILE);
  makeFolders(cacheFolder);
  writeDurably(path, [`${JSON.stringify(times, undefined, 2)}\n`]);
  return path;
}

/** What was measured, if that was here and with this version of the runtime; a file that cannot be read is none. */
export function readDeviceTimes(
  cacheFolder: string,
  now: Pick<DeviceTimes, "runtime" | "processor">,
): DeviceTimes | undefined {
  const text = findText(join(cacheFolder, FILE));
  if (text === undefined) return undefined;
  const times = deviceTimes.safeParse(parsed(text)).data;
  const fits = times?.runtime === now.runtime && times.processor === now.processor;
  return fits ? times : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The device whose step was the shortest; the processor where none was shorter, or nothing was measured. */
export function fastestDevice(times: DeviceTimes | undefined): DeviceName {
  const { cpu = Number.POSITIVE_INFINITY, ...others } = times?.seconds ?? {};
  let best: { readonly name: DeviceName; readonly seconds: number } = { name: "cpu", seconds: cpu };
  for (const name of deviceNames) {
    const seconds = name === "cpu" ? cpu : others[name];
    if (seconds !== undefined && seconds < best.seconds) best = { name, seconds };
  }
  return times?.seconds.cpu === undefined ? "cpu" : best.name;
}

/** The device that a command computes on. */
import { L3MaskingError } from "../../base/errors.js";
import type { DeviceName } from "../../engine/runtime/devices/names.js";
import type { NoticeEvent } from "./host.js";

/** What the settings of a command say of computing. */
export interface ComputeSettings {
  readonly threads?: number | undefined;
  /** The processor where absent. */
  readonly device?: "auto" | DeviceName | undefined;
  readonly precision?: "float32" | "int8" | undefined;
  readonly scoringPrecision?: "float32" | "int8" | undefined;
}

/**
 * The device asked for; for `auto` the `fastest`, which is asked for only then, or the processor in int8, which runs nowhere
 * else. Throws `invalid-setting` for int8 on another device.
 */
export function chosenDevice(
  { device = "cpu", precision, scoringPrecision }: ComputeSettings,
  fastest: () => DeviceName,
): DeviceName {
  const int8 =
    (precision === "int8" && "--precision int8") ||
    (scoringPrecision === "int8" && "--scoring-precision int8");
  if (int8 === false) return device === "auto" ? fastest() : device;
  if (device === "auto" || device === "cpu") return "cpu";
  throw new L3MaskingError(
    "invalid-setting",
    `expected --device cpu with ${int8}, which runs on the processor only, got ${device}`,
    { hint: `Leave out --device ${device}, or ${int8}.` },
  );
}

/**
 * What `open` gives for the device. The one that `auto` found fastest may not open any more (its driver is gone, another run
 * holds it): then the `processor`, and a warning says so. For a device asked for by name, throws what `open` throws.
 */
export async function openedOr<Opened>(
  processor: Opened,
  { device = "cpu" }: ComputeSettings,
  chosen: Exclude<DeviceName, "cpu">,
  open: () => Promise<Opened>,
  tell: (notice: NoticeEvent) => void,
): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    if (device !== "auto" || !(error instanceof L3MaskingError)) throw error;
    const text = `--device auto: computing on cpu, as ${chosen}, the fastest when they were timed, cannot be opened: ${error.message}. Time them again: l3masking doctor --time-devices`;
    tell({ type: "notice", level: "warning", text });
    return processor;
  }
}

/**
 * The device of runs that are trained at once in threads of one process: of several only one could compute on webgpu, so `auto`
 * is the processor there. Throws `invalid-setting` for webgpu.
 */
export function deviceOfJobs<Device extends "auto" | DeviceName>(
  device: Device,
  jobs: number,
): Device | "cpu" {
  if (jobs === 1) return device;
  if (device !== "webgpu") return device === "auto" ? "cpu" : device;
  throw new L3MaskingError(
    "invalid-setting",
    `expected --jobs 1 with --device webgpu, which one run of a process can use at a time, got ${jobs}`,
    { hint: "Leave out --jobs, or use --device cpu." },
  );
}

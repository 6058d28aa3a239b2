/** Times a training step of a model on each device, for `--device auto` to choose by. */
import { L3MaskingError } from "../base/errors.js";
import { type DeviceName, deviceNames } from "../engine/runtime/devices/names.js";
import { packagePath } from "../platform/package-path.js";
import { loadInputs } from "../run/fine-tune/inputs.js";
import { secondsPerStep } from "../run/fine-tune/step-time.js";
import { type DeviceTimes, writeDeviceTimes } from "../run/host/device-times.js";
import type { Host } from "../run/host/host.js";
import { resolveSettings, trainSchema } from "../run/settings/schemas.js";
import { SHIPPED_MODEL } from "../run/settings/shipped-model.js";

/** What came of timing a device: the seconds of a step, or why there are none. */
export interface TimedDevice {
  readonly device: DeviceName;
  readonly seconds?: number;
  /** What it lacks, or what failed. */
  readonly failure?: L3MaskingError;
}

export interface DeviceTiming {
  readonly devices: readonly TimedDevice[];
  /** The file that `--device auto` reads. */
  readonly file: string;
}

/**
 * Times a step on each device and writes what was found to the cache folder; one that is missing or fails is left out. Throws
 * `interrupted` after a stop on request, and what reading the model throws.
 */
export async function timeDevices(
  host: Host,
  processor: string,
  model: string = SHIPPED_MODEL,
): Promise<DeviceTiming> {
  const settings = resolveSettings(trainSchema, {
    trainFile: packagePath("examples/messages.csv"),
    model,
    method: "stl",
    folds: 0,
    maxLength: 64,
    batchSize: 16,
  });
  // What is read is not the user's, so nothing is said of it.
  const quiet: Host = { ...host, emit: (event) => event.type === "progress" && host.emit(event) };
  const inputs = await loadInputs({ ...settings, outputDir: "unused" }, quiet);
  const devices: TimedDevice[] = [];
  const seconds: Partial<Record<DeviceName, number>> = {};
  let runtimeName = "";
  for (const device of deviceNames) {
    try {
      const runtime = await host.runtime({ device });
      runtimeName = runtime.name;
      seconds[device] = await secondsPerStep(inputs, undefined, runtime, quiet);
      devices.push({ device, seconds: seconds[device] });
    } catch (error) {
      if (!(error instanceof L3MaskingError)) throw error;
      if (error.code === "interrupted") throw stoppedOn(device);
      devices.push({ device, failure: error });
    }
  }
  const times: DeviceTimes = { runtime: runtimeName, processor, measured: host.time(), seconds };
  return { devices, file: writeDeviceTimes(host.cacheFolder, times) };
}

function stoppedOn(device: DeviceName): L3MaskingError {
  return new L3MaskingError(
    "interrupted",
    `stopped while a training step was timed on ${device}; nothing was remembered`,
    { hint: "Repeat the command." },
  );
}

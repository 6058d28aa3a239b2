import { deviceNamed } from "../open-device.js";
import type { DeviceOptions, Runtime } from "../runtime.js";
import { devices } from "./devices.js";

/**
 * Opens a device for graphs: in Node `cpu`, the default, or another of docs/devices.md, and in a browser `wasm`, the default,
 * or `webgpu`.
 *
 * Throws `invalid-setting` for another name, and `runtime-missing`, `runtime-unsupported` or `device-missing` where the device
 * or what it needs is not there.
 */
export function openDevice(name?: string, options?: DeviceOptions): Promise<Runtime> {
  return deviceNamed(name, devices).open(options);
}

import { deviceNamed } from "../../open-device.js";
import type { DeviceOptions, Runtime } from "../../runtime.js";
import { browserDevices } from "./devices.js";

/** As `openDevice` in Node, with `wasm`, the default, and `webgpu`. */
export function openDevice(name?: string, options?: DeviceOptions): Promise<Runtime> {
  return deviceNamed(name, browserDevices).open(options);
}

/** The devices that graphs can run on: one line for each file of a device. */
import type { Device } from "../runtime.js";
import { cpu } from "./cpu.js";
import { cuda } from "./cuda.js";
import type { DeviceName } from "./names.js";
import { webgpu } from "./webgpu.js";

export const devices: Readonly<Record<DeviceName, Device>> = { cpu, webgpu, cuda };

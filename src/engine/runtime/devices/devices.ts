/** The devices that graphs can run on: one line for each file of a device. */
import type { Device } from "../runtime.js";
import { cpu } from "./cpu.js";
import { cuda } from "./cuda.js";
import { webgpu } from "./webgpu.js";

export const devices = { cpu, webgpu, cuda } as const satisfies Readonly<Record<string, Device>>;

export type DeviceName = keyof typeof devices;

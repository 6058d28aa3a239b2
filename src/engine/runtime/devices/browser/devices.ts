/** The devices of a browser: one line for each file of a device. */
import type { Device } from "../../runtime.js";
import { wasm } from "./wasm.js";
import { webgpu } from "./webgpu.js";

export const browserDevices = { wasm, webgpu } as const satisfies Readonly<Record<string, Device>>;

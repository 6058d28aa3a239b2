/** The devices that graphs can run on: one line for each file of a device. */
import type { Device } from "../runtime.js";
import { cpu } from "./cpu.js";

export const devices = { cpu } as const satisfies Readonly<Record<string, Device>>;

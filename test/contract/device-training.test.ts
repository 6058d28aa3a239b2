/**
 * The contract of devices that train, on the processor: its arrays are held like those of a device, by the kernels that every
 * device has.
 */
import { cpu } from "../../src/engine/runtime/devices/cpu.js";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { describeDeviceGradients } from "./device-gradients.js";
import { describeDeviceRuns } from "./device-runs.js";

const open = async (): Promise<Runtime> => {
  return { ...(await cpu.open({ threads: 1 })), target: "portable", memory: "device" };
};

describeDeviceGradients("the processor as a device", open);
describeDeviceRuns("the processor as a device", open);

/** The contract of devices that train, on the processor: arrays are held there too, by the kernels that every device has. */
import { cpu } from "../../src/engine/runtime/devices/cpu.js";
import { describeDeviceGradients } from "./device-gradients.js";

const open = async () => ({ ...(await cpu.open({ threads: 1 })), target: "portable" as const });

describeDeviceGradients("the processor", open);

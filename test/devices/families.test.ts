/** The training passes of every family, on each device that is present and on the processor with the forms that devices get. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cpu } from "../../src/engine/runtime/devices/cpu.js";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { describeDeviceGradients } from "../contract/device-gradients.js";
import { presentDevices } from "../fixtures/devices.js";

const folder = fileURLToPath(new URL("../golden/families/", import.meta.url));

const portable = async (): Promise<Runtime> => {
  return { ...(await cpu.open({ threads: 1 })), target: "portable", memory: "device" };
};
const devices = (await presentDevices()).map(([name, { runtime }]) => {
  return name === "cpu"
    ? (["portable", portable] as const)
    : ([name, async () => runtime] as const);
});

for (const family of readdirSync(folder)) {
  for (const [name, open] of devices) {
    describeDeviceGradients(`${name}, ${family}`, open, `${folder}${family}`);
  }
}

/** The contract of devices that train, on each that is present beside the processor, which `npm test` covers. */
import { describeDeviceGradients } from "../contract/device-gradients.js";
import { describeDeviceRuns } from "../contract/device-runs.js";
import { presentDevices } from "../fixtures/devices.js";

for (const [name, { runtime }] of await presentDevices()) {
  if (name === "cpu") continue;
  describeDeviceGradients(name, async () => runtime);
  describeDeviceRuns(name, async () => runtime);
}

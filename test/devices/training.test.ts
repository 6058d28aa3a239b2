/** The contract of devices that train, on each that is present beside the processor. */
import { presentDevices } from "../fixtures/devices.js";
import { describeDeviceGradients } from "../contract/device-gradients.js";
import { describeDeviceRuns } from "../contract/device-runs.js";

for (const [name, { runtime }] of await presentDevices()) {
  describeDeviceGradients(name, async () => runtime);
  describeDeviceRuns(name, async () => runtime);
}

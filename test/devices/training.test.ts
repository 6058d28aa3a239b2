/** The contract of devices that train, on each that is present beside the processor. */

import { describeDeviceGradients } from "../contract/device-gradients.js";
import { presentDevices } from "../fixtures/devices.js";

for (const [name, { runtime }] of await presentDevices()) {
  describeDeviceGradients(name, async () => runtime);
}

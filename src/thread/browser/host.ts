/** What a command gets in a browser's worker. */
import { L3MaskingError } from "../../base/errors.js";
import { browserDevices } from "../../engine/runtime/devices/browser/devices.js";
import { mostWebAssemblyBytes } from "../../platform/browser/page.js";
import { packagePath } from "../../platform/package-path.js";
import { chosenDevice } from "../../run/host/device.js";
import type { Host } from "../../run/host/host.js";
import { type BrowserDevice, openDevice } from "../../run/in-memory/browser.js";

/** What depends on the call, and the clocks. */
export type CallHost = Pick<
  Host,
  "emit" | "cancelled" | "ending" | "now" | "today" | "time" | "atEnd"
>;

/**
 * A host whose "cpu" is the processors by WebAssembly, and whose "auto" is the same, as nothing was timed. No model is fetched by its
 * name on the hub: the page speaks to nobody.
 */
export function browserHost(call: CallHost): Host {
  return {
    ...call,
    async runtime(asked) {
      const chosen = chosenDevice(asked, () => "cpu");
      const device = chosen === "cpu" ? "wasm" : chosen;
      if (!isOfBrowsers(device)) throw notInBrowsers(device);
      const { threads } = asked;
      return openDevice(
        { device, ...(threads !== undefined && { threads }) },
        { onEvent: call.emit },
      );
    },
    availableMemory: () => ({ bytes: mostWebAssemblyBytes, bound: "machine" }),
    inThread: (command) => Promise.reject(noThread(command)),
    cacheFolder: packagePath("cache"),
    hub: {
      cacheFolder: packagePath("hub"),
      endpoint: "https://huggingface.co",
      offlineBy: "this page",
    },
    mlflow: { experimentName: "Default" },
    queue: {},
  };
}

function isOfBrowsers(device: string): device is BrowserDevice {
  return Object.hasOwn(browserDevices, device);
}

function notInBrowsers(device: string): L3MaskingError {
  return new L3MaskingError(
    "device-missing",
    `expected a device that browsers have, ${Object.keys(browserDevices).join(" or ")}, got ${device}`,
    { hint: 'Choose "webgpu", or leave the device out.' },
  );
}

function noThread(command: string): L3MaskingError {
  return new L3MaskingError(
    "worker-failed",
    `expected a command of one thread, got ${command} in another`,
  );
}

/** The device of a name. */
import { L3MaskingError } from "../../base/errors.js";
import type { Device } from "./runtime.js";

/** The device of `name` in a table, or its first where there is no name. Throws `invalid-setting` for another name. */
export function deviceNamed(
  name: string | undefined,
  devices: Readonly<Record<string, Device>>,
): Device {
  const names = Object.keys(devices);
  const chosen = name ?? names[0];
  if (Object.hasOwn(devices, chosen)) return devices[chosen];
  throw new L3MaskingError(
    "invalid-setting",
    `expected one of the devices ${names.join(", ")}, got ${chosen}`,
    { hint: "docs/devices.md says what each of them needs." },
  );
}

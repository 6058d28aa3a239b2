import { it } from "vitest";
import { devices } from "../../src/engine/runtime/devices/devices.js";
import { exampleOn, expectTrained } from "../fixtures/engine-example.js";

it.for(Object.keys(devices))("examples/engine.mjs on %s", (device, { skip }) => {
  const printed = exampleOn(device);
  if (printed === undefined) return skip();
  expectTrained(printed);
});

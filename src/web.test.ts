import { expect, it } from "vitest";
import * as door from "./web.js";

it("exports these names and no others", () => {
  expect(Object.keys(door).sort()).toEqual([
    "L3MaskingError",
    "fetchModel",
    "openClassifier",
    "openModel",
  ]);
});

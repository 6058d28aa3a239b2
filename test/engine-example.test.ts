/** examples/engine.mjs on the processor; test/devices has the other devices, test/browser the browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exampleOn, expectTrained } from "./fixtures/engine-example.js";
import { root } from "./fixtures/pages.js";

it("trains a network, and exports it", () => {
  expectTrained(exampleOn("cpu") ?? expect.unreachable("the processor is always there"));
});

it("is short, and names nothing of Node that a browser would not pass over", () => {
  const text = readFileSync(join(root, "examples/engine.mjs"), "utf8");
  expect(text.trimEnd().split("\n").length).toBeLessThan(60);
  expect(text).not.toMatch(/node:|\brequire\(|(?<!globalThis\.)\bprocess\b/);
});

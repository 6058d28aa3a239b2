import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { nodeWorkplace } from "./node-workplace.js";

const at = temporaryFolder();
const outside = expect.objectContaining({ code: "workplace-path" });

it("reads the runs of another folder, and writes nothing there", async () => {
  mkdirSync(at("mine"));
  mkdirSync(at("runs/one"), { recursive: true });
  writeFileSync(at("runs/one/config.json"), "{}");
  const workplace = nodeWorkplace(at("mine"), { otherRuns: at("runs") });
  expect(await workplace.list("@runs")).toEqual([{ name: "one", kind: "folder", size: 0 }]);
  expect(new TextDecoder().decode(await workplace.read("@runs/one/config.json"))).toBe("{}");
  await expect(workplace.write("@runs/one/config.json", new Blob(["no"]))).rejects.toEqual(outside);
  await expect(workplace.remove("@runs/one")).rejects.toEqual(outside);
  await expect(workplace.read("@runs/../mine")).rejects.toEqual(outside);
  const training = { trainFile: "@runs/one/config.json", outputDir: "@runs/two" };
  await expect(workplace.call("train", training)).rejects.toEqual(outside);
  expect(readFileSync(at("runs/one/config.json"), "utf8")).toBe("{}");
  await workplace.close();
});

it("has no other runs where it was given none", async () => {
  mkdirSync(at("alone"));
  const workplace = nodeWorkplace(at("alone"));
  await expect(workplace.list("@runs")).rejects.toEqual(outside);
});

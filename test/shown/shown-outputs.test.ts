/** What pages show is what their commands print. Takes minutes; `node scripts/shown-outputs.mjs --write` refreshes the pages. */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { blocksOf, pages, root } from "../fixtures/pages.js";

const showing = pages.filter((page) =>
  blocksOf(page).some(({ language }) => language === "console"),
);

it("some page shows output", () => {
  expect(showing).toContain("README.md");
});

it.each(showing)("%s shows what its commands print", (page) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/shown-outputs.mjs", page],
    { cwd: root, encoding: "utf8" },
  );
  expect(status, stdout + stderr).toBe(0);
});

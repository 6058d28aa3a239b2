/** The figures on the card of models/minilm, computed again on the held-out text. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { commands } from "../../src/commands/table.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { createTestHost } from "../fixtures/host.js";

const at = temporaryFolder();
const root = fileURLToPath(new URL("../../", import.meta.url));
const packed = join(
  process.env.L3MASKING_DATA ?? join(root, "../shared/data"),
  "general/valid.txt.xz",
);

describe("the card of models/minilm", () => {
  it.skipIf(!existsSync(packed))(
    "tells accuracy, perplexity and loss on the held-out text as they are",
    async () => {
      const card = readFileSync(join(root, "models/minilm/README.md"), "utf8");
      const figures = /^\| ([\d.]+) % \| ([\d.]+) \| ([\d.]+) \|$/m
        .exec(card)
        ?.slice(1)
        .map(Number);
      const text = at("valid.txt");
      writeFileSync(text, execFileSync("xz", ["-dc", packed], { maxBuffer: 2 ** 26 }));
      const model = join(root, "models/minilm");
      const measured = await commands.perplexity.run({ model, text: [text] }, createTestHost());
      expect(figures).toEqual([
        expect.closeTo(100 * measured.accuracy, 1),
        expect.closeTo(measured.perplexity, 0),
        expect.closeTo(measured.loss, 2),
      ]);
    },
    // Other files of the suite use the processors meanwhile.
    900_000,
  );
});

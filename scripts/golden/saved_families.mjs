/**
 * Saves a classifier and a masked language model of every golden family, as `train` and `pretrain` save them, for check_saved_families.py.
 *
 *     npm run build
 *     node scripts/golden/saved_families.mjs build/saved-families
 *     python scripts/golden/check_saved_families.py build/saved-families
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesInFolder } from "../../dist/model/checkpoint/folder.js";
import { readSafetensors } from "../../dist/model/checkpoint/formats/safetensors.js";
import { loadCheckpoint } from "../../dist/model/checkpoint/load.js";
import { saveCheckpoint } from "../../dist/model/checkpoint/save.js";
import { storedName } from "../../dist/model/checkpoint/stored-names.js";
import { modelParameters } from "../../dist/model/heads.js";
import { loadTokenizer } from "../../dist/text/load.js";

const output = process.argv[2];
const golden = fileURLToPath(new URL("../../test/golden/families/", import.meta.url));
const labels = ["a", "b", "c"];
const longest = 20;

for (const name of readdirSync(golden)) {
  const folder = join(golden, name);
  const { spec, values: loaded } = await loadCheckpoint(folder);
  const tokenizerFiles = (await loadTokenizer(folder)).files(longest);
  const values = new Map(loaded);
  const file = filesInFolder(folder).open("head.safetensors");
  const head = new Map((await readSafetensors(file.source)).map((tensor) => [tensor.name, tensor]));
  for (const { name, part } of modelParameters(spec, { classes: labels.length })) {
    if (part === "classification-head") {
      values.set(name, await head.get(storedName(spec.family, name)).read());
    }
  }
  file.close();
  const common = { spec, values, tokenizerFiles };
  rmSync(join(output, name), { recursive: true, force: true });
  const classifier = { ...common, kind: "sequence-classification", labels };
  await saveCheckpoint(join(output, name, "classifier"), classifier);
  await saveCheckpoint(join(output, name, "masked"), { ...common, kind: "masked-lm" });
}

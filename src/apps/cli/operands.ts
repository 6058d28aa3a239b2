/** The words that belong to no flag, as the settings that they stand for. */
import { L3MaskingError } from "../../base/errors.js";
import type { Operands } from "../../commands/command.js";
import { filesOfFolder, filesOfList } from "../../data/split-files.js";
import { toFlag } from "../../run/settings/resolve.js";
import type { GivenSettings } from "./commands.js";
import type { Terminal } from "./terminal.js";

/**
 * Settings from operands. A single file or folder of the splits may be completed by flags, which win over what is found in
 * the folder. Throws `invalid-setting` for a setting that a flag gives as well.
 */
export async function operandSettings(
  operands: Operands | undefined,
  words: readonly string[],
  given: GivenSettings,
  terminal: Pick<Terminal, "listFolder">,
): Promise<GivenSettings> {
  if (operands === undefined || words.length === 0) return {};
  const { syntax, fills } = operands;
  const [first] = words;
  const refuse = (settings: readonly string[]) => {
    const twice = settings.find((setting) => given[setting] !== undefined);
    if (twice !== undefined) throw givenTwice(operands, first, twice);
  };
  if (fills !== "files") {
    refuse([fills]);
    return { [fills]: syntax.endsWith("...") ? words : first };
  }
  if (words.length > 1) {
    refuse(["trainFile", "validationFile", "testFile"]);
    return { ...filesOfList(words) };
  }
  refuse(["trainFile"]);
  const names = await terminal.listFolder(first);
  return names === undefined ? { trainFile: first } : { ...filesOfFolder(first, names) };
}

function givenTwice({ syntax }: Operands, word: string, setting: string): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    `expected ${syntax} or --${toFlag(setting)}, got both ("${word}" was read as ${syntax})`,
    { hint: "Keep one of the two." },
  );
}

/** Secrets that are sent as headers. */
import { L3MaskingError } from "../base/errors.js";

/**
 * Gives the token. Throws `invalid-setting` where it has a character that no header may have, often one that was copied with it; the
 * message names the character and its place, and nothing else of the token.
 */
export function headerToken(token: string, where: string): string {
  const characters = Array.from(token);
  const at = characters.findIndex((character) => !/^[!-~]$/.test(character));
  if (at < 0) return token;
  const code = (characters[at].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  throw new L3MaskingError(
    "invalid-setting",
    `expected letters, digits and signs of ASCII in the token of ${where}, got U+${code} as character ${at + 1} of ${characters.length}`,
    { hint: "Copy the token again, without spaces, quotation marks or line ends." },
  );
}

/**
 * Tokens that were added to a vocabulary, such as markers of entities: where a text has one, it is one token, and what lies
 * between them is normalized and cut into words by itself.
 *
 * Reference: `AddedVocabulary::extract_and_normalize` of Hugging Face's Rust tokenizers. There is one difference: the tokens
 * with a role (`[SEP]`, `<mask>`) are never looked for, since a user's text may contain the string.
 */
import * as z from "zod";
import type { Normalize } from "./normalize.js";
import { MAX_ID } from "./vocabulary.js";

/** An entry of `added_tokens`. */
export const addedTokenSchema = z
  .looseObject({
    id: z.int().nonnegative().max(MAX_ID),
    content: z.string(),
    special: z.boolean().default(false),
    /** Not inside a word. */
    single_word: z.boolean().default(false),
    /** With the white space before it. */
    lstrip: z.boolean().default(false),
    rstrip: z.boolean().default(false),
    /** Looked for in the normalized text. */
    normalized: z.boolean().optional(),
  })
  .transform((token) => ({ ...token, normalized: token.normalized ?? !token.special }));

export type AddedToken = z.infer<typeof addedTokenSchema>;

/** A piece of a text: normalized, or an added token. */
export type Piece = string | AddedToken;

/** Tokens beside the vocabulary that a file may list, since texts are searched for them; the largest tokenizers have some hundreds. */
export const MAX_ADDED = 8192;

/** The pieces of a text. */
export function compileAddedTokens(
  tokens: readonly AddedToken[],
  normalize: Normalize,
): (text: string) => Piece[] {
  if (tokens.length === 0) return (text) => [normalize(text)];
  const raw = finder(tokens.filter(({ normalized }) => !normalized).map((t) => [t.content, t]));
  const later = finder(
    tokens.filter(({ normalized }) => normalized).map((t) => [normalize(t.content), t]),
  );
  return (text) =>
    raw(text).flatMap((piece) => (typeof piece === "string" ? later(normalize(piece)) : [piece]));
}

/** Cuts a text at the tokens: the leftmost first, of several there the longest. */
function finder(
  entries: readonly (readonly [spelling: string, token: AddedToken])[],
): (text: string) => Piece[] {
  const tokens = new Map(entries.filter(([spelling]) => spelling !== ""));
  if (tokens.size === 0) return (text) => [text];
  const longestFirst = [...tokens.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join("|"), "gu");
  return (text) => {
    const pieces: Piece[] = [];
    let done = 0;
    for (const match of text.matchAll(pattern)) {
      const token = tokens.get(match[0]);
      const end = match.index + match[0].length;
      if (token === undefined || !fits(token, text, match.index, end)) continue;
      const start = token.lstrip ? spacesBefore(text, match.index, done) : match.index;
      if (start > done) pieces.push(text.slice(done, start));
      pieces.push(token);
      done = token.rstrip ? spacesAfter(text, end) : end;
    }
    if (done < text.length) pieces.push(text.slice(done));
    return pieces;
  };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const whiteSpace = /\p{White_Space}/u;

function fits(token: AddedToken, text: string, start: number, end: number): boolean {
  if (!token.single_word) return true;
  const before = Array.from(text.slice(Math.max(0, start - 2), start)).at(-1) ?? "";
  const [after = ""] = text.slice(end, end + 2);
  return !wordCharacter.test(before) && !wordCharacter.test(after);
}

function spacesBefore(text: string, start: number, least: number): number {
  let at = start;
  while (at > least && whiteSpace.test(text[at - 1])) at--;
  return at;
}

function spacesAfter(text: string, end: number): number {
  let at = end;
  while (at < text.length && whiteSpace.test(text[at])) at++;
  return at;
}

/** Texts with their tokens marked: how probably each is masked, what a sampled mask hides, how much each supports a label. */

import {
  type AttributedText,
  maskLevel,
  maskLevels,
  type SampledMask,
  type TokenMasks,
} from "../../records/token-masks.js";
import type { AttributedWords } from "../../records/wrong-rows.js";
import { type Content, type Markup, markup } from "./markup.js";

/** Shares of the largest attribution of a text at which the next stronger mark begins. */
const attributionLevels = [0.1, 0.4, 0.7] as const;

/** The text with every token marked by its mask probability; special tokens are left out. */
export function textByMaskProbability(text: TokenMasks): Markup {
  return line(
    text.pieces.map((piece, position) => {
      const probability = text.mask_probability[position];
      if (probability === null) return undefined;
      const told = [
        `surprisal ${natsText(text.surprisal[position])} nats`,
        `mask probability ${probability.toFixed(3)}`,
      ];
      return marked(piece, `m${maskLevel(probability)}`, told.join(", "));
    }),
  );
}

/** The text with every token marked by its attribution, as a share of the largest of the text. */
export function textByAttribution(text: AttributedText): Markup {
  const most = largestAttribution(text);
  return line(
    text.pieces.map((piece, position) =>
      text.word_ids[position] === null
        ? undefined
        : byAttribution(piece, text.attribution[position], most),
    ),
  );
}

/** The text with every word marked by its attribution, as a share of the largest of the text. */
export function textByWords(words: AttributedWords): Markup {
  const most = largestAttribution(words);
  const read = words.pieces.map((piece, position) =>
    byAttribution(piece, words.attribution[position], most),
  );
  const { unread } = words;
  return line([
    read,
    unread &&
      markup`<span class="unread" title="beyond the maximum length, not read">${unread}</span>`,
  ]);
}

function byAttribution(piece: string, value: number, most: number): Content {
  const share = most === 0 ? 0 : Math.abs(value) / most;
  const level = attributionLevels.filter((bound) => share >= bound).length;
  const kind = level === 0 ? "m0" : `${value > 0 ? "for" : "against"} a${level}`;
  return marked(piece, kind, `attribution ${signed(value)}`);
}

/** The text as a model reads it under a sampled mask: hidden tokens as gaps, random and kept ones in brackets. */
export function textUnderMask(text: TokenMasks, { positions, replacements }: SampledMask): Markup {
  const replaced = new Map(positions.map((position, index) => [position, replacements[index]]));
  return line(
    text.pieces.map((piece, position) => {
      if (text.word_ids[position] === null) return undefined;
      const replacement = replaced.get(position);
      if (replacement === undefined) return piece;
      const { space, word } = parted(piece);
      if (replacement === text.tokens[position]) {
        return [space, markup`<span class="drawn" title="selected and kept">[=]${word}</span>`];
      }
      return [
        space,
        markup`<span class="drawn" title="selected; read as ${replacement}"><s>${word}</s><sub>${replacement}</sub></span>`,
      ];
    }),
  );
}

/** The largest size of an attribution of a text's tokens, special ones included. */
export function largestAttribution({ attribution }: Pick<AttributedText, "attribution">): number {
  return attribution.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** "+0.0123": three figures that matter, with the sign. */
export function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toPrecision(3)}`;
}

/** A surprisal with two decimals; a dash at special tokens. */
export function natsText(surprisal: number | null): string {
  return surprisal === null ? "–" : surprisal.toFixed(2);
}

/** What the marks of `textByMaskProbability` stand for. */
export function maskLegend(): Markup {
  const names = [
    `below ${maskLevels[0]}`,
    ...maskLevels.map((bound, level) => {
      const next = maskLevels.at(level + 1);
      return next === undefined ? `${bound} and more` : `${bound} to ${next}`;
    }),
  ];
  const entries = names.map((name, level) => markup` <span class="t m${level}">${name}</span>`);
  return markup`<p class="note">Mask probability:${entries}</p>`;
}

/** What the marks of `textByAttribution` stand for. */
export function attributionLegend(): Markup {
  const percents = attributionLevels.map((bound) => `${100 * bound}\u00a0%`);
  const entries = (["for", "against"] as const).map((side) => [
    side === "for" ? " for the label:" : "; against it:",
    percents.map((bound, index) => markup` <span class="t ${side} a${index + 1}">${bound}</span>`),
  ]);
  return markup`<p class="note">Attribution, as a share of the largest of the text, from this on${entries}</p>`;
}

/** A paragraph of tokens; its direction is that of its text. */
function line(content: Content): Markup {
  return markup`<p class="tokens" dir="auto">${content}</p>`;
}

function marked(piece: string, kind: string, told: string): Content {
  const { space, word } = parted(piece);
  return [space, markup`<span class="t ${kind}" title="${told}">${word}</span>`];
}

/** The space before a piece is not part of what is marked; a piece of spaces alone is. */
function parted(piece: string): { readonly space: string; readonly word: string } {
  const [, space, word] = /^(\s*)(.*)$/s.exec(piece) ?? ["", "", piece];
  return word === "" ? { space: "", word: space } : { space, word };
}

/**
 * Marks by the strength of a background, and for those who cannot tell colours apart also by lines: none, dotted, solid,
 * double under the mask probability; solid for a label, dashed against it.
 */
export const tokenTextStyle = `
.example{border-left:3px solid var(--rule);padding-left:.8rem;margin:1.5rem 0}
.tokens{max-width:60rem;line-height:1.9;white-space:pre-wrap;overflow-wrap:anywhere}
.t{color:var(--ink);border-radius:.2rem;padding:.05rem 0;border-bottom:2px none transparent}
.note .t{white-space:nowrap;padding:.05rem .2rem}
.t.m1{background:color-mix(in srgb,var(--heat) 12%,var(--paper))}
.t.m2{background:color-mix(in srgb,var(--heat) 24%,var(--paper));border-bottom:2px dotted currentColor}
.t.m3{background:color-mix(in srgb,var(--heat) 38%,var(--paper));border-bottom:2px solid currentColor}
.t.m4{background:color-mix(in srgb,var(--heat) 52%,var(--paper));border-bottom:4px double currentColor;font-weight:600}
.t.for{border-bottom:2px solid var(--series-1)}
.t.against{border-bottom:2px dashed var(--series-2)}
.t.for.a1{background:color-mix(in srgb,var(--series-1) 12%,var(--paper))}
.t.for.a2{background:color-mix(in srgb,var(--series-1) 28%,var(--paper))}
.t.for.a3{background:color-mix(in srgb,var(--series-1) 46%,var(--paper));font-weight:600}
.t.against.a1{background:color-mix(in srgb,var(--series-2) 12%,var(--paper))}
.t.against.a2{background:color-mix(in srgb,var(--series-2) 28%,var(--paper))}
.t.against.a3{background:color-mix(in srgb,var(--series-2) 46%,var(--paper));font-weight:600}
.unread{color:var(--soft-ink);font-style:italic}
.drawn{background:var(--soft);border:1px solid var(--soft-ink);border-radius:.2rem;padding:0 .15rem}
.drawn s{color:var(--soft-ink)}
.drawn sub{font-size:.75em;margin-left:.2rem}
`;

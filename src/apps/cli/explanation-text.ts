/** Explained texts in a terminal: coloured text where there are colours, and a table that needs none. */

import { printable } from "../../base/errors.js";
import { percent } from "../../base/figures.js";
import type { ExplainResult } from "../../commands/explain.js";
import { NO_LABELS } from "../../data/label-sets.js";
import type { Paint, Style } from "./terminal.js";

type ExplainedText = ExplainResult["texts"][number];

/** How strong a mask probability is, without colours. */
const levelMarks = [" ", "░", "▒", "▓", "█"] as const;

/** From what is expected to what is masked most. */
const levelStyles: readonly Style[] = ["dim", [], "cyan", "yellow", ["bold", "red"]];

/** Characters of the largest attribution's bar, on either side. */
const BAR_WIDTH = 8;

/** All texts, then what the columns mean; where a page was written, only where it is. */
export function explanationText(result: ExplainResult): (paint: Paint) => string {
  return (paint) => {
    if (result.output !== undefined) return pageLines(result, result.output).join("\n");
    const texts = result.texts.map((text, index) => textLines(text, index, result, paint));
    return [...texts.flatMap((lines) => [...lines, ""]), ...meanings(result, paint)].join("\n");
  };
}

function textLines(
  text: ExplainedText,
  index: number,
  { mask_levels: levels, vanilla_model: vanilla }: ExplainResult,
  paint: Paint,
): readonly string[] {
  const probabilities = Object.entries(text.probabilities)
    .sort(([, a], [, b]) => b - a)
    .map(([label, probability]) => `${printable(label)} ${percent(probability)}`);
  const [first, ...others] =
    text.labels === undefined
      ? probabilities
      : [printable(text.label || NO_LABELS), ...probabilities];
  const rest = others.length === 0 ? "" : `  (${others.join(", ")})`;
  const cut =
    text.truncated === 0
      ? []
      : [
          `truncated: the last ${text.truncated} tokens${text.attribution_parts === undefined ? "" : ", for the encoder; TF-IDF reads all of the text"}`,
        ];
  return [
    `text ${index + 1}: ${paint("bold", first)}${rest}`,
    ...cut,
    "",
    `  ${vanilla === null ? textByAttribution(text, paint) : colouredText(text, levels, paint)}`,
    ...text.masks.map((mask, sample) => `  mask ${sample + 1}: ${maskedLine(text, mask, paint)}`),
    "",
    ...(vanilla === null ? wordTable(text, paint) : tokenTable(text, levels, paint)).map(
      (line) => `  ${line}`,
    ),
  ];
}

/** Share of the largest attribution of the text from which a word is coloured. */
const SHOWN_SHARE = 0.1;

/** The text in one line, each word in the colour of what it speaks for. */
function textByAttribution(text: ExplainedText, paint: Paint): string {
  const least = SHOWN_SHARE * largestAttribution(text);
  return text.pieces
    .map((piece, position) => {
      const value = text.attribution[position];
      const [space, word] = parted(piece);
      if (value === 0 || Math.abs(value) < least) return `${space}${word}`;
      return `${space}${paint(value > 0 ? "blue" : "yellow", word)}`;
    })
    .join("")
    .trim();
}

/** The row of the embedding. */
const WHOLE_TEXT = "(the text as a whole)";

function wordTable(text: ExplainedText, paint: Paint): readonly string[] {
  const { embedding_attribution: embedding, attribution_parts: parts } = text;
  const head = [
    "word",
    `attribution to ${printable(text.explained_label)}`,
    ...(parts === undefined ? [] : ["encoder", "TF-IDF"]),
  ];
  const partsAt = (at: number) =>
    parts === undefined ? [] : [signed(parts.encoder[at]), signed(parts.tfidf[at])];
  const whole =
    embedding === undefined ? [] : [{ value: embedding, cells: [WHOLE_TEXT, signed(embedding)] }];
  const rows = [
    ...text.tokens.map((token, at) => {
      const value = text.attribution[at];
      return { value, cells: [printable(token), signed(value), ...partsAt(at)] };
    }),
    ...whole,
  ];
  const most = rows.reduce((largest, { value }) => Math.max(largest, Math.abs(value)), 0);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[column].length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join("  ");
  return [
    paint("dim", line(head)),
    ...rows.map(({ cells, value }) =>
      `${line(cells)}  ${attributionBar(value, most, paint)}`.trimEnd(),
    ),
  ];
}

function largestAttribution({ attribution }: ExplainedText): number {
  return attribution.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

/** The text in one line, each token in the colour of its mask probability. */
function colouredText(
  { pieces, mask_probability: probabilities }: ExplainedText,
  levels: readonly number[],
  paint: Paint,
): string {
  return pieces
    .map((piece, position) => {
      const probability = probabilities[position];
      if (probability === null) return "";
      const [space, word] = parted(piece);
      return `${space}${inLevel(levelOf(probability, levels), paint)(word)}`;
    })
    .join("")
    .trim();
}

/** The text as a model reads it: the tokens in the place of those selected, `~random~` and `=kept=` ones marked. */
function maskedLine(
  text: ExplainedText,
  { positions, replacements }: ExplainedText["masks"][number],
  paint: Paint,
): string {
  const replaced = new Map(positions.map((position, index) => [position, replacements[index]]));
  return text.pieces
    .map((piece, position) => {
      if (text.word_ids[position] === null) return "";
      const [space, word] = parted(piece);
      const replacement = replaced.get(position);
      if (replacement === undefined) return `${space}${word}`;
      if (replacement === text.tokens[position]) return `${space}${paint("inverse", `=${word}=`)}`;
      return `${space}${paint("inverse", `[${word} → ${printable(replacement)}]`)}`;
    })
    .join("")
    .trim();
}

function tokenTable(
  text: ExplainedText,
  levels: readonly number[],
  paint: Paint,
): readonly string[] {
  const head = [
    "token",
    "surprisal",
    "mask probability",
    `attribution to ${printable(text.explained_label)}`,
  ];
  const most = largestAttribution(text);
  const rows = text.tokens.map((token, position) => {
    const probability = text.mask_probability[position];
    const level = probability === null ? 0 : levelOf(probability, levels);
    return {
      level,
      attribution: text.attribution[position],
      cells: [
        printable(token),
        text.surprisal[position]?.toFixed(2) ?? "-",
        `${probability?.toFixed(3) ?? "-"} ${levelMarks[level]}`,
        signed(text.attribution[position]),
      ],
    };
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[column].length)),
  );
  const line = (cells: readonly string[], colour: (cell: string) => string = String) =>
    cells
      .map((cell, column) =>
        column === 0 ? colour(cell.padEnd(widths[column])) : cell.padStart(widths[column]),
      )
      .join("  ");
  return [
    paint("dim", line(head)),
    ...rows.map(({ cells, level, attribution }) => {
      const bar = attributionBar(attribution, most, paint);
      return `${line(cells, inLevel(level, paint))}  ${bar}`.trimEnd();
    }),
  ];
}

/** Left of the line against the label, right of it for the label. */
function attributionBar(value: number, most: number, paint: Paint): string {
  const length = most === 0 ? 0 : Math.round((Math.abs(value) / most) * BAR_WIDTH);
  const bar = "■".repeat(length);
  const left = value < 0 ? bar : "";
  const right = value < 0 ? "" : bar;
  return `${" ".repeat(BAR_WIDTH - left.length)}${paint("yellow", left)}│${paint("blue", right)}`;
}

function meanings(result: ExplainResult, paint: Paint): readonly string[] {
  const { masking, mask_levels: levels, seed } = result;
  const { vanilla_model: vanilla, attribution_input: input, encoder_weight: share } = result;
  if (share !== undefined) {
    return [
      "attribution: what the word adds to the label's logit, + for the label, - against it; the sum of two parts,",
      `  each times its share in the stack: that of the encoder (${percent(share)}) by gradient x input, a local linear view,`,
      `  that of TF-IDF (${percent(1 - share)}) exactly. Either alone: --model ${printable(result.model)}/encoder or /linear`,
      ...leftOutLines(result),
    ];
  }
  if (vanilla === null && input !== "n-grams") {
    return [
      "attribution: gradient x input of the label's logit, summed over the word's tokens, + for the label, - against it;",
      "  a local linear view, not a cause. Surprisals and masks of L3Masking: --vanilla-model",
      ...leftOutLines(result),
    ];
  }
  if (vanilla === null) {
    return [
      "attribution: what the word's n-grams add to the label's score, + for the label, - against it;",
      ...(result.texts.some((text) => text.embedding_attribution !== undefined)
        ? [
            `  ${WHOLE_TEXT}: what the model's embedding of the text adds; together they are the score without its constant`,
          ]
        : ["  those of all words sum to the score without its constant"]),
      ...leftOutLines(result),
    ];
  }
  const names = [`below ${levels[0]}`, ...levels.map((bound) => `from ${bound}`)];
  const legend = names.map((name, level) =>
    inLevel(level, paint)(`${levelMarks[level]} ${name}`.trim()),
  );
  const settings = Object.entries(masking).map(([name, value]) => `${name} ${value}`);
  return [
    `surprisal: -log P(token) in nats under the vanilla model ${printable(vanilla)}`,
    `mask probability: probability that L3Masking selects the token in an epoch; ${legend.join(", ")}`,
    `  (${settings.join(", ")})`,
    `masks: drawn with seed ${seed}; [token → its replacement], =selected but kept=`,
    `attribution: gradient x input (${input}) of the label's logit, + for the label, - against it; a local linear view, not a cause`,
    ...(input === "words" ? ["  (signs of word embeddings alone mislead: docs/explain.md)"] : []),
    ...leftOutLines(result),
  ];
}

function pageLines(result: ExplainResult, output: string): readonly string[] {
  const { length } = result.texts;
  return [
    `explained ${length} text${length === 1 ? "" : "s"}: ${output} (open it in a browser)`,
    ...leftOutLines(result),
  ];
}

function leftOutLines({ left_out: leftOut }: ExplainResult): readonly string[] {
  return leftOut === 0
    ? []
    : [`not explained: ${leftOut} more text${leftOut === 1 ? "" : "s"} in the file (--max-texts)`];
}

function inLevel(level: number, paint: Paint): (text: string) => string {
  return (text) => paint(levelStyles[level], text);
}

function levelOf(probability: number, levels: readonly number[]): number {
  return levels.filter((bound) => probability >= bound).length;
}

/** A sign and three figures that matter. */
function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toPrecision(3)}`;
}

/** The space before a piece, and the piece on one line. */
function parted(piece: string): readonly [string, string] {
  const word = piece.trimStart();
  return [word.length < piece.length ? " " : "", printable(word.replaceAll(/\s+/g, " "))];
}

/** Single training texts: what surprised the vanilla model, what training hid, what speaks for the label that they get. */
import { counted, percent } from "../../../../base/figures.js";
import type { RunExample } from "../../../records/token-masks.js";
import { type Content, type Markup, markup } from "../markup.js";
import { foreign, table } from "../page.js";
import {
  attributionLegend,
  maskLegend,
  natsText,
  signed,
  textByAttribution,
  textByMaskProbability,
  textUnderMask,
} from "../token-text.js";

export function examplesSection(examples: readonly RunExample[]): Markup {
  return markup`
<p>First each text by how probably its tokens are hidden: the stronger a token is marked, the more probably. Then what the run
selected of it in its first rounds: a hidden token is struck out, with what the model read in its place; [=] stands before a token that was
selected and kept. At last what speaks for the label that the trained model gives, and what against it.</p>
${maskLegend()}
${attributionLegend()}
${examples.map(exampleView)}
<p class="note">Attribution is gradient × input: by how much the label's logit would change, to first order, if what the model's first
layer reads at this token grew, as a part of its length. That is a local linear view, no explanation of cause.</p>`;
}

function exampleView(text: RunExample, index: number): Markup {
  const masks = text.masks.map(
    (mask, round) =>
      markup`<p class="note">Round ${round + 1}: ${counted(mask.positions.length, "token")} selected</p>${textUnderMask(text, mask)}`,
  );
  const { label, expected_label: expected, explained_label: explained } = text;
  return markup`<div class="example"><h4>Text ${index + 1}: ${foreign(expected)}</h4>
${textByMaskProbability(text)}
${masks}
<p class="note">The trained model says ${foreign(label)}, ${percent(text.probabilities[label])} %. What speaks for ${foreign(explained)}, and against it:</p>
${textByAttribution(text)}
<details><summary>Text ${index + 1}, token by token</summary>${tokenFigures(text)}</details></div>`;
}

function tokenFigures(text: RunExample): Markup {
  const rows = text.tokens.map((token, position): readonly Content[] => [
    markup`<bdi class="token">${token}</bdi>`,
    natsText(text.surprisal[position]),
    text.mask_probability[position]?.toFixed(3) ?? "–",
    signed(text.attribution[position]),
  ]);
  return table(
    [
      { title: "Token" },
      { title: "Surprisal" },
      { title: "Mask probability" },
      { title: markup`Attribution to ${foreign(text.explained_label)}` },
    ],
    rows,
    "Surprisal in nats: −log P(token) under the vanilla model. Attributions are parts of a logit, which has no unit.",
  );
}

/** Some training texts: what surprised the vanilla model, what training masked, what supports the predicted label. */

import { counted, percent } from "../../../../base/figures.js";
import { NO_LABELS } from "../../../../data/label-sets.js";
import { probabilityOf } from "../../../records/predictions.js";
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
<p>Each text is shown three times. First by mask probability: the stronger the mark, the more likely the token is masked. Then as the run
masked it in its first rounds: a masked token is struck out and followed by what the model read instead; [=] precedes a token that was
selected but kept. Last, by how much each token supports the predicted label or argues against it.</p>
${maskLegend()}
${attributionLegend()}
${examples.map(exampleView)}
<p class="note">Attribution is gradient × input: to first order, how fast the label's logit changes as the vector that the
model's first layer reads at this token is scaled up. That is a local linear view, not a causal explanation.</p>`;
}

function exampleView(text: RunExample, index: number): Markup {
  const masks = text.masks.map(
    (mask, round) =>
      markup`<p class="note">Round ${round + 1}: ${counted(mask.positions.length, "token")} selected</p>${textUnderMask(text, mask)}`,
  );
  const { label, expected_label: expected, explained_label: explained } = text;
  return markup`<div class="example"><h4>Text ${index + 1}: ${foreign(expected || NO_LABELS)}</h4>
${textByMaskProbability(text)}
${masks}
<p class="note">The trained model predicts ${foreign(label || NO_LABELS)}, ${percent(probabilityOf(text))}. Evidence for and against ${foreign(explained)}:</p>
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
